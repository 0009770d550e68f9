/** Whatever stands in a folder, `gitplane validate` ends within 10 s of processor time and 512 MB, with Problems at places inside the files. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { Problem } from "../schemas/problem.ts";
import { runMeasured } from "./bench/measured-run.ts";
import { hostileInputs } from "./hostile/hostile-inputs.ts";

/** Of processor time, because a busy machine stretches every other; what waits instead of working is stopped. */
const cpuLimitSeconds = 10;
const hangLimitSeconds = 120;
const limitMiB = 512;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hostile-"));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

test.for(hostileInputs)("C30 validate withstands $name", async ({ write, mistakes }, { signal }) => {
  await write(folder);
  const run = await runMeasured({
    entry: "control/main.ts",
    arguments: ["validate", folder, "-o", "json"],
    // Room for what is not the heap: code, buffers, threads.
    nodeOptions: [`--max-old-space-size=${limitMiB - 128}`],
    limitSeconds: hangLimitSeconds,
    signal,
  });
  expect({
    exitCode: run.exitCode,
    isWithinTime: (run.cpuSeconds ?? Infinity) <= cpuLimitSeconds,
    isWithinMemory: (run.peakMiB ?? Infinity) <= limitMiB,
    stderr: run.stderr,
  }).toEqual({ exitCode: mistakes.length === 0 ? 0 : 3, isWithinTime: true, isWithinMemory: true, stderr: "" });
  const problems = z.array(Problem).parse(JSON.parse(run.stdout));
  expect([...new Set(problems.map(({ place }) => place.file))].toSorted()).toEqual(mistakes.toSorted());
  expect(await misplaced(problems)).toEqual([]);
  expect(problems.filter(({ message }) => message.length > 1000)).toEqual([]);
});

/** Problems whose line or column is not in their file. */
async function misplaced(problems: readonly Problem[]): Promise<readonly Problem[]> {
  const found: Problem[] = [];
  for (const [file, inFile] of Map.groupBy(problems, ({ place }) => place.file)) {
    const elsewhere = inFile.filter(({ place }) => place.line > 1 || place.column > 1);
    if (elsewhere.length === 0) continue;
    const lines = (await readFile(join(folder, file), "utf8")).split("\n");
    found.push(...elsewhere.filter(({ place }) => place.column > (lines[place.line - 1]?.length ?? -1) + 1));
  }
  return found;
}
