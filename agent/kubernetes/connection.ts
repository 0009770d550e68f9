/**
 * The wire to one API server: bounded, retried, counted requests over HTTP/2 where the server offers it. Watches have a pool
 * of their own: over HTTP/1.1 each holds a connection, and neither a slow reader's flow-control window nor the server's
 * stream limit may hold up an apply. Rejected: HTTP/1.1 for requests, which takes a quarter less processor time in a first
 * apply, but more for a changed line, since connections end meanwhile, and holds 5 to 14 MiB more at rest.
 */
import type { Dispatcher } from "undici";
import requestOf from "undici/lib/api/api-request.js";
import Pool from "undici/lib/dispatcher/pool.js";
import { type Backoff, backoffDelayMs, sleep } from "../../process/backoff.ts";
import { redact } from "../../process/redact.ts";
import { Slots } from "../slots.ts";
import type { Failure } from "../target.ts";
import { AdaptiveLimit } from "./adaptive-limit.ts";
import { type Answer, cutReason } from "./api-status.ts";
import type { ClusterAccess } from "./cluster-access.ts";
import { Deadline } from "./deadline.ts";
import { Exchange, type Headers } from "./exchange.ts";
import { endOrphanStreams } from "./orphan-streams.ts";
import { parseJson, readBody } from "./read-body.ts";

export type Verb = "get" | "list" | "watch" | "apply" | "patch" | "create" | "update" | "delete";

export type ApiRequest = {
  readonly verb: Verb;
  /** Path and query, encoded, below the server's URL. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body?: string;
  readonly signal: AbortSignal;
};

/** An answer of any status. `body` is parsed JSON, or undefined where there was none. */
export type Answered = Answer & {
  readonly kind: "answered";
  readonly headers: Headers;
};

export type Opened = { readonly kind: "opened"; readonly chunks: AsyncIterable<Uint8Array> };

export type ConnectionOptions = {
  readonly access: ClusterAccess;
  readonly userAgent: string;
  /** The most requests at once, watches not counted; how many it is below that, the server's answers say. */
  readonly concurrency: number;
  /** For one attempt, from its start to the last byte. */
  readonly timeoutMs: number;
  readonly responseLimitBytes: number;
  readonly backoff: Backoff;
  readonly random: () => number;
};

const methods: Readonly<Record<Verb, "GET" | "PATCH" | "POST" | "PUT" | "DELETE">> = {
  get: "GET",
  list: "GET",
  watch: "GET",
  apply: "PATCH",
  patch: "PATCH",
  create: "POST",
  update: "PUT",
  delete: "DELETE",
};

/** For requests; HTTP/2 opens the next one only when the first is full. */
const mostConnections = 4;
const attemptLimit = 4;
/** A server may ask for longer; then the failure is handed up, where waiting blocks nobody else. */
const longestRetryAfterMs = 10_000;

/** What undici, Node and the system call a connection that broke or never came about. Certificate errors are none of them. */
const transientCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_SOCKET",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_INFO",
  "ERR_HTTP2_STREAM_ERROR",
  "ERR_HTTP2_SESSION_ERROR",
  "ERR_HTTP2_GOAWAY_SESSION",
]);

/** Not asked again: four timeouts would hold a slot for minutes. */
const timeoutCodes: ReadonlySet<string> = new Set(["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]);

type Broken = { readonly kind: "broken"; readonly code: string; readonly failure: Failure };

export class Connection implements AsyncDisposable {
  readonly #options: ConnectionOptions;
  readonly #pool: Dispatcher;
  readonly #watchPool: Dispatcher;
  readonly #slots: Slots;
  readonly #limit: AdaptiveLimit;
  readonly #counts = new Map<Verb, number>();

  constructor(options: ConnectionOptions) {
    this.#options = options;
    endOrphanStreams();
    const { server, tls } = options.access;
    const shared = { allowH2: true, connect: { ...tls, timeout: Math.min(10_000, options.timeoutMs) } };
    this.#pool = new Pool(server.origin, { ...shared, connections: mostConnections });
    this.#watchPool = new Pool(server.origin, { ...shared, connections: null });
    this.#limit = new AdaptiveLimit({ least: 1, most: options.concurrency });
    this.#slots = new Slots(this.#limit.current);
  }

  /** Requests sent, retries included, by verb. */
  get counts(): ReadonlyMap<Verb, number> {
    return this.#counts;
  }

  /**
   * Sends a request until it is answered, at most four times: again after 429 and, unless it creates, after 503 and a broken
   * connection. A failure is always transient. Throws the signal's reason once aborted.
   */
  async send(request: ApiRequest): Promise<Answered | Failure> {
    const giveBack = await this.#slots.take(request.signal);
    try {
      for (let attempt = 0; ; attempt += 1) {
        const result = await this.#attempt(request);
        this.#slots.resize(this.#limit.current);
        const delayMs = attempt + 1 < attemptLimit ? this.#retryDelayMs(result, request.verb, attempt) : undefined;
        if (delayMs === undefined) return result.kind === "broken" ? result.failure : result;
        await waitFor(delayMs, request.signal);
      }
    } finally {
      giveBack();
    }
  }

  /**
   * Opens an endless answer; one that is not 2xx comes whole. Not retried: the watch does that. The chunks end in an error when
   * the connection breaks, the signal is aborted, or nothing came for `idleMs`.
   */
  async open(request: ApiRequest, { idleMs }: { readonly idleMs: number }): Promise<Opened | Answered | Failure> {
    const controller = new AbortController();
    const deadline = new Deadline(request.signal, this.#options.timeoutMs, (reason) => controller.abort(reason));
    try {
      const dispatched = { ...(await this.#prepare(request, idleMs)), signal: controller.signal };
      const response = await requestOf.call(this.#watchPool, dispatched);
      if (response.statusCode >= 200 && response.statusCode < 300) {
        deadline.stopClock();
        return { kind: "opened", chunks: closing(response.body, deadline) };
      }
      const body = await readBody(response.body, this.#options.responseLimitBytes);
      deadline[Symbol.dispose]();
      return { kind: "answered", status: response.statusCode, headers: response.headers, body };
    } catch (error) {
      deadline[Symbol.dispose]();
      return this.#broken(error, request.signal, deadline).failure;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#pool.destroy(), this.#watchPool.destroy()]);
  }

  async #attempt(request: ApiRequest): Promise<Answered | Broken> {
    const { responseLimitBytes, timeoutMs } = this.#options;
    const exchange = new Exchange(responseLimitBytes);
    using deadline = new Deadline(request.signal, timeoutMs, (reason) => exchange.end(reason));
    const startedMs = performance.now();
    try {
      this.#pool.dispatch(await this.#prepare(request, timeoutMs), exchange);
      const { status, headers, text } = await exchange.answer;
      this.#learn(request.verb, performance.now() - startedMs, status);
      return { kind: "answered", status, headers, body: parseJson(text) };
    } catch (error) {
      return this.#broken(error, request.signal, deadline);
    }
  }

  /** A list takes as long as it is long, and says nothing about the server. */
  #learn(verb: Verb, tookMs: number, status: number): void {
    const isRefused = status === 429;
    if (verb !== "list" || isRefused) this.#limit.note({ tookMs, isRefused }, this.#slots.taken - 1);
  }

  /** Counts it, too: from here on it is sent. */
  async #prepare(request: ApiRequest, idleMs: number): Promise<Dispatcher.DispatchOptions> {
    const { access, userAgent, timeoutMs } = this.#options;
    const token = await access.readToken?.();
    this.#counts.set(request.verb, (this.#counts.get(request.verb) ?? 0) + 1);
    return {
      method: methods[request.verb],
      path: access.server.pathname.replace(/\/$/u, "") + request.path,
      headers: {
        accept: "application/json",
        "user-agent": userAgent,
        ...(request.body === undefined ? {} : { "content-type": "application/json" }),
        ...request.headers,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: request.body ?? null,
      // A little before our own deadline, since undici then also asks whether the connection is still alive.
      headersTimeout: Math.ceil(timeoutMs * 0.9),
      bodyTimeout: idleMs,
    };
  }

  #broken(error: unknown, signal: AbortSignal, deadline: Deadline): Broken {
    signal.throwIfAborted();
    const code = errorCode(error);
    const text =
      deadline.isOver || timeoutCodes.has(code)
        ? `no answer within ${this.#options.timeoutMs} ms`
        : `${error instanceof Error ? error.message : "unknown error"}${code === "" ? "" : ` (${code})`}`;
    const reason = cutReason(redact(`${this.#options.access.server.host}: ${text}`));
    return { kind: "broken", code, failure: { kind: "failed", class: "transient", reason } };
  }

  #retryDelayMs(result: Answered | Broken, verb: Verb, attempt: number): number | undefined {
    const { backoff, random } = this.#options;
    const delayMs = backoffDelayMs(backoff, attempt, random);
    const mayHaveHappened = verb === "create";
    if (result.kind === "broken") return !mayHaveHappened && transientCodes.has(result.code) ? delayMs : undefined;
    if (result.status !== 429 && (result.status !== 503 || mayHaveHappened)) return undefined;
    const afterMs = retryAfterMs(result.headers["retry-after"]);
    return afterMs > longestRetryAfterMs ? undefined : afterMs + delayMs;
  }
}

/** Only seconds, which is all that the API server sends; a date is read as no wish. */
function retryAfterMs(header: string | string[] | undefined): number {
  return typeof header === "string" && /^\d{1,6}$/u.test(header) ? Number(header) * 1000 : 0;
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Ends with the caller's own reason, not with the timer's AbortError. */
async function waitFor(delayMs: number, signal: AbortSignal): Promise<void> {
  await sleep(delayMs, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
}

async function* closing(body: AsyncIterable<Uint8Array>, deadline: Deadline): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } finally {
    deadline[Symbol.dispose]();
  }
}
