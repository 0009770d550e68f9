/**
 * Listens for hints that a ref has moved: server-sent events over one long answer (HTML standard, "Server-sent events"). Only
 * a hint: whatever is lost here, polling finds. The host says something every 15 s; after 40 s of silence the connection is
 * taken for dead.
 */
import type { IncomingMessage } from "node:http";
import { type Backoff, backoffDelayMs, sleep } from "../process/backoff.ts";
import type { Log } from "../process/log.ts";
import { type PlaneId, planePath } from "../schemas/layout.ts";

export type Wake = { readonly ref: string; readonly oid: string };

export type WakeOptions = {
  readonly url: string;
  /** The whole Authorization header. */
  readonly authorization: string | undefined;
  readonly onWake: (wake: Wake) => void;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly random: () => number;
  readonly silenceMs?: number;
  readonly backoff?: Backoff;
};

const defaultSilenceMs = 40_000;
const defaultBackoff: Backoff = { baseMs: 1000, capMs: 60_000 };
/** An event is a ref and an oid; what is longer is no event of ours. */
const longestLine = 16_384;

/** The wake-up stream of a plane on the host that serves its repository; undefined for a repository without a web host. */
export function wakeUrl(repositoryUrl: string, plane: PlaneId): string | undefined {
  const url = URL.parse(repositoryUrl);
  if (url?.protocol !== "http:" && url?.protocol !== "https:") return undefined;
  return new URL(`/api/v1/planes/${planePath(plane)}/wake`, url.origin).href;
}

/** Listens until aborted, connecting again with backoff. Never throws. */
export async function listenForWakes(options: WakeOptions): Promise<void> {
  const { signal, log, random, backoff = defaultBackoff } = options;
  for (let failures = 0; !signal.aborted;) {
    const end = await listenOnce(options);
    if (signal.aborted) return;
    if (end.wasHeard) failures = 0;
    else if (failures === 0) log.warn({ reason: end.reason }, "no wake-up stream; polling alone");
    await sleep(backoffDelayMs(backoff, failures, random), signal).catch(() => undefined);
    // A lost stream is no failure yet: the first that cannot be had instead of it is said.
    if (!end.wasHeard) failures += 1;
  }
}

/** `wasHeard`: something came, an event or a comment. What accepts and closes, as some proxies do, is no stream. */
type End = { readonly wasHeard: boolean; readonly reason: string };

async function listenOnce({
  url,
  authorization,
  onWake,
  signal,
  silenceMs = defaultSilenceMs,
}: WakeOptions): Promise<End> {
  const connection = new AbortController();
  const hangUp = (): void => connection.abort();
  signal.addEventListener("abort", hangUp, { once: true });
  let timer = setTimeout(hangUp, silenceMs);
  let wasHeard = false;
  try {
    const response = await open(url, authorization, connection.signal);
    const isStream = response.headers["content-type"]?.startsWith("text/event-stream") === true;
    if (response.statusCode !== 200 || !isStream) {
      return { wasHeard, reason: `the host answers ${response.statusCode ?? "nothing"}` };
    }
    const reader = new EventReader(onWake);
    for await (const chunk of response) {
      clearTimeout(timer);
      timer = setTimeout(hangUp, silenceMs);
      reader.take(chunk as Uint8Array);
      wasHeard = true;
    }
    return { wasHeard, reason: "the host ended the stream" };
  } catch (error) {
    return { wasHeard, reason: error instanceof Error ? error.message : "the stream broke" };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", hangUp);
    connection.abort();
  }
}

/**
 * Asks for the stream; resolves with the head of the answer. Follows no redirect, which could carry the credential elsewhere.
 * Not by `fetch`, which brings 12 MB with it.
 */
async function open(url: string, authorization: string | undefined, signal: AbortSignal): Promise<IncomingMessage> {
  const { request } = process.getBuiltinModule(url.startsWith("https:") ? "node:https" : "node:http");
  const headers = {
    Accept: "text/event-stream",
    ...(authorization === undefined ? {} : { Authorization: authorization }),
  };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request(url, { headers, signal, agent: false }, resolve).on("error", reject).end();
  return promise;
}

/** Turns the bytes of a stream into wakes: lines end in LF, CR LF or CR, an empty one ends an event, one with `:` is a comment. */
export class EventReader {
  readonly #onWake: (wake: Wake) => void;
  readonly #decoder = new TextDecoder();
  #rest = "";
  #data: string[] = [];

  constructor(onWake: (wake: Wake) => void) {
    this.#onWake = onWake;
  }

  /** Throws RangeError for a line or an event that no host of ours sends. */
  take(chunk: Uint8Array): void {
    const text = this.#rest + this.#decoder.decode(chunk, { stream: true });
    // A CR at the very end may be half of a CR LF.
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > longestLine) throw new RangeError("the stream's line is too long");
    for (const line of lines) this.#takeLine(line);
  }

  #takeLine(line: string): void {
    if (line === "") {
      const wake = parseWake(this.#data.join("\n"));
      this.#data = [];
      if (wake !== undefined) this.#onWake(wake);
      return;
    }
    if (!line.startsWith("data:")) return;
    this.#data.push(line.slice("data:".length).replace(/^ /, ""));
    if (this.#data.length > 16) throw new RangeError("the stream's event is too long");
  }
}

function parseWake(data: string): Wake | undefined {
  if (data === "") return undefined;
  try {
    const value = JSON.parse(data) as { readonly ref?: unknown; readonly oid?: unknown } | null;
    if (typeof value?.ref !== "string" || typeof value.oid !== "string") return undefined;
    return /^[0-9a-f]{40,64}$/.test(value.oid) ? { ref: value.ref, oid: value.oid } : undefined;
  } catch {
    return undefined;
  }
}
