/** `gitplane render`: the trees that the control plane would publish, as files. */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { exitCodes, ExitError, type ExitCode } from "../../process/exit-codes.ts";
import { isColoured } from "../../process/table.ts";
import { planePath } from "../../schemas/layout.ts";
import { nextPlaneTree } from "../publish/plane-tree.ts";
import { renderMarker } from "../load/specs-files.ts";
import { formatProblems } from "../problems/format-problems.ts";
import { hasErrors, renderFiles, summary } from "./validate.ts";

/** What renders is written even when something else does not; the exit code says so. */
export async function renderFolders(folders: readonly string[], { output }: { output: string }): Promise<ExitCode> {
  const rendered = await renderFiles(folders);
  await prepareFolder(output);
  const planes = rendered.stop === undefined ? rendered.planes : [];
  let count = 0;
  for (const plane of planes) {
    for (const [path, text] of nextPlaneTree(plane, [], rendered).files) {
      const file = join(output, "planes", planePath(plane), path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
      count += 1;
    }
  }
  const coloured = isColoured(process.stderr, process.env);
  const text = await formatProblems(rendered.problems, { format: "table", coloured, files: rendered.files });
  process.stderr.write(
    `${text}${text === "" ? "" : "\n"}${count} files for ${planes.length} planes in ${output}; ${summary(rendered.problems)}\n`,
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
  await rm(join(output, "planes"), { recursive: true, force: true });
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
