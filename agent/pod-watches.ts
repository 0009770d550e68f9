/**
 * Why workloads are unhealthy, from their pods. Pods are watched only in namespaces that hold an unhealthy workload, and only
 * while they do, so an agent whose workloads are well knows nothing of pods. Of a pod only what is wrong with it is kept. An
 * agent that may not see pods works as well, and gives no such reasons.
 */
import type { Log } from "../process/log.ts";
import type { KubernetesObject } from "../schemas/object-id.ts";
import { ownersOfPod } from "./health/owner-of-pod.ts";
import { findPodTrouble, type Trouble } from "./health/pod-trouble.ts";
import { conditionsOf, mappingAt, textOf } from "./health/verdict.ts";
import type { Target, WatchedObject, WatchEvent } from "./target.ts";

export type PodWatchesOptions = {
  readonly target: Target;
  readonly log: Log;
  /** Something is known about a workload, by its id, that was not. */
  readonly onChange: (owner: string) => void;
  /** How long a workload may be unhealthy before anybody asks why: after a change (most rollouts are over by then), and else. */
  readonly graceMs?: Readonly<Record<Cause, number>>;
  /** How long a namespace is watched after its last workload became healthy. Default 30 000. */
  readonly lingerMs?: number;
};

/** What a workload is unhealthy after: a new generation of it, or nothing that anybody did. */
export type Cause = "change" | "fault";

/** Long enough for a small image that is there already, short enough for a person who watches. */
const defaultGraceMs = { change: 2000, fault: 300 };

type Reduced = {
  readonly owners: readonly string[];
  readonly createdAt: string;
  /** Which version of its owner's template it was made of. */
  readonly revision: string;
  readonly isReady: boolean;
  readonly trouble: Trouble | undefined;
};
type Kept = Reduced & { readonly uid: string };
type Newest = Pick<Reduced, "createdAt" | "revision">;
type Watched = {
  readonly stop: AbortController;
  readonly done: Promise<void>;
  /** Pods that are not ready, by id. */
  readonly pods: Map<string, Kept>;
  /** The newest pod of each owner, ready or not: those of older versions say nothing about this one. */
  readonly newest: Map<string, Newest>;
};

/** Namespaces watched at once; workloads of further ones get no reasons until others are well. */
const mostNamespaces = 64;
/** Unready pods kept of one namespace. */
const mostPods = 1000;

export class PodWatches implements AsyncDisposable {
  readonly #options: PodWatchesOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  /** Unhealthy workloads by namespace. */
  readonly #needs = new Map<string, Set<string>>();
  readonly #ending = new Set<Promise<void>>();
  #isDisposed = false;

  constructor(options: PodWatchesOptions) {
    this.#options = options;
  }

  /** A workload of this namespace is unhealthy. */
  need(namespace: string, id: string, cause: Cause): void {
    const needed = this.#needs.get(namespace) ?? new Set();
    const isNew = !needed.has(id);
    const isFirst = needed.size === 0;
    this.#needs.set(namespace, needed.add(id));
    // A fault does not wait until the change of a neighbour has had its time.
    if (!isFirst && !(isNew && cause === "fault")) return;
    this.#cancel(namespace);
    if (this.#watched.has(namespace)) return;
    const graceMs = (this.#options.graceMs ?? defaultGraceMs)[cause];
    this.#later(namespace, graceMs, () => this.#start(namespace));
  }

  /** It is healthy again, or gone. */
  release(namespace: string, id: string): void {
    const needed = this.#needs.get(namespace);
    if (needed?.delete(id) !== true || needed.size > 0) return;
    this.#needs.delete(namespace);
    this.#cancel(namespace);
    if (this.#watched.has(namespace)) {
      this.#later(namespace, this.#options.lingerMs ?? 30_000, () => this.#stop(namespace));
    }
  }

  /** What is wrong with the workload's newest pods; the gravest, of those the newest. */
  troubleOf(namespace: string, owner: string): Trouble | undefined {
    const pods = this.#podsOf(namespace, owner);
    const found = pods.find(({ trouble }) => trouble?.health === "Degraded") ?? pods.find(({ trouble }) => trouble);
    return found?.trouble;
  }

  /** The uid of a pod of the workload that is not ready and does not say why. */
  silentPodOf(namespace: string, owner: string): string | undefined {
    return this.#podsOf(namespace, owner).find(({ trouble }) => trouble === undefined)?.uid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    for (const namespace of this.#timers.keys()) this.#cancel(namespace);
    for (const namespace of this.#watched.keys()) this.#stop(namespace);
    await Promise.all(this.#ending);
  }

  #podsOf(namespace: string, owner: string): readonly Kept[] {
    const watched = this.#watched.get(namespace);
    const newest = watched?.newest.get(owner);
    if (watched === undefined || newest === undefined) return [];
    return [...watched.pods.values()]
      .filter(({ owners, revision }) => owners.includes(owner) && revision === newest.revision)
      .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  }

  #later(namespace: string, delayMs: number, act: () => void): void {
    const run = (): void => {
      this.#timers.delete(namespace);
      act();
    };
    this.#timers.set(namespace, setTimeout(run, delayMs).unref());
  }

  #cancel(namespace: string): void {
    clearTimeout(this.#timers.get(namespace));
    this.#timers.delete(namespace);
  }

  #start(namespace: string): void {
    if (this.#watched.size >= mostNamespaces) return;
    const stop = new AbortController();
    const [pods, newest] = [new Map<string, Kept>(), new Map<string, Newest>()];
    const done = this.#follow(namespace, stop.signal);
    this.#watched.set(namespace, { stop, done, pods, newest });
  }

  #stop(namespace: string): void {
    const watched = this.#watched.get(namespace);
    if (watched === undefined) return;
    this.#watched.delete(namespace);
    watched.stop.abort();
    const ending = watched.done.finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
    const next = [...this.#needs.keys()].find((each) => !this.#watched.has(each) && !this.#timers.has(each));
    if (next !== undefined && !this.#isDisposed) this.#start(next);
  }

  async #follow(namespace: string, signal: AbortSignal): Promise<void> {
    const { target, log } = this.#options;
    let isTold = false;
    const onEvent = (event: WatchEvent): void => {
      if (event.kind !== "failed") return this.#see(namespace, event);
      if (!isTold)
        log.info({ namespace, reason: event.reason }, "pods cannot be seen; health goes without their reasons");
      isTold = true;
    };
    // The first event may come before the watch is in the table.
    await Promise.resolve();
    try {
      const request = { group: "", version: "v1", kind: "Pod", everythingIn: namespace } as const;
      await target.watch({ ...request, reduce: reducePod, onEvent, signal });
    } catch (error) {
      if (!signal.aborted) log.warn({ error, namespace }, "the watch of pods ended");
    }
  }

  #see(namespace: string, event: Exclude<WatchEvent, { kind: "failed" }>): void {
    const watched = this.#watched.get(namespace);
    if (watched === undefined) return;
    const touched = new Set<string>();
    if (event.kind === "gone") forget(watched, event.id, touched);
    else {
      if (event.kind === "listed") for (const id of watched.pods.keys()) forget(watched, id, touched);
      for (const object of event.kind === "listed" ? event.objects : [event.object]) take(watched, object, touched);
    }
    for (const owner of touched) this.#options.onChange(owner);
  }
}

function forget({ pods }: Watched, id: string, touched: Set<string>): void {
  for (const owner of pods.get(id)?.owners ?? []) touched.add(owner);
  pods.delete(id);
}

function take(watched: Watched, { id, uid, reduced }: WatchedObject, touched: Set<string>): void {
  const pod = reduced as Reduced; // made by our own reduce
  for (const owner of pod.owners) {
    const newest = watched.newest.get(owner);
    if (newest === undefined || newest.createdAt <= pod.createdAt) watched.newest.set(owner, pod);
  }
  forget(watched, id, touched);
  if (pod.isReady || watched.pods.size >= mostPods) return;
  watched.pods.set(id, { ...pod, uid });
  for (const owner of pod.owners) touched.add(owner);
}

const revisionLabels = ["pod-template-hash", "controller-revision-hash"];

function reducePod(pod: KubernetesObject): Reduced {
  const { labels = {} } = pod.metadata;
  const revision = revisionLabels.map((label) => labels[label]).find((value) => value !== undefined) ?? "";
  return {
    owners: ownersOfPod(pod),
    createdAt: textOf(pod.metadata["creationTimestamp"]),
    revision,
    isReady: isSettled(pod),
    trouble: findPodTrouble(pod),
  };
}

/** Ready, done, or on its way out: nothing to explain. */
function isSettled(pod: KubernetesObject): boolean {
  const phase = textOf(mappingAt(pod, "status")["phase"]);
  const isReady = conditionsOf(pod).some(({ type, status }) => type === "Ready" && status === "True");
  return isReady || phase === "Succeeded" || pod.metadata["deletionTimestamp"] !== undefined;
}
