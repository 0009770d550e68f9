/** `gitplane explain`: what a kind or one of its fields is, from the schemas that validate it. */
import { exitCodes, ExitError, type ExitCode } from "../../process/exit-codes.ts";
import { printRows } from "../../process/output.ts";
import { formatTable } from "../../process/table.ts";
import { crdNames, kindsByName } from "../../schemas/crd-names.ts";
import { anyName, type Field, fieldsBelow, findField, firstSentence, kindDescription } from "../../schemas/field.ts";
import { type KindName, kindNames } from "../../schemas/kinds.ts";
import { apiVersion } from "../../schemas/metadata.ts";
import { nearestName } from "../problems/nearest.ts";

export type ExplainOptions = { readonly output: "text" | "json"; readonly recursive?: boolean };

/** `subject` is KIND[.field[.field]]; without it the kinds are listed. Throws ExitError with code 2 for what is not there. */
export async function explain(subject: string | undefined, options: ExplainOptions): Promise<ExitCode> {
  if (subject === undefined) return await listKinds(options);
  const [name = "", ...steps] = subject.split(".");
  const kind = kindNamed(name);
  const search = findField(kind, steps);
  if (search.kind === "unknown") throw unknownField(kind, search);
  const { field } = search;
  const below = fieldsUnder(kind, field, options.recursive === true);
  if (options.output === "json") {
    const told = { kind, apiVersion, ...shown(field, kind), fields: below.map((one) => shown(one, kind)) };
    process.stdout.write(`${JSON.stringify(told, undefined, 2)}\n`);
  } else process.stdout.write(fieldText(kind, field, below));
  return exitCodes.done;
}

async function listKinds({ output }: ExplainOptions): Promise<ExitCode> {
  const rows = kindNames.map((kind) => ({ kind, ...crdNames(kind), description: kindDescription(kind) }));
  const columns = [
    { heading: "kind", value: (row: (typeof rows)[number]) => row.kind },
    { heading: "short", value: (row: (typeof rows)[number]) => row.shortNames.join(",") },
    { heading: "is", value: (row: (typeof rows)[number]) => row.description },
  ];
  const told = rows.map(({ kind, plural, shortNames, description }) => ({ kind, plural, shortNames, description }));
  if (output === "json") process.stdout.write(`${JSON.stringify(told, undefined, 2)}\n`);
  else await printRows(rows, { format: "table", columns }, process.stdout);
  return exitCodes.done;
}

export function kindNamed(name: string): KindName {
  const known = kindsByName(kindNames);
  const kind = known.get(name.toLowerCase());
  if (kind !== undefined) return kind;
  const meant = nearestName(name, [...known.keys()]);
  const hint = meant === undefined ? "; `gitplane explain` lists the kinds" : `; did you mean ${known.get(meant)}?`;
  throw new ExitError(exitCodes.usage, `there is no kind ${JSON.stringify(name)}${hint}`);
}

function unknownField(
  kind: KindName,
  {
    step,
    before,
    known,
  }: { readonly step: string; readonly before: readonly string[]; readonly known: readonly string[] },
): ExitError {
  const place = [kind, ...before].join(".");
  const meant = nearestName(step, known);
  const hint =
    meant !== undefined
      ? `did you mean ${place}.${meant}?`
      : known.length === 0
        ? "it has no fields"
        : `its fields are ${known.join(", ")}`;
  return new ExitError(exitCodes.usage, `${place} has no field ${JSON.stringify(step)}; ${hint}`);
}

function fieldsUnder(kind: KindName, field: Field, isRecursive: boolean): readonly Field[] {
  const depth = field.path.length;
  // Of a map the names say nothing: what stands under them is shown too.
  const isNext = ({ path }: Field): boolean =>
    path.length === depth || (path.length === depth + 1 && path.at(-1) === anyName);
  return fieldsBelow(kind, field.path, (below) => isRecursive || isNext(below)).slice(1);
}

/** A field as data: no field below has its own list, since they all stand in one. */
function shown({ path, type, kubernetesType, isRequired, ...field }: Field, kind: KindName) {
  const { allowed, limits } = field;
  return {
    path: path.join("."),
    type,
    kubernetesType,
    required: isRequired,
    default: field.default,
    allowed,
    limits: limits.length > 0 ? limits : undefined,
    description: field.description ?? (path.length === 0 ? kindDescription(kind) : undefined),
  };
}

function fieldText(kind: KindName, field: Field, below: readonly Field[]): string {
  const { path, type, isRequired, allowed, limits, kubernetesType, description } = field;
  const preset = field.default === undefined ? undefined : JSON.stringify(field.default);
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["KIND", kind],
    ["VERSION", apiVersion],
    ["FIELD", path.length === 0 ? undefined : path.join(".")],
    ["TYPE", type],
    ["KUBERNETES", kubernetesType === undefined ? undefined : `the type ${kubernetesType}`],
    ["REQUIRED", path.length === 0 ? undefined : isRequired ? "yes" : "no"],
    ["DEFAULT", preset],
    ["ALLOWED", allowed?.join(", ")],
    ["LIMITS", limits.length === 0 ? undefined : limits.join("; ")],
  ];
  const head = facts.flatMap(([name, value]) => (value === undefined ? [] : [`${`${name}:`.padEnd(13)}${value}\n`]));
  const words = path.length === 0 ? kindDescription(kind) : description;
  const text = words === undefined ? "" : `\n${words}\n`;
  return `${head.join("")}${text}${below.length === 0 ? "" : `\n${fieldTable(below, path.length)}`}`;
}

function fieldTable(fields: readonly Field[], depth: number): string {
  return formatTable<Field>(
    [
      { heading: "field", value: ({ path }) => `${"  ".repeat(path.length - depth - 1)}${path.at(-1)}` },
      { heading: "type", value: ({ type }) => type },
      { heading: "required", value: ({ isRequired }) => (isRequired ? "yes" : undefined) },
      { heading: "is", value: ({ description = "" }) => firstSentence(description) },
    ],
    fields,
  );
}
