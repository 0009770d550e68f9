/**
 * Where a fetch writes until all of it has arrived and been checked: an object folder of its own that borrows the
 * repository's, as git-receive-pack has it. A fetch that fails, is too large or is killed leaves one folder to delete, and no
 * other process ever sees half of it. git bounds what a push may bring and not what a fetch may, so the bound on a file's
 * size is the kernel's (see program.ts).
 */

import { copyFile, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GitFolder } from "./program.ts";
import { isOlderThan } from "./stale-locks.ts";

const FOLDER = "gitplane-incoming";
/** Far beyond the longest fetch: its process is dead. */
const ABANDONED_MS = 60 * 60_000;

export class Quarantine implements AsyncDisposable {
  readonly path: string;
  readonly #folder: GitFolder;

  private constructor(folder: GitFolder, path: string) {
    this.#folder = folder;
    this.path = path;
  }

  static async open(folder: GitFolder): Promise<Quarantine> {
    const parent = join(folder.path, FOLDER);
    await mkdir(parent, { recursive: true });
    const path = await mkdtemp(join(parent, "fetch-"));
    await mkdir(join(path, "pack"));
    return new Quarantine(folder, path);
  }

  /** What makes git write here and still find what the repository has. */
  environment(): Record<string, string> {
    const objects = join(this.#folder.path, "objects");
    return {
      ...this.bareEnvironment(),
      GIT_ALTERNATE_OBJECT_DIRECTORIES: `"${objects.replace(/["\\]/gu, "\\$&")}"`,
    };
  }

  /** What makes git write here and find nothing else. */
  bareEnvironment(): Record<string, string> {
    return { GIT_OBJECT_DIRECTORY: this.path };
  }

  /**
   * Makes this a repository without a ref. git-index-pack(1) compares what arrives with what is there and ends when that is
   * damaged, and no ref may name an object that this folder lacks; so what is to heal the repository must not see it.
   */
  async standAlone(): Promise<GitFolder> {
    for (const name of ["objects", "refs"]) await mkdir(join(this.path, name));
    await copyFile(join(this.#folder.path, "config"), join(this.path, "config"));
    await writeFile(join(this.path, "HEAD"), "ref: refs/heads/none\n");
    return { ...this.#folder, path: this.path };
  }

  /** Bytes of the largest file so far. */
  async largestFileBytes(): Promise<number> {
    const names = await readdir(join(this.path, "pack"));
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(this.path, "pack", name))).size));
    return Math.max(0, ...sizes);
  }

  /** Moves the packs into the repository; an index last, because a pack counts from the moment its index is there. */
  async release(): Promise<void> {
    const names = (await readdir(join(this.path, "pack"))).filter((name) => /\.(pack|rev|idx)$/u.test(name));
    for (const name of names.sort((a, b) => Number(a.endsWith(".idx")) - Number(b.endsWith(".idx")))) {
      await rename(join(this.path, "pack", name), join(this.#folder.path, "objects", "pack", name));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Deletes what fetches of processes now dead have left. */
export async function removeAbandonedQuarantines(gitFolder: string): Promise<void> {
  const parent = join(gitFolder, FOLDER);
  const names = await readdir(parent).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  for (const name of names) {
    const path = join(parent, name);
    if (await isOlderThan(path, ABANDONED_MS)) await rm(path, { recursive: true, force: true });
  }
}
