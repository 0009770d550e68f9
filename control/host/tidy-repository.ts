/**
 * Keeps a repository small and unblocks it after a crash. Git's own gc is off because it may start in the middle of a push;
 * this packs step by step and never drops an object, so it is safe beside any writer.
 */

import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { runGit } from "./git-program.ts";

/** Rolls loose objects and small packs together, each object moved a logarithmic number of times in its life. */
export async function packRepository(path: string, signal: AbortSignal): Promise<void> {
  await runGit(["repack", "--quiet", "-d", "--geometric=2", "--write-midx"], { repository: path, signal });
  await runGit(["pack-refs", "--all"], { repository: path, signal });
}

/**
 * Removes what a killed git left: lock files, which block a ref for ever, quarantines of pushes, and half-written packs. Git holds a lock for
 * milliseconds; what is older than `olderThanMs` has no owner any more. Answers the paths removed, relative.
 */
export async function removeLeftovers(
  path: string,
  { olderThanMs, quarantineOlderThanMs, now }: LeftoverAge,
): Promise<readonly string[]> {
  const locks = (await readdir(join(path, "refs"), { recursive: true })).map((name) => join("refs", name));
  const tops = await readdir(path);
  const objects = await readdir(join(path, "objects"));
  const packs = await readdir(join(path, "objects", "pack"));
  const candidates = [
    ...[...tops, ...locks].filter((name) => name.endsWith(".lock")).map((name) => [name, olderThanMs] as const),
    ...objects
      .filter((name) => name.startsWith("tmp_objdir-"))
      .map((name) => [join("objects", name), quarantineOlderThanMs] as const),
    ...packs
      .filter((name) => name.startsWith("tmp_"))
      .map((name) => [join("objects", "pack", name), quarantineOlderThanMs] as const),
  ];
  const removed: string[] = [];
  for (const [name, ageMs] of candidates) {
    const status = await stat(join(path, name)).catch(() => undefined);
    if (status !== undefined && now - status.mtimeMs > ageMs) {
      await rm(join(path, name), { recursive: true, force: true });
      removed.push(name);
    }
  }
  return removed;
}

export type LeftoverAge = {
  readonly olderThanMs: number;
  readonly quarantineOlderThanMs: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
};
