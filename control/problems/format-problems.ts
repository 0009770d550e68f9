/** Problems as `-o` of `gitplane validate` asks: for people, for programs, for code scanning, for a workflow's annotations. */
import { formatJson, formatRows } from "../../process/output.ts";
import { packageVersion } from "../../process/version.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { SpecsFile } from "../load/load.ts";
import { githubAnnotations } from "./github-annotations.ts";
import { sarifLog } from "./sarif.ts";
import type { ProblemFormat } from "./problem-formats.ts";
import { readSourceLines } from "./source-lines.ts";
import { terminalReport } from "./terminal-report.ts";

export type ProblemOutput = {
  readonly format: ProblemFormat;
  readonly coloured: boolean;
  /** Where the Problems were found. */
  readonly files: readonly SpecsFile[];
};

/** The text to print, ending in a line feed; for people empty when there are none. */
export async function formatProblems(problems: readonly Problem[], output: ProblemOutput): Promise<string> {
  const { format, coloured, files } = output;
  switch (format) {
    case "table":
      return terminalReport(problems, { linesOf: await readSourceLines(files, problems), coloured });
    case "sarif":
      return formatJson(sarifLog(problems, { version: packageVersion(), pathOf: pathsOnDisk(files) }));
    case "github":
      return githubAnnotations(problems, pathsOnDisk(files));
    case "json":
    case "yaml":
    case "ndjson":
      return formatRows(problems, { format, columns: [] });
  }
}

/** What reads these formats stands in the repository's root, and may have asked for a folder below it. */
function pathsOnDisk(files: readonly SpecsFile[]): (file: string) => string {
  const paths = new Map(files.map(({ shown, onDisk = shown }) => [shown, onDisk]));
  return (file) => paths.get(file) ?? file;
}
