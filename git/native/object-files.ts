/** What all writers of object files have in common: on the disk before they get their name, with modes as the repository's. */

import * as fs from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { GitError } from "../repository.ts";
import type { GitFolder } from "./program.ts";

const flush = promisify(fs.fsync);
export const OBJECT_MODE = 0o444;
const FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);

/** The folder of objects, and who may write there. */
export type ObjectFolder = { readonly path: string; readonly mode: number };

export function openObjectFolder({ path: repository }: GitFolder): ObjectFolder {
  const path = join(repository, "objects");
  return { path, mode: fs.statSync(path).mode & 0o7777 };
}

/** Writes a new file; it is on the disk when this ends. Throws what the file system says. */
export async function writeNewFile(path: string, bytes: Uint8Array, { mode }: ObjectFolder): Promise<void> {
  const file = fs.openSync(path, "wx", OBJECT_MODE);
  try {
    for (let at = 0; at < bytes.length;) at += fs.writeSync(file, bytes, at);
    await flush(file);
  } finally {
    fs.closeSync(file);
  }
  if (isShared(mode)) fs.chmodSync(path, OBJECT_MODE & mode);
}

/** Whether others than its owner write here (git-config(1), core.sharedRepository): then modes are not the umask's to say. */
export function isShared(mode: number): boolean {
  return (mode & 0o022) !== 0;
}

/** Deletes what may be gone already. */
export function unlinkIfThere(path: string): void {
  try {
    fs.unlinkSync(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

export function writeFailure(folder: GitFolder, error: unknown): GitError {
  if (error instanceof GitError) return error;
  const code = FULL.has(codeOf(error)) ? "disk-full" : "failed";
  return new GitError(code, `writing objects to ${folder.path} failed: ${codeOf(error)}`, { cause: error });
}

/** As the system names what went wrong; empty when it was something else. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
