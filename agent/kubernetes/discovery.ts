/**
 * Which kinds the API server serves: one document for the core group and one for all others, kept with their ETags, asked
 * again on demand and after a miss. A group whose own server is down is a failure, never a kind that is not served.
 */
import type { Failure } from "../target.ts";
import { classifyAnswer } from "./api-status.ts";
import type { Connection } from "./connection.ts";
import {
  apiVersionKey,
  type DiscoveryDocument,
  parseDiscovery,
  resourceKey,
  type ServedResource,
} from "./parse-discovery.ts";

export type Lookup =
  | { readonly kind: "served"; readonly resource: ServedResource }
  | { readonly kind: "not-served" }
  | Failure;

export type KindName = { readonly group: string; readonly version: string; readonly kind: string };

/** How fresh an answer must be: `cached` asks again only after a miss, and then at most once in a few seconds. */
export type Freshness = "cached" | "fresh";

const accept = ["v2", "v2beta1"]
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .join(",");

const missWindowMs = 3000;

type DiscoveryOptions = {
  readonly connection: Connection;
  /** Ends the requests, which callers share and none of them may end. */
  readonly signal: AbortSignal;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
};

export class Discovery {
  readonly #core: DiscoveryCache;
  readonly #groups: DiscoveryCache;

  constructor(options: DiscoveryOptions) {
    this.#core = new DiscoveryCache("/api", options);
    this.#groups = new DiscoveryCache("/apis", options);
  }

  async find(
    name: KindName,
    wanted: { readonly signal: AbortSignal; readonly freshness?: Freshness },
  ): Promise<Lookup> {
    return this.#cacheOf(name.group).find((document) => lookUp(document, name), wanted);
  }

  /** The kind in this version or, where it is gone, in another: an object outlives a version that is no longer served. */
  async findAnyVersion(name: KindName, wanted: { readonly signal: AbortSignal }): Promise<Lookup> {
    return this.#cacheOf(name.group).find((document) => lookUpAnyVersion(document, name), wanted);
  }

  /** Every kind, stale groups included with what is last known of them, as `[group/]version/Kind` in code unit order. */
  async list({ signal }: { readonly signal: AbortSignal }): Promise<readonly string[] | Failure> {
    const documents = [await this.#core.read({ signal }), await this.#groups.read({ signal })];
    const keys: string[] = [];
    for (const document of documents) {
      if ("kind" in document) return document;
      keys.push(...document.resources.keys());
    }
    return keys.sort();
  }

  /** Every resource whose objects are kept, once whatever versions it has, as the server serves it now. A stale group is a failure. */
  async listKept({ signal }: { readonly signal: AbortSignal }): Promise<readonly ServedResource[] | Failure> {
    const kept = new Map<string, ServedResource>();
    for (const cache of [this.#core, this.#groups]) {
      const document = await cache.read({ signal, freshness: "fresh" });
      if ("kind" in document) return document;
      const [stale] = document.stale;
      if (stale !== undefined) return staleFailure(stale);
      for (const resource of document.resources.values()) {
        const name = `${resource.group}/${resource.plural}`;
        if (resource.isKept && !kept.has(name)) kept.set(name, resource);
      }
    }
    return [...kept.values()];
  }

  /** A path that discovery gave was not found: the next question is asked anew. */
  forget(group: string): void {
    this.#cacheOf(group).forget();
  }

  #cacheOf(group: string): DiscoveryCache {
    return group === "" ? this.#core : this.#groups;
  }
}

function lookUp(document: DiscoveryDocument, name: KindName): Lookup {
  const apiVersion = apiVersionKey(name.group, name.version);
  if (document.stale.has(apiVersion)) return staleFailure(apiVersion);
  const resource = document.resources.get(resourceKey(name));
  return resource === undefined ? { kind: "not-served" } : { kind: "served", resource };
}

function lookUpAnyVersion(document: DiscoveryDocument, name: KindName): Lookup {
  const exact = lookUp(document, name);
  if (exact.kind !== "not-served") return exact;
  const other = [...document.resources.values()].find(
    (resource) =>
      resource.group === name.group &&
      resource.kind === name.kind &&
      !document.stale.has(apiVersionKey(resource.group, resource.version)),
  );
  if (other !== undefined) return { kind: "served", resource: other };
  const stale = [...document.stale].find((apiVersion) => apiVersion.startsWith(`${name.group}/`));
  return stale === undefined ? { kind: "not-served" } : staleFailure(stale);
}

function staleFailure(apiVersion: string): Failure {
  return { kind: "failed", class: "transient", reason: `discovery of ${apiVersion} is stale: its API server is down` };
}

class DiscoveryCache {
  readonly #path: string;
  readonly #options: DiscoveryOptions;
  #document: DiscoveryDocument | undefined;
  #etag: string | undefined;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #running: Promise<Failure | undefined> | undefined;
  #next: Promise<Failure | undefined> | undefined;

  constructor(path: string, options: DiscoveryOptions) {
    this.#path = path;
    this.#options = options;
  }

  async find(
    look: (document: DiscoveryDocument) => Lookup,
    { signal, freshness = "cached" }: { readonly signal: AbortSignal; readonly freshness?: Freshness },
  ): Promise<Lookup> {
    const first = await this.read({ signal, freshness });
    if ("kind" in first) return first;
    const found = look(first);
    const isRecent = this.#options.now() - this.#askedAtMs < missWindowMs;
    if (found.kind === "served" || freshness === "fresh" || isRecent) return found;
    const second = await this.read({ signal, freshness: "fresh" });
    return "kind" in second ? second : look(second);
  }

  async read({
    signal,
    freshness = "cached",
  }: {
    readonly signal: AbortSignal;
    readonly freshness?: Freshness;
  }): Promise<DiscoveryDocument | Failure> {
    signal.throwIfAborted();
    if (this.#document !== undefined && freshness === "cached") return this.#document;
    const answer = freshness === "fresh" ? this.#refresh() : (this.#running ?? this.#start());
    const failure = await untilAborted(answer, signal);
    // Without a document after a success, it was forgotten meanwhile: whoever asks next asks again.
    return failure ?? this.#document ?? staleFailure(this.#path);
  }

  forget(): void {
    this.#askedAtMs = Number.NEGATIVE_INFINITY;
    this.#document = undefined;
    this.#etag = undefined;
  }

  /** One request at a time, shared by all who ask before it starts; who asks during one gets the next, for it began earlier. */
  #refresh(): Promise<Failure | undefined> {
    if (this.#running === undefined) return this.#start();
    this.#next ??= this.#running.then(() => this.#start());
    return this.#next;
  }

  #start(): Promise<Failure | undefined> {
    this.#next = undefined;
    this.#running = this.#askUntilClosed().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Whoever asked may have left by now, so the end of the target is answered and not thrown. */
  async #askUntilClosed(): Promise<Failure | undefined> {
    try {
      return await this.#ask();
    } catch (error) {
      if (!this.#options.signal.aborted) throw error;
      return { kind: "failed", class: "transient", reason: "the target is closed" };
    }
  }

  async #ask(): Promise<Failure | undefined> {
    const { connection, signal, now } = this.#options;
    this.#askedAtMs = now();
    const known = this.#document === undefined ? undefined : this.#etag;
    const headers = { accept, ...(known === undefined ? {} : { "if-none-match": known }) };
    const answer = await connection.send({ verb: "get", path: this.#path, headers, signal });
    if (answer.kind === "failed") return answer;
    if (answer.status === 304 && this.#document !== undefined) return undefined;
    if (answer.status !== 200) {
      // Discovery is no manifest: whatever the server says, it may be asked again.
      return { ...classifyAnswer(answer, { group: "", kind: "" }), class: "transient" };
    }
    const document = parseDiscovery(answer.body);
    if (document === undefined) {
      const reason = `${this.#path} answered without aggregated discovery, which needs Kubernetes 1.27 or newer`;
      return { kind: "failed", class: "transient", reason };
    }
    this.#document = document;
    const etag = answer.headers["etag"];
    this.#etag = typeof etag === "string" ? etag : undefined;
    return undefined;
  }
}

/** The shared work goes on for the others; only this caller stops waiting. */
async function untilAborted<T>(shared: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([shared, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
