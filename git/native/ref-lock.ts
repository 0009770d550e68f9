/**
 * One ref moved without a git process, as git's own writer moves one that has a file (refs/files-backend.c): its lock is
 * made, its value compared under the lock, the new one flushed and renamed into place. Only the plain case is done here.
 */

import { open, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { RefFiles } from "./ref-files.ts";
import type { RefMove } from "./ref-mover.ts";

/** Whether the ref stood where expected, in a file of its own, and stands at `to` now. Otherwise nothing was done. */
export async function moveLooseRef(
  path: string,
  files: RefFiles,
  { ref, from, to }: RefMove & { readonly from: string },
): Promise<boolean> {
  const file = join(path, ref);
  const lock = `${file}.lock`;
  // `wx`: somebody else's lock, or a folder that is not there, and git sees to it.
  const handle = await open(lock, "wx", 0o644).catch(() => undefined);
  if (handle === undefined) return false;
  try {
    await using writing = handle;
    const found = await files.readLoose(ref);
    if (found !== from) {
      await unlink(lock);
      return false;
    }
    await writing.writeFile(`${to}\n`);
    await writing.sync();
  } catch (error) {
    await unlink(lock).catch(() => undefined);
    throw error;
  }
  await rename(lock, file);
  return true;
}
