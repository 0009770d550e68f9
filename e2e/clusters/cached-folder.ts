/**
 * Things that take minutes to make and never change: each in a folder of the user's cache, named for its kind and the hash
 * of what it was made from. A folder is filled under another name and then renamed, so it is whole or not there, and of two
 * processes that make the same one at once, the later simply throws its own away.
 */

import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { cacheFolder } from "../../process/user-folders.ts";

export type CachedFolder = {
  /** The folder to have, from `cachePath`. */
  readonly path: string;
  /** Fills the empty folder it is given. */
  readonly fill: (folder: string) => Promise<void>;
};

/** How long an unfinished folder may lie around before it counts as abandoned by a crash. */
const abandonedAfterMs = 24 * 60 * 60 * 1000;

/** `<user's cache>/gitplane/<kind>-<hash>`, whether it is there or not. */
export function cachePath(kind: string, hash: string, environment: NodeJS.ProcessEnv): string {
  return join(cacheFolder(environment), `${kind}-${hash}`);
}

/** Twelve hexadecimal digits over the files' names and contents, in name order, and over the extra texts, in theirs. */
export async function hashSources(files: readonly string[], texts: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const file of [...files].sort()) {
    const content = await readFile(file);
    hash.update(`${basename(file)} ${content.length}\n`).update(content);
  }
  for (const text of texts) {
    hash.update(`${text.length}\n`).update(text);
  }
  return hash.digest("hex").slice(0, 12);
}

export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return false;
    }
    throw error;
  }
}

/** Returns the path once the folder is there; whatever `fill` throws is thrown, and leaves nothing behind. */
export async function ensureCachedFolder({ path, fill }: CachedFolder): Promise<string> {
  if (await isFolder(path)) {
    return path;
  }
  const parent = join(path, "..");
  await mkdir(parent, { recursive: true });
  await removeAbandoned(parent);
  const unfinished = await mkdtemp(`${path}.unfinished-`);
  try {
    await fill(unfinished);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    const { code } = error as NodeJS.ErrnoException;
    if ((code === "ENOTEMPTY" || code === "EEXIST") && (await isFolder(path))) {
      return path;
    }
    throw error;
  }
  return path;
}

async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    if (name.includes(".unfinished-") && (await ageMs(path)) > abandonedAfterMs) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

/** Zero for what another process has removed in the meantime. */
async function ageMs(path: string): Promise<number> {
  const modifiedAt = (await stat(path, { throwIfNoEntry: false }))?.mtimeMs;
  return modifiedAt === undefined ? 0 : Date.now() - modifiedAt;
}
