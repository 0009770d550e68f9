/** `gitplane validate`: every Problem of the folders, by the same function that the control plane runs. */
import { exitCodes, type ExitCode } from "../../process/exit-codes.ts";
import { type OutputFormat, printRows } from "../../process/output.ts";
import { sanitize } from "../../process/sanitize.ts";
import type { Problem } from "../../schemas/problem.ts";
import { load } from "../load/load.ts";
import { type Rendered, renderSpecs } from "../render-specs.ts";
import { listFolders } from "../load/specs-files.ts";

export async function validateFolders(
  folders: readonly string[],
  { output }: { output: OutputFormat },
): Promise<ExitCode> {
  const { problems, releases } = await renderFiles(folders);
  if (output === "table") {
    process.stdout.write(problems.map(problemText).join(""));
    const count = releases.filter(({ release }) => release.spec.owner.componentName !== undefined).length;
    process.stderr.write(`${summary(problems)}; ${count} ${count === 1 ? "Release renders" : "Releases render"}\n`);
  } else await printRows(problems, { format: output, columns: [] }, process.stdout);
  return hasErrors(problems) ? exitCodes.invalid : exitCodes.done;
}

export async function renderFiles(folders: readonly string[]): Promise<Rendered> {
  return renderSpecs(await load(await listFolders(folders), new Map()));
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === "error");
}

export function problemText({ place, severity, code, message, remedy }: Problem): string {
  const line = `${place.file}:${place.line}:${place.column}: ${severity} ${code}: ${message}\n    → ${remedy}\n`;
  return sanitize(line, { keepLineBreaks: true });
}

export function summary(problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const warnings = problems.length - errors;
  return `${errors} ${errors === 1 ? "error" : "errors"}, ${warnings} ${warnings === 1 ? "warning" : "warnings"}`;
}
