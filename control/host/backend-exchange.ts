/**
 * One request answered by one `git http-backend`: the body goes in, bounded and decompressed here (so a small gzip body
 * cannot become an endless one), what it prints comes out with backpressure. The program runs in a process group of its own,
 * so that ending it ends everything git started below it, and Ctrl-C at a terminal does not cut a push in two.
 */

import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Transform, type Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { longestHeadBytes, parseCgiHead } from "./cgi-response.ts";

export type BackendExchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly environment: Readonly<Record<string, string>>;
  readonly maxBodyBytes: number;
  /** Ends the program. */
  readonly signal: AbortSignal;
  /** A push whose body is all there finishes even if the client is gone, and one that must end ends in good order. */
  readonly isPush: boolean;
};

/** `succeeded` says how the program ended, not whether git accepted what was asked. */
export type BackendResult = { readonly succeeded: boolean; readonly stderr: string };

type Backend = ChildProcessByStdio<Writable, Readable, Readable>;

/** Answers the request, whatever happens; resolves when the program and all it started have ended. */
export async function exchangeWithBackend(exchange: BackendExchange): Promise<BackendResult> {
  const { request, response, signal } = exchange;
  const { environment } = exchange;
  const backend: Backend = spawn("git", ["http-backend"], { env: environment, stdio: "pipe", detached: true });
  const ended = endOf(backend);
  const stop = (): void => (exchange.isPush ? endPush(backend) : stopGroup(backend));
  const onClientGone = (): void => {
    if (!response.writableFinished && !(exchange.isPush && request.complete)) {
      stop();
    }
  };
  signal.addEventListener("abort", stop, { once: true });
  response.once("close", onClientGone).on("error", () => {});
  if (signal.aborted || response.destroyed) {
    stop();
  }
  const fed = feed(exchange, backend).catch((error: unknown) => refuse(error, stop));
  const [refusal, stderr, isAnswered, code] = await Promise.all([
    fed,
    readStart(backend.stderr),
    relay(backend.stdout, response, fed),
    ended,
  ]);
  signal.removeEventListener("abort", stop);
  response.off("close", onClientGone);
  endResponse(exchange, code === 0 && isAnswered, refusal ?? 500);
  return { succeeded: code === 0, stderr };
}

/** The exit code, when the last one who could write to our pipes has ended; undefined for a signal or a failed start. */
async function endOf(backend: Backend): Promise<number | undefined> {
  return await new Promise((resolve) => {
    backend.once("error", () => resolve(undefined));
    backend.once("close", (code) => resolve(code ?? undefined));
  });
}

const endAfterMs = 2000;
const killAfterMs = 5000;

// The end of its input is what git receives in good order: it fails, and removes the quarantine of the push. On a signal it
// would leave that behind (since 2.39: "tmp-objdir: skip clean up when handling a signal").
function endPush(backend: Backend): void {
  backend.stdin.destroy();
  const timer = setTimeout(() => stopGroup(backend), endAfterMs);
  backend.once("close", () => clearTimeout(timer));
}

// SIGTERM lets git remove its lock files; SIGKILL would leave them.
function stopGroup(backend: Backend): void {
  const { pid } = backend;
  if (pid === undefined) {
    return;
  }
  signalGroup(pid, "SIGTERM");
  const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), killAfterMs);
  backend.once("close", () => clearTimeout(timer));
}

function signalGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
      throw error;
    }
  }
}

class BodyRefused extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`body refused with ${status}`);
    this.status = status;
  }
}

async function feed({ request, maxBodyBytes }: BackendExchange, backend: Backend): Promise<undefined> {
  // pipe and not pipeline from the request: pipeline would destroy its socket, and with it the answer.
  const received = request.pipe(limitBytes(maxBodyBytes));
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding === "gzip" || encoding === "x-gzip") {
    await pipeline(received, createGunzip(), limitBytes(maxBodyBytes), backend.stdin);
  } else {
    await pipeline(received, backend.stdin);
  }
}

function limitBytes(maxBytes: number): Transform {
  let count = 0;
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      count += chunk.length;
      if (count > maxBytes) {
        done(new BodyRefused(413));
      } else {
        done(undefined, chunk);
      }
    },
  });
}

// A program that ends before it read everything is no mistake of the body's: its own answer counts.
function refuse(error: unknown, stop: () => void): number | undefined {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "EPIPE" || code === "ERR_STREAM_PREMATURE_CLOSE" || code === "ECONNRESET") {
    return undefined;
  }
  stop();
  return error instanceof BodyRefused ? error.status : 400;
}

/**
 * Copies head and body once the whole request body is fed and was not refused (http-backend prints its head before it reads
 * anything); true when it did. Reads to the end in any case, so that the program never blocks.
 */
async function relay(output: Readable, response: ServerResponse, fed: Promise<number | undefined>): Promise<boolean> {
  let start: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of output as AsyncIterable<Buffer>) {
    if (start === undefined) {
      await writeTo(response, chunk);
    } else if (start.length <= longestHeadBytes) {
      start = Buffer.concat([start, chunk]);
      const parsed = parseCgiHead(start);
      if (parsed !== undefined && (await fed) === undefined) {
        const body = start.subarray(parsed.bodyStart);
        start = undefined;
        writeHead(response, parsed.head.status, parsed.head.headers);
        await writeTo(response, body);
      }
    }
  }
  return start === undefined;
}

function writeHead(response: ServerResponse, status: number, headers: Iterable<readonly [string, string]>): void {
  if (response.destroyed) {
    return;
  }
  response.writeHead(status, Object.fromEntries(headers));
}

async function writeTo(response: ServerResponse, chunk: Buffer): Promise<void> {
  if (response.destroyed || response.write(chunk)) {
    return;
  }
  await new Promise<void>((resolve) => {
    const proceed = (): void => {
      response.off("drain", proceed).off("close", proceed);
      resolve();
    };
    response.once("drain", proceed).once("close", proceed);
  });
}

const longestStderrBytes = 4096;

async function readStart(stream: Readable): Promise<string> {
  let text = "";
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    text += text.length < longestStderrBytes ? chunk.toString("utf8") : "";
  }
  return text.slice(0, longestStderrBytes).trim();
}

const lingerMs = 1000;

function endResponse({ request, response }: BackendExchange, isWhole: boolean, refusal: number): void {
  if (!response.headersSent && !response.destroyed) {
    response.writeHead(refusal, { Connection: "close", "Content-Type": "text/plain" });
    response.end(refusal === 413 ? "too large\n" : "failed\n");
  } else if (isWhole) {
    response.end();
  } else {
    // A cut connection is the only way to tell the client that what it has is not all.
    response.destroy();
  }
  if (!request.complete) {
    // Closing at once would reset the connection, and the client would lose the answer.
    request.unpipe();
    request.resume();
    setTimeout(() => request.destroy(), lingerMs).unref();
  }
}
