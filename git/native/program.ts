/**
 * One git process from start to end. It runs in a process group of its own, because git fetch is four processes and the one
 * that hangs is never the first; on a timeout or an abort the whole group gets SIGTERM, which lets git remove its lock and
 * temporary files, and SIGKILL a moment later.
 */

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { GitError } from "../repository.ts";
import type { Limits } from "./limits.ts";

/** A repository as git processes see it. */
export type GitFolder = {
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly limits: Limits;
  readonly signal: AbortSignal | undefined;
};

export type GitRun = {
  readonly input?: Uint8Array | AsyncIterable<Uint8Array>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  /** No file that git writes may grow past this: the kernel ends the writer (SIGXFSZ). */
  readonly largestFileBytes?: number;
};

export type GitOutcome = { readonly exitCode: number | undefined; readonly stdout: Buffer; readonly stderr: string };

const MOST_OUTPUT_BYTES = 256 * 1024 * 1024;
const KEPT_ERROR_BYTES = 16 * 1024;
const GRACE_MS = 1000;
/** POSIX counts `ulimit -f` in blocks of 512 bytes. */
const ULIMIT_BLOCK_BYTES = 512;

/**
 * Runs git to its end and answers whatever it answered; `exitCode` is undefined when a signal ended it. Throws GitError
 * `git-missing`, `timeout`, `aborted`, `too-large` (its output).
 */
export async function runGit(folder: GitFolder, args: readonly string[], run: GitRun = {}): Promise<GitOutcome> {
  const title = `git ${args[0]} in ${folder.path}`;
  return runWithin(folder, { ...run, title }, async (stop) => runChild(spawnGit(folder, args, run), run.input, stop));
}

/**
 * Runs what watches `stop`, which fires when the time is up or a signal fires. Throws GitError `timeout`, `aborted`, with the
 * title, whatever `act` then answers.
 */
export async function runWithin<T>(
  folder: GitFolder,
  run: { readonly title: string; readonly timeoutMs?: number; readonly signal?: AbortSignal | undefined },
  act: (stop: AbortController) => Promise<T>,
): Promise<T> {
  const { title, timeoutMs = folder.limits.localTimeoutMs } = run;
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(new GitError("timeout", `${title} took over ${timeoutMs} ms`)), timeoutMs);
  const abort = () => stop.abort(new GitError("aborted", `${title} was told to stop`));
  const signals = [folder.signal, run.signal].filter((signal) => signal !== undefined);
  for (const signal of signals) signal.addEventListener("abort", abort, { once: true });
  if (signals.some((signal) => signal.aborted)) abort();
  try {
    stop.signal.throwIfAborted();
    const outcome = await act(stop);
    stop.signal.throwIfAborted();
    return outcome;
  } finally {
    clearTimeout(timer);
    for (const signal of signals) signal.removeEventListener("abort", abort);
  }
}

/** As `runGit`, but an exit code other than 0 is thrown as GitError `failed` (or `disk-full`) with git's last words. */
export async function runGitOrFail(folder: GitFolder, args: readonly string[], run: GitRun = {}): Promise<Buffer> {
  const outcome = await runGit(folder, args, run);
  if (outcome.exitCode === 0) return outcome.stdout;
  throw failureOf(`git ${args[0]} in ${folder.path}`, outcome);
}

/** The error for a command that failed for no reason of ours. */
export function failureOf(title: string, outcome: GitOutcome): GitError {
  const code = isDiskFull(outcome.stderr) ? "disk-full" : "failed";
  const end = outcome.exitCode === undefined ? "was killed" : `failed (${outcome.exitCode})`;
  return new GitError(code, `${title} ${end}: ${outcome.stderr.trim()}`);
}

/** git says it in words only; LC_ALL=C keeps them English. */
export function isDiskFull(words: string): boolean {
  return words.includes("No space left on device");
}

/** A git process with pipes, in its own group. */
export function spawnGit(folder: GitFolder, args: readonly string[], run: GitRun = {}): ChildProcessWithoutNullStreams {
  const command = ["git", `--git-dir=${folder.path}`, ...args];
  const [program = "git", ...rest] =
    run.largestFileBytes === undefined ? command : limited(command, run.largestFileBytes);
  return spawn(program, rest, {
    cwd: "/",
    env: { ...(run.environment ?? folder.environment) },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
}

/** Until disposed, the signal ends the process and everything it started, gently and a moment later for certain. */
export function endWhenAborted(child: ChildProcessWithoutNullStreams, signal: AbortSignal): Disposable {
  let lastResort: NodeJS.Timeout | undefined;
  const end = () => {
    killGroup(child, "SIGTERM");
    lastResort = setTimeout(() => killGroup(child, "SIGKILL"), GRACE_MS);
  };
  signal.addEventListener("abort", end, { once: true });
  return {
    [Symbol.dispose]() {
      signal.removeEventListener("abort", end);
      clearTimeout(lastResort);
    },
  };
}

/** Ends a process and everything it started; the group may outlive its first process. */
export function killGroup(child: ChildProcessWithoutNullStreams, signal: "SIGTERM" | "SIGKILL"): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (!isCode(error, "ESRCH")) throw error;
  }
}

function limited(command: readonly string[], largestFileBytes: number): string[] {
  const blocks = String(Math.ceil(largestFileBytes / ULIMIT_BLOCK_BYTES));
  return ["sh", "-c", 'ulimit -f "$1" && shift && exec "$@"', "sh", blocks, ...command];
}

async function runChild(
  child: ChildProcessWithoutNullStreams,
  input: GitRun["input"],
  stop: AbortController,
): Promise<GitOutcome> {
  using _ = endWhenAborted(child, stop.signal);
  const [exit, stdout, stderr] = await Promise.all([
    exitOf(child),
    collectOutput(child, stop),
    collectErrors(child),
    feed(child, input),
  ]);
  return { exitCode: exit ?? undefined, stdout, stderr };
}

async function exitOf(child: ChildProcessWithoutNullStreams): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(startFailure(error)));
    child.once("close", (code) => resolve(code));
  });
}

/** What to throw when git could not be started at all. */
export function startFailure(error: unknown): GitError {
  if (isCode(error, "ENOENT"))
    return new GitError("git-missing", "there is no git program on the PATH", { cause: error });
  return new GitError("failed", "git could not be started", { cause: error });
}

async function collectOutput(child: ChildProcessWithoutNullStreams, stop: AbortController): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MOST_OUTPUT_BYTES) chunks.push(chunk);
    else stop.abort(new GitError("too-large", `git answered more than ${MOST_OUTPUT_BYTES} bytes`));
  });
  return new Promise((resolve) => child.stdout.once("close", () => resolve(Buffer.concat(chunks))));
}

/** What git says without control characters: it may quote the other side. */
export function readable(words: string): string {
  return words.replace(/[^\P{Cc}\n\t]/gu, " ");
}

/** The end of what git says. */
async function collectErrors(child: ChildProcessWithoutNullStreams): Promise<string> {
  let kept: Buffer = Buffer.alloc(0);
  child.stderr.on("data", (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-KEPT_ERROR_BYTES);
  });
  return new Promise((resolve) => {
    child.stderr.once("close", () => resolve(readable(kept.toString("utf8"))));
  });
}

async function feed(child: ChildProcessWithoutNullStreams, input: GitRun["input"]): Promise<void> {
  try {
    await pipeline(Readable.from(input instanceof Uint8Array ? [input] : (input ?? [])), child.stdin);
  } catch (error) {
    // A child that ends early says why itself; the broken pipe adds nothing.
    if (!isCode(error, "EPIPE") && !isCode(error, "ECONNRESET") && !isCode(error, "ERR_STREAM_PREMATURE_CLOSE"))
      throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
