/**
 * Adds to the health of a workload why it is unhealthy, from its pods or, where they are silent, from warnings about them or
 * about the workload itself. Costs nothing while everything is well.
 */
import { type EventAsksOptions, EventAsks } from "./event-asks.ts";
import { runsOnce } from "./health/run-once.ts";
import { notSeen, type Verdict } from "./health/verdict.ts";
import { type Cause, type PodWatchesOptions, PodWatches } from "./pod-watches.ts";

export type ReasonsOptions = Omit<PodWatchesOptions, "onChange"> &
  Omit<EventAsksOptions, "onChange"> & {
    /** More is known about an object, by its id. */
    readonly onChange: (id: string) => void;
  };

export type Subject = {
  readonly id: string;
  /** `[group/]Kind`. */
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly uid: string;
  readonly verdict: Verdict;
  readonly cause: Cause;
};

/** Kinds that make pods. */
const workloads: ReadonlySet<string> = new Set([
  "apps/DaemonSet",
  "apps/Deployment",
  "apps/ReplicaSet",
  "apps/StatefulSet",
  "argoproj.io/Workflow",
  "batch/Job",
]);
/** Kinds about which a controller warns by events alone, and not in their status. */
const warnedAbout: ReadonlySet<string> = new Set([
  "Pod",
  "PersistentVolumeClaim",
  "apps/DaemonSet",
  "apps/StatefulSet",
  "batch/Job",
]);

export class Reasons implements AsyncDisposable {
  readonly #pods: PodWatches;
  readonly #events: EventAsks;
  readonly #subjects = new Map<string, Subject>();

  constructor(options: ReasonsOptions) {
    const onChange = (id: string): void => {
      const subject = this.#subjects.get(id);
      if (subject === undefined) return;
      this.#askEvents(subject);
      options.onChange(id);
    };
    this.#pods = new PodWatches({ ...options, onChange });
    this.#events = new EventAsks({ ...options, onChange });
  }

  /** The verdict on an object is this now: if it is unhealthy, its reasons are looked for until it is not. */
  consider(subject: Subject): void {
    const { id, kind, namespace, verdict, cause } = subject;
    const isUnwell = verdict.health === "Progressing" || verdict.health === "Degraded";
    if (!isUnwell || namespace === undefined || !(workloads.has(kind) || warnedAbout.has(kind))) return this.forget(id);
    this.#subjects.set(id, subject);
    if (workloads.has(kind)) this.#pods.need(namespace, id, cause);
    this.#askEvents(subject);
  }

  forget(id: string): void {
    const subject = this.#subjects.get(id);
    if (subject === undefined) return;
    this.#subjects.delete(id);
    this.#pods.release(subject.namespace ?? "", id);
    this.#events.forget(id);
  }

  /** The verdict with what is known beyond it. What runs once is not Degraded before it ended: it may still succeed. */
  explain(id: string, verdict: Verdict): Verdict {
    const subject = this.#subjects.get(id);
    // Until its controller has looked at this generation, all pods are of an older one.
    if (subject === undefined || verdict.reason === notSeen) return verdict;
    const trouble = this.#pods.troubleOf(subject.namespace ?? "", id);
    const why = trouble?.reason ?? this.#events.textOf(id);
    if (why === undefined) return verdict;
    const health = trouble?.health === "Degraded" && !runsOnce(subject.kind) ? "Degraded" : verdict.health;
    return { health, reason: verdict.reason === undefined ? why : `${verdict.reason}; ${why}` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#pods[Symbol.asyncDispose](), this.#events[Symbol.asyncDispose]()]);
  }

  #askEvents({ id, kind, namespace = "", uid }: Subject): void {
    if (this.#pods.troubleOf(namespace, id) !== undefined) return this.#events.forget(id);
    const silent = this.#pods.silentPodOf(namespace, id);
    if (silent !== undefined) this.#events.ask(id, { namespace, uid: silent });
    else if (warnedAbout.has(kind)) this.#events.ask(id, { namespace, uid });
  }
}
