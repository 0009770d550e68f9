/** A wait of a random length before another try, so that those who collided do not collide again. */

import { setTimeout as wait } from "node:timers/promises";
import { GitError } from "../repository.ts";
import type { GitFolder } from "./program.ts";

/** Throws GitError `aborted` as soon as either signal fires. */
export async function pause(folder: GitFolder, longestMs: number, signal?: AbortSignal): Promise<void> {
  const signals = [folder.signal, signal].filter((signal) => signal !== undefined);
  try {
    await wait(Math.random() * longestMs, undefined, { signal: AbortSignal.any(signals) });
  } catch (error) {
    throw new GitError("aborted", `waiting for ${folder.path} was told to stop`, { cause: error });
  }
}
