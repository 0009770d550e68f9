/**
 * One watch that stays open on the plane's applied record alone. Each time it is opened the cluster says, from a consistent
 * read, which record it holds and how far its history goes (Kubernetes: "API concepts, Streaming lists"). So after a broken
 * connection nobody has to ask whether this is still the cluster that it was. Where a server does not stream lists, or the
 * agent's rights are of an older install, it says `untold` and is not tried again: then one must ask.
 */
import { z } from "zod";
import { sleep } from "../../process/backoff.ts";
import type { Failure } from "../target.ts";
import { classifyAnswer, cutReason } from "./api-status.ts";
import type { Cluster } from "./cluster.ts";
import type { Answered } from "./connection.ts";
import { isFresh } from "./fresh-answer.ts";
import { metadataAccept } from "./object-metadata.ts";
import { parseJson, readLines } from "./read-body.ts";
import { recordName, recordsPath, versionOf } from "./record.ts";
import { watchSpan } from "./watch-span.ts";

export type Standing = {
  readonly kind: "told";
  /** How far the history of the whole cluster went: no watch of it can have heard of more. */
  readonly resourceVersion: string;
  /** Version of the record; undefined when there is none. */
  readonly record: string | undefined;
};
/** The server cannot be heard this way: it must be asked. */
export type Untold = { readonly kind: "untold" };
type Said = Standing | Untold | Failure;
type Opening = {
  readonly askedAtMs: number;
  readonly stop: AbortController;
  readonly said: Promise<Said>;
  /** Until the stream ends, in whatever way. */
  readonly over: Promise<void>;
};

/** A server that does not know streaming lists, and says nothing about it, never sends the mark that ends one. */
const patienceMs = 10_000;
/** Of one event: metadata alone. */
const lineLimitBytes = 1 << 20;
const pauseMs = 1000;

export type RecordWatchOptions = {
  readonly cluster: Pick<Cluster, "own" | "plane">;
  readonly signal: AbortSignal;
  readonly random: () => number;
  readonly nowMs?: () => number;
};

export class RecordWatch {
  readonly #options: RecordWatchOptions;
  readonly #nowMs: () => number;
  #opening: Opening | undefined;
  #isUntold = false;
  #keeping: Promise<void> | undefined;

  constructor(options: RecordWatchOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** Keeps the watch open from now on; opening it again costs no more than that. */
  keepOpen(): void {
    this.#keeping ??= this.#keep();
  }

  /** Once the signal is aborted and nothing listens any more. */
  get ended(): Promise<void> {
    return this.#keeping ?? Promise.resolve();
  }

  /** What an opening of after this moment said. Throws the signal's reason when aborted. */
  async look({ sinceMs, signal }: { readonly sinceMs: number; readonly signal: AbortSignal }): Promise<Said> {
    signal.throwIfAborted();
    if (this.#isUntold) return { kind: "untold" };
    const known = this.#opening;
    const isKnown = known !== undefined && isFresh(known.askedAtMs, { sinceMs, nowMs: this.#nowMs() });
    const opening = isKnown ? known : this.#open();
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await Promise.race([opening.said, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async #keep(): Promise<void> {
    const { signal, random } = this.#options;
    try {
      while (!signal.aborted && !this.#isUntold) {
        const opening = this.#opening ?? this.#open();
        await opening.over;
        if (this.#opening !== opening) continue;
        this.#opening = undefined;
        if ((await opening.said).kind === "failed") await sleep(pauseMs * (0.5 + random()), signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #open(): Opening {
    this.#opening?.stop.abort();
    const stop = new AbortController();
    const said = Promise.withResolvers<Said>();
    const signal = AbortSignal.any([stop.signal, this.#options.signal]);
    const opening = { askedAtMs: this.#nowMs(), stop, said: said.promise, over: this.#listen(signal, said.resolve) };
    this.#opening = opening;
    return opening;
  }

  /** Resolves at the stream's end; `say` has been called then. */
  async #listen(signal: AbortSignal, say: (said: Said) => void): Promise<void> {
    const late = setTimeout(() => say({ kind: "untold" }), patienceMs);
    try {
      say(await this.#follow(signal, say));
    } catch (error) {
      say(broken(error instanceof Error ? error.message : "it broke"));
    } finally {
      clearTimeout(late);
    }
  }

  /** Says where the cluster stands, then listens to the end. What it returns counts only if nothing was said. */
  async #follow(signal: AbortSignal, say: (said: Said) => void): Promise<Said> {
    const { cluster, random } = this.#options;
    const { seconds, idleMs } = watchSpan(random);
    const path = `${recordsPath}?${openingQuery(recordName(cluster.plane), seconds)}`;
    const request = { verb: "watch", path, headers: { accept: metadataAccept }, signal } as const;
    const stream = await cluster.own.open(request, { idleMs });
    if (stream.kind === "failed") return stream;
    if (stream.kind === "answered") return this.#refused(stream);
    let record: string | undefined;
    for await (const line of readLines(stream.chunks, lineLimitBytes)) {
      const event = Event.safeParse(parseJson(line)).data;
      if (event === undefined) return broken("it cannot be read");
      const { type, object } = event;
      if (type === "BOOKMARK" && object.metadata?.annotations?.[endMark] === "true")
        say({ kind: "told", resourceVersion: object.metadata.resourceVersion, record });
      else if (type === "ADDED" && object.metadata !== undefined) record = versionOf(object.metadata);
      else if (type === "ERROR") return broken("the server ended it with an error");
    }
    return broken("it ended before it told where the cluster stands");
  }

  /** Not served this way, or not allowed: so it stays until the agent is started again. */
  #refused(answer: Answered): Said {
    if (answer.status === 429 || answer.status >= 500) return classifyAnswer(answer, subject);
    this.#isUntold = true;
    return { kind: "untold" };
  }
}

const subject = { group: "", kind: "ConfigMap" };
const endMark = "k8s.io/initial-events-end";

const Event = z.object({
  type: z.string(),
  object: z.object({
    metadata: z
      .object({
        uid: z.string().optional(),
        resourceVersion: z.string(),
        annotations: z.record(z.string(), z.string()).optional(),
      })
      .optional(),
  }),
});

function openingQuery(name: string, timeoutSeconds: number): string {
  return new URLSearchParams({
    fieldSelector: `metadata.name=${name}`,
    watch: "true",
    sendInitialEvents: "true",
    resourceVersionMatch: "NotOlderThan",
    allowWatchBookmarks: "true",
    timeoutSeconds: String(timeoutSeconds),
  }).toString();
}

function broken(what: string): Failure {
  return { kind: "failed", class: "transient", reason: cutReason(`the watch of the applied record: ${what}`) };
}
