/** `gitplane explain`: what a kind or one of its fields is, from the schemas that validate it. */
import { exitCodes, ExitError, type ExitCode } from "../../process/exit-codes.ts";
import { formatValue, printRows, printText } from "../../process/output.ts";
import type { OutputFormat } from "../../process/output-formats.ts";
import { crdNames, kindsByName } from "../../schemas/crd-names.ts";
import { anyName, type Field, fieldsBelow, findField } from "../../schemas/field.ts";
import { type KindName, kindNames } from "../../schemas/kinds.ts";
import { apiVersion } from "../../schemas/metadata.ts";
import { type DocumentKind, kindDescription } from "../../schemas/schema-node.ts";
import { nearestName } from "../problems/nearest.ts";
import { fieldText } from "./field-text.ts";
import { kubernetesPage } from "./kubernetes-page.ts";

export type ExplainOptions = { readonly output: OutputFormat; readonly recursive?: boolean };

/** `subject` is KIND[.field[.field]]; without it the kinds are listed. Throws ExitError with code 2 for what is not there. */
export async function explain(subject: string | undefined, options: ExplainOptions): Promise<ExitCode> {
  if (subject === undefined) return await listKinds(options);
  const { kind, steps } = parseSubject(subject);
  const search = findField(kind, steps);
  if (search.kind === "unknown") throw unknownField(kind, search);
  const { field } = search;
  const below = fieldsUnder(kind, field, options.recursive === true);
  const told = { kind, apiVersion, ...shown(field, kind), fields: below.map((one) => shown(one, kind)) };
  const { output } = options;
  await printText(output === "table" ? fieldText(kind, field, below) : formatValue(told, output), process.stdout);
  return exitCodes.done;
}

/** What stands in brackets, an entry's name or an item's index, is one step and keeps them. */
function parseSubject(subject: string): { readonly kind: DocumentKind; readonly steps: readonly string[] } {
  const places = /^(?:gitplane\.yaml|places)(?=$|[.[])/i.exec(subject);
  const [name = "", ...steps] = (places === null ? subject : `Places${subject.slice(places[0].length)}`).match(
    /\[[^\]]*\]|[^.[\]]+/g,
  ) ?? [subject];
  return { kind: places === null ? kindNamed(name) : "Places", steps };
}

async function listKinds({ output }: ExplainOptions): Promise<ExitCode> {
  const rows = kindNames.map((kind) => {
    const { plural, shortNames } = crdNames(kind);
    return { kind, plural, shortNames, description: kindDescription(kind) };
  });
  const columns = [
    { heading: "kind", value: (row: (typeof rows)[number]) => row.kind },
    { heading: "short", value: (row: (typeof rows)[number]) => row.shortNames.join(",") },
    { heading: "is", value: (row: (typeof rows)[number]) => row.description },
  ];
  await printRows(rows, { format: output, columns }, process.stdout);
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
  kind: DocumentKind,
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

function fieldsUnder(kind: DocumentKind, field: Field, isRecursive: boolean): readonly Field[] {
  const depth = field.path.length;
  // Of a map the names say nothing, and of a document what every kind has: what stands under them is shown too.
  const isNext = ({ path }: Field): boolean =>
    path.length === depth || (path.length === depth + 1 && (path.at(-1) === anyName || isBody(path)));
  return fieldsBelow(kind, field.path, (below) => isRecursive || isNext(below)).slice(1);
}

function isBody(path: readonly string[]): boolean {
  return path.length === 1 && (path[0] === "spec" || path[0] === "places");
}

/** A field as data: no field below has its own list, since they all stand in one. */
function shown({ path, type, kubernetesType, isRequired, ...field }: Field, kind: DocumentKind) {
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
    more: kubernetesPage(kind, path),
  };
}
