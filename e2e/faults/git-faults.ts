/**
 * A `git` that stands before the real one on the PATH and kills whoever runs it, at one chosen call: our programs' every
 * await is a call of git or a request, so killing at each of them is killing at each await, without a hook in the programs.
 */
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../clusters/run-command.ts";
import { programEnvironment } from "../platform/node-program.ts";

/** Before git starts, while it runs (it goes on as an orphan), or when it is done but has not been heard. */
export type FaultMoment = "before" | "during" | "after";

export type GitFaults = {
  /** For the program's environment. */
  readonly path: string;
  /** From now on calls are counted, and the one of this number kills its caller. 0 only counts. */
  readonly arm: (call: number, moment: FaultMoment) => Promise<void>;
  /** Stops counting, and answers how many calls there were. */
  readonly disarm: () => Promise<number>;
};

export async function openGitFaults(folder: string): Promise<GitFaults> {
  const real = await findGit();
  const programs = join(folder, "programs");
  const calls = join(folder, "calls");
  const counted = join(folder, "counted");
  await mkdir(programs, { recursive: true });
  await writeFile(join(programs, "git"), wrapper(real, calls), { mode: 0o755 });
  return {
    path: `${programs}:${programEnvironment()["PATH"] ?? ""}`,
    arm: async (call, moment) => {
      await rm(calls, { recursive: true, force: true });
      await mkdir(calls);
      await writeFile(join(calls, "armed"), `${call} ${moment}\n`);
    },
    disarm: async () => {
      // Renamed first: calls that run meanwhile find no folder to make theirs in.
      await rename(calls, counted);
      const names = await readdir(counted);
      await rm(counted, { recursive: true, force: true });
      return names.length - 1;
    },
  };
}

async function findGit(): Promise<string> {
  const result = await runCommand({
    command: "which",
    arguments: ["git"],
    environment: programEnvironment(),
    signal: AbortSignal.timeout(5000),
  });
  if (result.kind === "missing" || result.exitCode !== 0) throw new Error("git is not installed");
  return result.stdout.trim();
}

/** A folder made for each call numbers the calls, whichever of several processes makes it first. */
function wrapper(real: string, calls: string): string {
  return `#!/bin/sh
[ -e '${calls}/armed' ] || exec '${real}' "$@"
read -r at moment < '${calls}/armed'
case "$moment $*" in
  # These stay for as long as they are asked something, so there is no moment after them.
  after*cat-file*--batch-command*|after*update-ref*--stdin*) exec '${real}' "$@" ;;
esac
n=1
until mkdir "${calls}/$n" 2>/dev/null; do
  [ -d '${calls}' ] || exec '${real}' "$@"
  n=$((n + 1))
done
[ "$n" = "$at" ] || exec '${real}' "$@"
case "$moment" in
  before) kill -9 $PPID; exit 137 ;;
  during) '${real}' "$@" <&0 & kill -9 $PPID; wait; exit 137 ;;
  after) '${real}' "$@"; kill -9 $PPID; exit 137 ;;
esac
`;
}
