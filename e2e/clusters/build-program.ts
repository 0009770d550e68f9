/** One of e2e's Go modules to a program, with a word now and then to who waits. */

import { availableParallelism } from "node:os";

import { ClusterError } from "./cluster-error.ts";
import { findGo, modulesUnreachable, requiredVersion, runGo, type GoCommand } from "./go.ts";

export type Build = GoCommand & { readonly onProgress: (line: string) => void };

export type ProgramBuild = {
  /** The module's. */
  readonly folder: string;
  /** Path of the program. */
  readonly output: string;
  /** What is built, as the end of "building …". */
  readonly what: string;
  readonly coldCpuSeconds: number;
};

export const buildFlags: readonly string[] = ["-trimpath", "-buildvcs=false", "-ldflags=-s -w"];
const progressEveryMs = 10_000;

/**
 * Throws `go-missing` or `go-too-old` with what to install, `modules-unreachable` without a network, `build-failed` with
 * what the compiler said.
 */
export async function buildProgram(
  build: Build,
  { folder, output, what, coldCpuSeconds }: ProgramBuild,
): Promise<void> {
  await requireGo(build, what);
  using progress = reportProgress({ onProgress: build.onProgress, what, coldCpuSeconds });
  const go = { ...build, folder };
  // Listing every package fetches every module, so that what fails afterwards is the build and not the network.
  await runGo({ ...go, arguments: ["list", "-deps", "-mod=readonly", "."] }, (complaints) =>
    modulesUnreachable(build.environment, complaints),
  );
  await runGo(
    { ...go, arguments: ["build", ...buildFlags, "-mod=readonly", "-o", output, "."] },
    (complaints) => new ClusterError("build-failed", `${what} cannot be built; Go says:\n${complaints}`),
  );
  progress.done();
}

async function requireGo(build: Build, what: string): Promise<void> {
  const go = await findGo(build);
  const needed = `building ${what} needs Go ${requiredVersion()} or newer`;
  switch (go.kind) {
    case "found":
      return;
    case "missing":
      throw new ClusterError("go-missing", needed);
    case "too-old":
      throw new ClusterError("go-too-old", `${needed}, and this is ${go.version}`);
  }
}

type Reported = { readonly onProgress: (line: string) => void; readonly what: string; readonly coldCpuSeconds: number };
type Progress = { readonly done: () => void; readonly [Symbol.dispose]: () => void };

function reportProgress({ onProgress, what, coldCpuSeconds }: Reported): Progress {
  const startedAtMs = performance.now();
  const estimate = formatElapsed((coldCpuSeconds / Math.min(availableParallelism(), 8)) * 1000);
  const elapsed = () => formatElapsed(performance.now() - startedAtMs);
  const building = `building ${what}`;
  onProgress(
    `${building}, once for this version: about ${estimate} on this machine when it is idle and has no Go cache`,
  );
  const timer = setInterval(() => onProgress(`${building}: ${elapsed()} of about ${estimate}`), progressEveryMs);
  return { done: () => onProgress(`${building}: done in ${elapsed()}`), [Symbol.dispose]: () => clearInterval(timer) };
}

function formatElapsed(elapsedMs: number): string {
  const seconds = Math.round(elapsedMs / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
