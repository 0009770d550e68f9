/**
 * The frame around a program's `main`: signals, exit code, and one helpful line for whatever was thrown. A stack is for us
 * and shown at debug level only.
 */

import { inspect } from "node:util";
import { exitCodeOf, ExitError, exitCodes, type ExitCode } from "./exit-codes.ts";
import { levelFrom } from "./log-level.ts";
import { redact } from "./redact.ts";
import { sanitize } from "./sanitize.ts";
import { listenForShutdown } from "./shutdown.ts";

/** Finishes when aborted; answers the exit code, done when it answers none. */
export type Main = (program: { readonly signal: AbortSignal }) => Promise<ExitCode | void>;

/** Runs `main` to its end and exits the process. A process boundary: the only place that catches everything. */
export async function runProgram(main: Main): Promise<void> {
  using shutdown = listenForShutdown();
  endQuietlyWhenNobodyReads();
  const signal = AbortSignal.any([shutdown.signal, ...starterGone()]);
  const exitCode = await runMain(main, signal, (text) => process.stderr.write(text));
  process.exitCode = exitCode;
  await flushed(process.stdout);
  // A handle that a library left open must not keep a finished program alive.
  process.exit(exitCode);
}

/** The exit code of `main`; what it threw is printed as one line. After an abort, its own end counts, not a late error. */
export async function runMain(main: Main, signal: AbortSignal, print: (text: string) => unknown): Promise<ExitCode> {
  try {
    return (await main({ signal })) ?? exitCodes.done;
  } catch (error) {
    if (signal.aborted && exitCodeOf(error) === exitCodes.interrupted) {
      return exitCodes.interrupted;
    }
    const exitCode = exitCodeOf(error);
    if (exitCode !== exitCodes.done && !isPrintedByCommander(error)) {
      print(`${errorLine(error, levelFrom(process.env["GITPLANE_LOG_LEVEL"]))}\n`);
    }
    return exitCode;
  }
}

/** `error: message: cause`, each message once; at debug level followed by its detail and the stack. Redacted and safe for a terminal. */
export function errorLine(error: unknown, level: string): string {
  const messages: string[] = [];
  for (let current = error; current !== undefined && messages.length < 5;) {
    const message = messageOf(current) || "unknown error";
    if (!messages.some((earlier) => earlier.includes(message))) {
      messages.push(message);
    }
    current = current instanceof Error ? current.cause : undefined;
  }
  const isDebug = level === "debug" || level === "trace";
  const stack = isDebug && error instanceof Error && error.stack !== undefined ? `\n${error.stack}` : "";
  const detail =
    isDebug && error instanceof ExitError && error.detail !== undefined ? `\n${messageOf(error.detail)}` : "";
  return sanitize(redact(`error: ${messages.join(": ")}${detail}${stack}`), { keepLineBreaks: true });
}

/** Who starts us with this variable holds the other end of stdin: when it closes, even by kill -9, we are not left behind. */
function starterGone(): readonly AbortSignal[] {
  if (process.env["GITPLANE_EXIT_WITH_STDIN"] !== "yes") {
    return [];
  }
  const gone = new AbortController();
  process.stdin.on("end", () => gone.abort()).on("error", () => gone.abort());
  process.stdin.resume();
  process.stdin.unref();
  return [gone.signal];
}

function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) {
    return thrown.message;
  }
  return typeof thrown === "string" ? thrown : inspect(thrown);
}

// commander writes its own message before it throws.
function isPrintedByCommander(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("commander.");
}

// `gitplane … | head` closes the pipe; that is no failure of ours.
function endQuietlyWhenNobodyReads(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") {
      process.exit(exitCodes.done);
    }
    throw error;
  });
}

async function flushed(stream: NodeJS.WritableStream): Promise<void> {
  await new Promise<void>((resolve) => {
    stream.write("", () => resolve());
  });
}
