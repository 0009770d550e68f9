/** A bare repository that is there or not, and never half: made beside its place and renamed into it. */

import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { localEnvironment } from "./environment.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { pause } from "./pause.ts";
import { failureOf, runGit, runGitOrFail, type GitFolder } from "./program.ts";
import { isOlderThan } from "./stale-locks.ts";

const MOST_TRIES = 10;
const LONGEST_PAUSE_MS = 100;

/**
 * Makes the repository unless it is there, and gives its configuration these values (`receive.denyDeletes`: `true`). Several
 * processes may do so at once. Throws GitError `git-missing`, `failed`.
 */
export async function initBareRepository(path: string, config: Readonly<Record<string, string>> = {}): Promise<void> {
  if (await exists(join(path, "HEAD"))) return configure(path, config);
  await mkdir(dirname(path), { recursive: true });
  const temporary = await mkdtemp(join(dirname(path), `.${basename(path)}-`));
  try {
    await runGitOrFail(folderAt(temporary), [
      "init",
      "--quiet",
      "--bare",
      "--template=",
      "--initial-branch=main",
      temporary,
    ]);
    await configure(temporary, config);
    await moveInto(path, temporary);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  await configure(path, config);
}

/** rename(2) replaces an empty folder and refuses one with content: then another process was first. */
async function moveInto(path: string, temporary: string): Promise<void> {
  try {
    await rename(temporary, path);
  } catch (error) {
    if (!(await exists(join(path, "HEAD")))) throw error;
  }
}

async function configure(path: string, config: Readonly<Record<string, string>>): Promise<void> {
  for (const [key, value] of Object.entries(config)) await setValue(folderAt(path), key, value);
}

/** Another process may hold the lock of the file for a moment, and a dead one for ever. */
async function setValue(folder: GitFolder, key: string, value: string): Promise<void> {
  const file = join(folder.path, "config");
  for (let tries = 1; ; tries++) {
    const present = await runGit(folder, ["config", "--file", file, "--get-all", key]);
    if (present.exitCode === 0 && present.stdout.toString("utf8") === `${value}\n`) return;
    const outcome = await runGit(folder, ["config", "--file", file, "--replace-all", key, value]);
    if (outcome.exitCode === 0) return;
    if (tries >= MOST_TRIES) throw failureOf(`setting ${key} in ${folder.path}`, outcome);
    if (await isOlderThan(`${file}.lock`, folder.limits.staleLockMs)) await rm(`${file}.lock`, { force: true });
    await pause(folder, LONGEST_PAUSE_MS);
  }
}

function folderAt(path: string): GitFolder {
  return { path, environment: localEnvironment(path), limits: DEFAULT_LIMITS, signal: undefined };
}

async function exists(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  return found !== undefined;
}
