/**
 * One ref moved without a git process, as git's own writer moves one that has a file (refs/files-backend.c): its lock is
 * made, its value compared under the lock, the new one flushed and renamed into place. Only the plain case is done here.
 */

import * as fs from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { RefFiles } from "./ref-files.ts";
import type { RefMove } from "./ref-mover.ts";

const flush = promisify(fs.fsync);

/** Whether the ref stood where expected, in a file of its own, and stands at `to` now. Otherwise nothing was done. */
export async function moveLooseRef(
  path: string,
  files: RefFiles,
  { ref, from, to }: RefMove & { readonly from: string },
): Promise<boolean> {
  const file = join(path, ref);
  const lock = `${file}.lock`;
  const handle = openLock(lock);
  if (handle === undefined) return false;
  try {
    if (files.readLoose(ref) !== from) {
      fs.unlinkSync(lock);
      return false;
    }
    fs.writeSync(handle, `${to}\n`);
    await flush(handle);
  } catch (error) {
    fs.rmSync(lock, { force: true });
    throw error;
  } finally {
    fs.closeSync(handle);
  }
  fs.renameSync(lock, file);
  return true;
}

/** Undefined where git sees to it: there is somebody else's lock, or no folder. */
function openLock(path: string): number | undefined {
  try {
    return fs.openSync(path, "wx", 0o644);
  } catch {
    return undefined;
  }
}
