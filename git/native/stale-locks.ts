/**
 * Lock files that a dead process left. git creates `<ref>.lock`, writes the new value, and renames it into place, within
 * milliseconds; a power cut or a SIGKILL between the two leaves the lock for good and git never removes it. Nothing tells
 * from the file who holds it, and its holder may live in another container, so age decides: every git process of ours is
 * killed within its time limit, far below `staleLockMs`. Should a process that slept longer wake up after all, its rename
 * fails, because the file it would rename is gone, and it moves nothing.
 */

import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Ref } from "../repository.ts";
import type { GitFolder } from "./program.ts";

/**
 * Whether one of the locks that stand in the way of this ref was old enough to be removed. HEAD's is among them: git takes
 * it too when the ref is the branch that HEAD names (refs/files-backend.c, split_head_update).
 */
export async function removeStaleLocks(folder: GitFolder, ref: Ref): Promise<boolean> {
  let removed = false;
  for (const name of [`${ref}.lock`, "HEAD.lock", "packed-refs.lock"]) {
    const path = join(folder.path, name);
    if (!(await isOlderThan(path, folder.limits.staleLockMs))) continue;
    await rm(path, { force: true });
    removed = true;
  }
  return removed;
}

/** False when it is younger, or not there. */
export async function isOlderThan(path: string, ageMs: number): Promise<boolean> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  return found !== undefined && Date.now() - found.mtimeMs > ageMs;
}
