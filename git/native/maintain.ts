/**
 * Upkeep in place of `git gc`, which runs whenever it likes and deletes what no ref names, such as a commit made and not yet
 * pushed. Here packs and loose objects are folded together and nothing reachable or not is lost; other processes may read and
 * write meanwhile.
 */

import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ASIDE_PREFIX } from "./loose-objects.ts";
import { runGitOrFail, type GitFolder } from "./program.ts";
import { removeAbandonedQuarantines } from "./quarantine.ts";
import { isOlderThan } from "./stale-locks.ts";

/** A lookup that misses asks every pack. */
const MOST_PACKS = 30;
/** Of 256 folders of loose objects, how many full ones in the first tell that there are thousands. */
const MOST_LOOSE_IN_SAMPLE = 20;
const SAMPLE_FOLDER = "17";
const ABANDONED_MS = 60 * 60_000;

/** Folds packs when there are many, and deletes what dead processes left. Cheap when there is nothing to do. */
export async function maintainRepository(folder: GitFolder): Promise<{ readonly repacked: boolean }> {
  await removeAbandonedQuarantines(folder.path);
  const objectFolder = join(folder.path, "objects");
  const packFolder = join(objectFolder, "pack");
  const names = await list(packFolder);
  const leftovers = [
    ...names.filter((name) => name.startsWith("tmp_") || isUnseen(name, names)).map((name) => join(packFolder, name)),
    ...(await list(objectFolder))
      .filter((name) => name.startsWith(ASIDE_PREFIX))
      .map((name) => join(objectFolder, name)),
  ];
  for (const path of leftovers) {
    if (await isOlderThan(path, ABANDONED_MS)) await rm(path, { recursive: true, force: true });
  }
  const packs = names.filter((name) => name.endsWith(".idx")).length;
  const loose = (await list(join(objectFolder, SAMPLE_FOLDER))).length;
  if (packs <= MOST_PACKS && loose <= MOST_LOOSE_IN_SAMPLE) return { repacked: false };
  const timeoutMs = folder.limits.localTimeoutMs * 10;
  await runGitOrFail(folder, ["repack", "-d", "-l", "-q", "--geometric=2", "--no-write-bitmap-index"], { timeoutMs });
  return { repacked: true };
}

/** A pack is seen by its index, which is named last. */
function isUnseen(name: string, names: readonly string[]): boolean {
  return name.endsWith(".pack") && !names.includes(`${name.slice(0, -".pack".length)}.idx`);
}

async function list(path: string): Promise<readonly string[]> {
  return readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
}
