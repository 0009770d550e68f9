/** `gitplane render --explain RELEASE [FIELD]`: which line, or which rule, set each field of a Release. */
import { exitCodes, ExitError, type ExitCode } from "../../process/exit-codes.ts";
import { type OutputFormat, outputFormats, printRows } from "../../process/output.ts";
import type { Column } from "../../process/table.ts";
import { compareText } from "../../schemas/compare.ts";
import { planePath } from "../../schemas/layout.ts";
import type { Problem } from "../../schemas/problem.ts";
import { type Explanation, explainRelease } from "../explain/explain.ts";
import { matchesField, parseFieldQuery } from "../explain/field-path.ts";
import { load } from "../load/load.ts";
import { listFolders } from "../load/specs-files.ts";
import { renderSpecs } from "../render-specs.ts";
import type { RenderedRelease } from "../render/render.ts";
import { hasErrors } from "./validate.ts";

export type ExplainOptions = {
  /** The Release, and the field if only one is asked for. */
  readonly explain: readonly string[];
  readonly output?: string | undefined;
};

/** Throws ExitError `usage` when no Release, several, or no field is meant. */
export async function explainFolders(folders: readonly string[], options: ExplainOptions): Promise<ExitCode> {
  const [wanted = "", field, ...more] = options.explain;
  if (more.length > 0)
    throw new ExitError(exitCodes.usage, "--explain takes a Release and at most one field; name folders before it");
  const specs = await load(await listFolders(folders), new Map());
  const { releases, problems } = renderSpecs(specs);
  const release = chooseRelease(releases, wanted, problems);
  const all = explainRelease(release, specs);
  const explanations = field === undefined ? all : all.filter((leaf) => matchesField(parseFieldQuery(field), leaf));
  if (explanations.length === 0)
    throw new ExitError(
      exitCodes.usage,
      `${releaseName(release)} has no field ${field ?? ""}; without a field all are shown`,
    );
  const format = readFormat(options.output);
  await printRows(explanations, { format, columns: explainColumns }, process.stdout);
  if (format === "table") process.stderr.write(ruleLines(explanations));
  return exitCodes.done;
}

function readFormat(output: string | undefined): OutputFormat {
  const format = outputFormats.find((known) => known === (output ?? "table"));
  if (format !== undefined) return format;
  throw new ExitError(exitCodes.usage, `with --explain, -o is one of ${outputFormats.join(", ")}`);
}

/** By the path of its file, by `<project>/<environment>/<component>`, or by a part of that which only one Release has. */
function chooseRelease(
  releases: readonly RenderedRelease[],
  wanted: string,
  problems: readonly Problem[],
): RenderedRelease {
  const parts = wanted
    .replace(/\.yaml$/, "")
    .split("/")
    .filter((part) => part !== "");
  const found = releases.filter((release) => {
    const words = releaseName(release)
      .replace(/\.yaml$/, "")
      .split("/");
    return (
      release.release.metadata.name === wanted ||
      endsWith(words, parts) ||
      (parts.length === 1 && words.includes(parts[0] ?? ""))
    );
  });
  const [only, second] = found;
  if (only === undefined)
    throw new ExitError(
      exitCodes.usage,
      `no Release is called ${wanted}; there are ${listed(releases)}${hasErrors(problems) ? "; what is missing may have a Problem, which gitplane validate shows" : ""}`,
    );
  if (second !== undefined) throw new ExitError(exitCodes.usage, `${wanted} may be ${listed(found)}; say which`);
  return only;
}

function endsWith(words: readonly string[], parts: readonly string[]): boolean {
  return parts.length > 0 && parts.every((part, index) => words[words.length - parts.length + index] === part);
}

function releaseName({ plane, path }: RenderedRelease): string {
  return `${planePath(plane)}/${path}`;
}

function listed(releases: readonly RenderedRelease[]): string {
  const names = releases.slice(0, 10).map(releaseName);
  const more = releases.length - names.length;
  return [...names, ...(more > 0 ? [`${more} more`] : [])].join(", ") || "none";
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

/** Kind and name: the Release's objects share group and namespace, mostly. */
function shortObject(id: string): string {
  const parts = id.split("/");
  const kind = parts.find((part) => /^[A-Z]/.test(part)) ?? "";
  return `${kind}/${parts.at(-1) ?? ""}`;
}

const shownCharacters = 60;

function shortValue(value: Explanation["value"]): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
}
