/** `gitplane render`: the trees that the control plane would publish, as files. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { exitCodes, ExitError, type ExitCode } from "../../process/exit-codes.ts";
import { isColoured } from "../../process/table.ts";
import { planePath } from "../../schemas/layout.ts";
import { nextPlaneTree } from "../publish/plane-tree.ts";
import { renderMarker } from "../load/specs-files.ts";
import { formatProblems } from "../problems/format-problems.ts";
import { summary } from "./problem-summary.ts";
import { hasErrors, renderFiles } from "./validate.ts";

/** What renders is written even when something else does not; the exit code says so. */
export async function renderFolders(folders: readonly string[], { output }: { output: string }): Promise<ExitCode> {
  const { rendered, files: sources } = await renderFiles(folders);
  await prepareFolder(output);
  const planes = rendered.stop === undefined ? rendered.planes : [];
  const files = planes.flatMap((plane) =>
    [...nextPlaneTree(plane, [], { rendered }).files].map(([path, text]) => ({
      file: join(output, "planes", planePath(plane), path),
      text,
    })),
  );
  // In one go: nothing else waits here, and thousands of small files cost a fifth of what promises cost.
  for (const folder of new Set(files.map(({ file }) => dirname(file)))) mkdirSync(folder, { recursive: true });
  for (const { file, text } of files) writeFileSync(file, text);
  const coloured = isColoured(process.stderr, process.env);
  const report = await formatProblems(rendered.problems, { format: "table", coloured, files: sources });
  process.stderr.write(
    `${report}${report === "" ? "" : "\n"}${files.length} files for ${planes.length} planes in ${output}; ${summary(rendered.problems)}\n`,
  );
  return hasErrors(rendered.problems) ? exitCodes.invalid : exitCodes.done;
}

/** The folder is made, or cleared of what this command wrote before; the marker says that it did. */
async function prepareFolder(output: string): Promise<void> {
  const entries = await listOutput(output);
  if (entries.length > 0 && !entries.includes(renderMarker)) {
    throw new ExitError(
      exitCodes.usage,
      `${output} holds files that \`gitplane render\` did not write; name an empty folder`,
    );
  }
  rmSync(join(output, "planes"), { recursive: true, force: true });
  await writeFile(join(output, renderMarker), "");
}

async function listOutput(output: string): Promise<readonly string[]> {
  try {
    await mkdir(output, { recursive: true });
    return await readdir(output);
  } catch (error) {
    throw new ExitError(exitCodes.usage, `cannot write to ${output}; name a folder`, { cause: error });
  }
}
