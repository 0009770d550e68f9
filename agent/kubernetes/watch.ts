/**
 * Follows this plane's objects of one kind in every namespace, or everything of it in one, until told to stop: a paged list, then a watch from its
 * resourceVersion, reopened where it ended, listed anew after a 410 (Kubernetes: "API concepts, Efficient detection of
 * changes"). Of each object only id and uid stay here, so that what a new list lacks can be told as gone.
 */
import { type Backoff, backoffDelayMs, sleep } from "../../process/backoff.ts";
import { labelKeys } from "../../schemas/labels.ts";
import { planeKey } from "../../schemas/layout.ts";
import type { Failure, WatchedObject, WatchRequest } from "../target.ts";
import { classifyAnswer, cutReason } from "./api-status.ts";
import type { Cluster } from "./cluster.ts";
import type { LookBack } from "./look-back.ts";
import { metadataAccept, metadataListAccept } from "./object-metadata.ts";
import type { ServedResource } from "./parse-discovery.ts";
import { readLines, TooLargeError } from "./read-body.ts";
import { collectionPath } from "./resource-path.ts";
import { type Arrival, readListPage, readStreamEvent } from "./watch-event.ts";
import { watchSpan } from "./watch-span.ts";

export type WatchOptions = {
  readonly cluster: Cluster;
  /** Shared by all watches of the cluster. */
  readonly lookBack: LookBack;
  readonly request: WatchRequest;
  readonly backoff: Backoff;
  readonly random: () => number;
};

export const defaultWatchBackoff: Backoff = { baseMs: 1000, capMs: 60_000 };

const pageSize = 500;
/** An object is at most 1.5 MiB in etcd; as JSON it may be several times that. */
const lineLimitBytes = 16 << 20;

/** Resolves once the request's signal is aborted. Throws only what the request's own functions throw. */
export async function watchKind(options: WatchOptions): Promise<void> {
  const { signal } = options.request;
  const watch = new KindWatch(options);
  try {
    await watch.run();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

type StreamEnd =
  /** The server closed it in good order. */
  | { readonly kind: "ended" }
  /** Events were lost: only a new list tells what is. */
  | { readonly kind: "expired" }
  | Failure;

class KindWatch {
  readonly #options: WatchOptions;
  readonly #request: WatchRequest;
  readonly #known = new Map<string, string>();
  #resourceVersion: string | undefined;
  /** When the last round failed, if it did: what answers next may be a server that was restored from a backup. */
  #doubtedAtMs: number | undefined;
  /** Rounds since something was last heard. */
  #fruitless = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#request = options.request;
  }

  async run(): Promise<void> {
    const { signal, onEvent } = this.#request;
    for (;;) {
      signal.throwIfAborted();
      const end = await this.#round();
      signal.throwIfAborted();
      if (end.kind === "failed") onEvent({ kind: "failed", reason: end.reason });
      if (end.kind === "expired") this.#resourceVersion = undefined;
      this.#doubtedAtMs = end.kind === "failed" ? performance.now() : undefined;
      // A watch that ended in good order after saying something is opened again at once: its length was already random.
      if (end.kind !== "ended" || this.#fruitless > 0) await this.#wait();
    }
  }

  async #wait(): Promise<void> {
    const { backoff, random } = this.#options;
    await sleep(backoffDelayMs(backoff, Math.max(0, this.#fruitless - 1), random), this.#request.signal);
  }

  async #round(): Promise<StreamEnd> {
    this.#fruitless += 1;
    const { cluster } = this.#options;
    const lookup = await cluster.discovery.find(this.#request, { signal: this.#request.signal });
    if (lookup.kind === "failed") return lookup;
    if (lookup.kind === "not-served") {
      this.#resourceVersion = undefined;
      return { kind: "failed", class: "blocked", reason: `${this.#request.kind} is not served` };
    }
    if (this.#doubtedAtMs !== undefined && this.#resourceVersion !== undefined) {
      const known = { sinceMs: this.#doubtedAtMs, resourceVersion: this.#resourceVersion };
      const doubt = await this.#lookBack(lookup.resource, known);
      if (doubt !== undefined) return doubt;
    }
    if (this.#resourceVersion === undefined) {
      const failure = await this.#list(lookup.resource);
      if (failure !== undefined) return failure;
    }
    return this.#follow(lookup.resource);
  }

  async #list(resource: ServedResource): Promise<Failure | { readonly kind: "expired" } | undefined> {
    const arrivals: Arrival[] = [];
    let next: string | undefined;
    let resourceVersion: string;
    do {
      const query = { ...this.#selector(), limit: String(pageSize), ...(next === undefined ? {} : { continue: next }) };
      const answer = await this.#options.cluster.connection.send({
        verb: "list",
        path: `${collectionPath(resource, this.#request.everythingIn)}?${new URLSearchParams(query).toString()}`,
        headers: this.#request.detail === "metadata" ? { accept: metadataListAccept } : {},
        signal: this.#request.signal,
      });
      if (answer.kind === "failed") return answer;
      // A continue token lives as long as etcd keeps its revision; half a listing is none.
      if (answer.status === 410) return { kind: "expired" };
      if (answer.status !== 200) return this.#refused(answer, resource);
      const page = readListPage(answer.body, this.#request);
      if (page === undefined) return unreadable(`the list of ${resource.plural} cannot be read`);
      arrivals.push(...page.arrivals);
      next = page.next;
      resourceVersion = page.resourceVersion;
    } while (next !== undefined);
    this.#announce(arrivals.map((arrival) => arrival.object));
    this.#resourceVersion = resourceVersion;
    return undefined;
  }

  /**
   * `expired` when the server is behind what it said before: a watch from there would show nothing until it has caught up,
   * and no answer would say so (etcd: "Restoring with revision bump"). Resource versions are decimal numbers that grow
   * (Kubernetes: "API concepts, Resource versions", comparable since 1.35).
   */
  async #lookBack(
    resource: ServedResource,
    { sinceMs, resourceVersion: known }: { readonly sinceMs: number; readonly resourceVersion: string },
  ): Promise<Failure | { readonly kind: "expired" } | undefined> {
    const said = await this.#options.lookBack.readHistory(resource, { sinceMs, signal: this.#request.signal });
    if (said.kind === "failed") return said;
    if (said.kind === "answered") return this.#refused(said, resource);
    const now = said.resourceVersion;
    const isAhead = /^\d{1,30}$/u.test(now) && /^\d{1,30}$/u.test(known) && BigInt(now) >= BigInt(known);
    return isAhead ? undefined : { kind: "expired" };
  }

  #announce(objects: readonly WatchedObject[]): void {
    const listed = new Map(objects.map((object) => [object.id, object.uid]));
    for (const [id, uid] of this.#known) {
      if (listed.get(id) !== uid) this.#request.onEvent({ kind: "gone", id, uid });
    }
    this.#known.clear();
    for (const [id, uid] of listed) this.#known.set(id, uid);
    this.#request.onEvent({ kind: "listed", objects });
  }

  async #follow(resource: ServedResource): Promise<StreamEnd> {
    const { cluster, random } = this.#options;
    const { seconds, idleMs } = watchSpan(random);
    const query = new URLSearchParams({
      ...this.#selector(),
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: this.#resourceVersion ?? "",
      timeoutSeconds: String(seconds),
    });
    const stream = await cluster.connection.open(
      {
        verb: "watch",
        path: `${collectionPath(resource, this.#request.everythingIn)}?${query.toString()}`,
        headers: this.#request.detail === "metadata" ? { accept: metadataAccept } : {},
        signal: this.#request.signal,
      },
      { idleMs },
    );
    if (stream.kind === "failed") return stream;
    if (stream.kind === "opened") return this.#consume(stream.chunks);
    return stream.status === 410 ? { kind: "expired" } : this.#refused(stream, resource);
  }

  async #consume(chunks: AsyncIterable<Uint8Array>): Promise<StreamEnd> {
    const lines = readLines(brokenAsFailure(chunks, this.#request.signal), lineLimitBytes);
    try {
      for await (const line of lines) {
        const end = this.#take(line);
        if (end !== undefined) return end;
      }
      return { kind: "ended" };
    } catch (error) {
      if (error instanceof StreamBroken) return unreadable(error.message);
      // One event too long for us: the list may have a shorter state of the object.
      if (error instanceof TooLargeError) return this.#lose(error.message);
      throw error;
    }
  }

  #take(line: string): StreamEnd | undefined {
    if (line === "") return undefined;
    const event = readStreamEvent(line, this.#request);
    switch (event.kind) {
      case "unreadable":
        return this.#lose(`an event of ${this.#request.kind} cannot be read`);
      case "error":
        if (event.code === 410) return { kind: "expired" };
        return unreadable(cutReason(event.status.message ?? `the watch ended with an error (${event.code})`));
      case "bookmark":
        break;
      case "changed":
        this.#known.set(event.arrival.object.id, event.arrival.object.uid);
        this.#request.onEvent({ kind: "changed", object: event.arrival.object });
        break;
      case "gone":
        this.#known.delete(event.id);
        this.#request.onEvent({ kind: "gone", id: event.id, uid: event.uid });
        break;
    }
    this.#resourceVersion = event.kind === "changed" ? event.arrival.resourceVersion : event.resourceVersion;
    this.#fruitless = 0;
    return undefined;
  }

  #lose(reason: string): Failure {
    this.#resourceVersion = undefined;
    return unreadable(reason);
  }

  #refused(answer: { readonly status: number; readonly body: unknown }, resource: ServedResource): Failure {
    if (answer.status === 404) {
      this.#options.cluster.discovery.forget(resource.group);
      this.#resourceVersion = undefined;
    }
    return classifyAnswer(answer, resource);
  }

  #selector(): { readonly labelSelector?: string } {
    if (this.#request.everythingIn !== undefined) return {};
    return { labelSelector: `${labelKeys.plane}=${planeKey(this.#options.cluster.plane)}` };
  }
}

function unreadable(reason: string): Failure {
  return { kind: "failed", class: "transient", reason };
}

class StreamBroken extends Error {}

/** Sets a broken connection apart from what the request's own functions throw, which is not ours to catch. */
async function* brokenAsFailure(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (cause) {
    signal.throwIfAborted();
    throw new StreamBroken(cutReason(cause instanceof Error ? cause.message : "the watch broke"), { cause });
  }
}
