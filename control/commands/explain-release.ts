/** `gitplane render --explain RELEASE [FIELD]`: which line, or which rule, set each field of a Release. */
import { stat } from "node:fs/promises";
import { exitCodes, ExitError, type ExitCode } from "../../process/exit-codes.ts";
import { printRows } from "../../process/output.ts";
import { type OutputFormat, outputFormats } from "../../process/output-formats.ts";
import type { Column } from "../../process/table.ts";
import { compareText } from "../../schemas/compare.ts";
import { chooseRelease } from "../explain/choose-release.ts";
import { type Explanation, explainRelease } from "../explain/explain.ts";
import { matchesField, parseFieldQuery } from "../explain/field-path.ts";
import { nearestField } from "../explain/nearest-field.ts";
import { shortObject } from "../fleet/short-object.ts";
import { load } from "../load/load.ts";
import type { RuleName } from "../load/rules.ts";
import { listFolders } from "../load/specs-files.ts";
import { renderSpecs } from "../render-specs.ts";
import { hasErrors } from "./validate.ts";

export type ExplainOptions = {
  /** The Release, and the field if only one is asked for. */
  readonly explain: readonly string[];
  readonly output?: string | undefined;
  /** In the table too, and without a field, those that every object has. */
  readonly allFields?: boolean | undefined;
};

/** Throws ExitError `usage` when no Release, several, or no field is meant. */
export async function explainFolders(folders: readonly string[], options: ExplainOptions): Promise<ExitCode> {
  const [wanted = "", field, ...more] = options.explain;
  if (more.length > 0)
    throw new ExitError(exitCodes.usage, "--explain takes a Release and at most one field; name folders before it");
  const format = readFormat(options.output);
  const specs = await load(await listFolders(folders), new Map());
  const { releases, problems } = renderSpecs(specs);
  const names = options.explain.toReversed();
  const whyMissing = hasErrors(problems)
    ? "what is missing may have a Problem, which gitplane validate shows"
    : undefined;
  const release = await orMisplaced(names, () => chooseRelease(releases, wanted, whyMissing));
  const all = explainRelease(release, specs);
  const explanations = await orMisplaced(names, () => chooseFields(all, field));
  const isWhole = format !== "table" || field !== undefined || options.allFields === true;
  const shown = isWhole ? explanations : explanations.filter((leaf) => !isOfEveryObject(leaf));
  await printRows(shown, { format, columns: explainColumns }, process.stdout);
  if (format === "table") process.stderr.write(hiddenLine(explanations.length - shown.length) + ruleLines(shown));
  return exitCodes.done;
}

function readFormat(output: string | undefined): OutputFormat {
  const format = outputFormats.find((known) => known === (output ?? "table"));
  if (format !== undefined) return format;
  throw new ExitError(exitCodes.usage, `with --explain, -o is one of ${outputFormats.join(", ")}`);
}

/** A folder after --explain is taken for a field: nothing else could be meant by its name once no field has it. */
async function orMisplaced<T>(words: readonly string[], find: () => T): Promise<T> {
  try {
    return find();
  } catch (error) {
    for (const word of words)
      if (await isFolder(word))
        throw new ExitError(exitCodes.usage, `${word} is a folder: name folders before --explain`, { detail: error });
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function chooseFields(all: readonly Explanation[], field: string | undefined): readonly Explanation[] {
  if (field === undefined) return all;
  const found = all.filter((leaf) => matchesField(parseFieldQuery(field), leaf));
  if (found.length > 0) return found;
  const meant = nearestField(field, all);
  const hint = meant === undefined ? "without a field all are shown" : `did you mean ${meant}?`;
  throw new ExitError(exitCodes.usage, `${all[0]?.release ?? ""} has no field ${field}; ${hint}`);
}

/** What they set is alike in every object, and most of what there is. */
const rulesOfEveryObject: ReadonlySet<string> = new Set<RuleName>(["object-header", "object-identity", "pod-selector"]);

function isOfEveryObject({ setBy }: Explanation): boolean {
  return "rule" in setBy && rulesOfEveryObject.has(setBy.rule);
}

function hiddenLine(count: number): string {
  return count === 0
    ? ""
    : `\n${count} fields that ${[...rulesOfEveryObject].join(", ")} set are left out: --all-fields shows them.\n`;
}

const explainColumns: readonly Column<Explanation>[] = [
  { heading: "object", value: ({ object }) => shortObject(object) },
  { heading: "field", value: ({ field }) => field },
  { heading: "value", value: ({ value }) => shortValue(value) },
  { heading: "set by", value: ({ setBy }) => ("rule" in setBy ? "rule" : (setBy.part ?? "specs")) },
  {
    heading: "where",
    value: ({ setBy }) =>
      "rule" in setBy
        ? setBy.rule
        : `${setBy.file}:${setBy.line}:${setBy.column}${setBy.kind === undefined ? "" : ` ${setBy.kind} ${setBy.name ?? ""} ${setBy.field ?? ""}`}`,
  },
];

/** What the rules in the table say, each once. */
function ruleLines(explanations: readonly Explanation[]): string {
  const said = new Map(
    explanations.flatMap(({ setBy }) => ("rule" in setBy ? [[setBy.rule, setBy.because] as const] : [])),
  );
  const lines = [...said].toSorted(([a], [b]) => compareText(a, b)).map(([rule, because]) => `  ${rule}: ${because}\n`);
  return lines.length === 0 ? "" : `\nRules:\n${lines.join("")}`;
}

const shownCharacters = 60;

function shortValue(value: Explanation["value"]): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
}
