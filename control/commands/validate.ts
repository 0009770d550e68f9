/** `gitplane validate`: every Problem of the folders, by the same function that the control plane runs. */
import { exitCodes, type ExitCode } from "../../process/exit-codes.ts";
import { printText } from "../../process/output.ts";
import { sanitize } from "../../process/sanitize.ts";
import { isColoured } from "../../process/table.ts";
import { parseStatePath } from "../../schemas/layout.ts";
import type { Problem } from "../../schemas/problem.ts";
import { load, type SpecsFile } from "../load/load.ts";
import { listFolders } from "../load/specs-files.ts";
import { formatProblems } from "../problems/format-problems.ts";
import type { ProblemFormat } from "../problems/problem-formats.ts";
import { type Rendered, renderSpecs } from "../render-specs.ts";
import { summary } from "./problem-summary.ts";

export async function validateFolders(
  folders: readonly string[],
  { output }: { output: ProblemFormat },
): Promise<ExitCode> {
  const { rendered, files, isEmpty } = await renderFiles(folders);
  const { problems, releases } = rendered;
  if (isEmpty) await printText(`warning: there are no specs in ${sanitize(folders.join(" and "))}\n`, process.stderr);
  const coloured = isColoured(process.stdout, process.env);
  const text = await formatProblems(problems, { format: output, coloured, files });
  if (text !== "") await printText(text, process.stdout);
  if (output === "table") {
    const count = releases.filter(({ path }) => parseStatePath(path)?.kind === "release").length;
    const renders = `${count} ${count === 1 ? "Release renders" : "Releases render"}`;
    const lines = [`${summary(problems)}; ${renders}`, ...heldLines(rendered)];
    await printText(`${text === "" ? "" : "\n"}${lines.map((line) => `${line}\n`).join("")}`, process.stderr);
  }
  return hasErrors(problems) ? exitCodes.invalid : exitCodes.done;
}

const heldLimit = 10;

/** What is not rendered, and why: what runs of it stays as it is. */
export function heldLines({ unrendered, stop }: Pick<Rendered, "unrendered" | "stop">): readonly string[] {
  const held = unrendered.map(
    ({ project, environment, component, reason }) => `${project}/${environment}/${component} stays as it is: ${reason}`,
  );
  const more = held.length - heldLimit;
  return [
    ...(stop === undefined ? [] : [`nothing is published: ${stop}`]),
    ...held.slice(0, heldLimit).map((line) => sanitize(line)),
    ...(more > 0 ? [`${more} more stay as they are`] : []),
  ];
}

/** With the files that it was rendered from; `isEmpty` where nothing in them is a document, and nothing is wrong either. */
export async function renderFiles(
  folders: readonly string[],
): Promise<{ readonly rendered: Rendered; readonly files: readonly SpecsFile[]; readonly isEmpty: boolean }> {
  const trees = await listFolders(folders);
  const specs = await load(trees, new Map());
  const isEmpty = specs.documents.length + specs.frozen.length + specs.problems.length === 0;
  return { rendered: renderSpecs(specs), files: trees.flat(), isEmpty };
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === "error");
}
