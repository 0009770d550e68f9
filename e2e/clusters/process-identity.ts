/**
 * Tells whether a process id still means the process it was written down for: ids are used again, and a kill by a stale one
 * would hit a stranger.
 */

import { readFile } from "node:fs/promises";

import { runCommand } from "./run-command.ts";

const psTimeoutMs = 5000;

/**
 * A text that no other process of this machine ever shares with the one that has this id now; undefined when there is no
 * such process, or only its unreaped remains.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  if (process.platform === "linux") {
    return await linuxIdentity(pid);
  }
  const result = await runCommand({
    command: "ps",
    arguments: ["-o", "lstart=,command=", "-p", String(pid)],
    environment: process.env,
    signal: AbortSignal.timeout(psTimeoutMs),
  });
  return result.kind === "exited" && result.exitCode === 0 ? result.stdout.trim() : undefined;
}

/** proc(5): the second field is the program's name in parentheses and may hold any character, so count from the last one. */
async function linuxIdentity(pid: number): Promise<string | undefined> {
  const stat = await readIfThere(`/proc/${pid}/stat`);
  if (stat === undefined) {
    return undefined;
  }
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  const startedAtTicks = fields[19];
  const bootId = await readIfThere("/proc/sys/kernel/random/boot_id");
  return state === "Z" || state === "X" ? undefined : `${bootId?.trim() ?? ""} ${startedAtTicks ?? ""}`;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    // A process that ends between open and read answers ESRCH.
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") {
      return undefined;
    }
    throw error;
  }
}
