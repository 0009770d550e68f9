/**
 * The fifth step: the health of what was applied, from watches of the kinds that have one. Of each object only its uid,
 * generation and verdict are kept. What was just applied counts as Progressing until the watch shows that very object at that
 * generation: an older one's health is never taken for it. Why a workload is unhealthy, its pods tell (see reasons.ts).
 */
import type { Log } from "../process/log.ts";
import { type Backoff, backoffDelayMs, sleep } from "../process/backoff.ts";
import { redact } from "../process/redact.ts";
import type { KubernetesObject } from "../schemas/object-id.ts";
import type { AppliedObject } from "./applier.ts";
import { assessForAll, assessHealth, hasHealth } from "./health/assess.ts";
import { loading, RulesOfObjects } from "./health/rules-of-objects.ts";
import { isSuccess, resultOf } from "./health/run-once.ts";
import { generationOf, type Verdict } from "./health/verdict.ts";
import type { Kind } from "./inventory.ts";
import { managedFieldsOf, printOfApplied } from "./managed-fields.ts";
import type { Finished } from "./record.ts";
import { Reasons, type ReasonsOptions } from "./reasons.ts";
import type { ObjectHealth } from "./receipt-of.ts";
import type { Target, WatchedObject, WatchEvent } from "./target.ts";

export type ObserverOptions = {
  readonly target: Target;
  readonly log: Log;
  /** Objects whose health may be another now; undefined: of a whole kind. */
  readonly onChange: (id: string | undefined) => void;
  /** A watch broke off: what it shows from now on may be of another target. */
  readonly onGap?: () => void;
  /** An object that runs once has ended. Told again with every list. */
  readonly onFinished?: (id: string, finished: Finished) => void;
  /** How an object that is gone by now ended, if it ran once. */
  readonly finishedOf?: (id: string) => Finished | undefined;
  readonly random: () => number;
  /** Told of every object of every kind, whatever its health: what of it is ours. */
  readonly fields?: FieldWatch;
  /** How patiently reasons are looked for; for tests. */
  readonly reasons?: Partial<Omit<ReasonsOptions, "onChange" | "target" | "log">>;
};

export type FieldWatch = {
  readonly manager: string;
  readonly see: (id: string, uid: string, print: string) => void;
  readonly lose: (id: string, uid: string) => void;
};

type Reduced = Verdict & {
  readonly print: string;
  readonly generation: number | undefined;
  /** What it came to, if it runs once and has ended. */
  readonly result?: string;
  /** The object itself, while the language of its rule is being loaded. */
  readonly unjudged?: KubernetesObject;
};
type Sighting = Omit<Reduced, "print"> & { readonly uid: string };
/** `isOlder`: than the watch of its kind, whose first list therefore knows better. */
type Expected = AppliedObject & { readonly isOlder?: boolean };
type Watch = {
  readonly stop: AbortController;
  readonly done: Promise<void>;
  readonly hasHealth: boolean;
  isListed: boolean;
};

/** Of an object that is watched for its fields alone. */
const notWatched: Verdict = { health: "Unknown" };

const restartBackoff: Backoff = { baseMs: 1000, capMs: 60_000 };

export class Observer implements AsyncDisposable {
  readonly #options: ObserverOptions;
  readonly #watches = new Map<string, Watch>();
  readonly #sightings = new Map<string, Sighting>();
  /** What was applied and not seen yet. */
  readonly #expected = new Map<string, Expected>();
  /** What was applied while its kind was not watched. */
  readonly #early = new Map<string, AppliedObject>();
  readonly #rules: RulesOfObjects;
  readonly #reasons: Reasons;

  constructor(options: ObserverOptions) {
    const { target, log, onChange } = options;
    this.#options = options;
    this.#rules = new RulesOfObjects({
      nowMs: () => performance.now(),
      onLoaded: () => this.#judgeAgain(),
      onFailed: (error) => log.error({ error }, "health rules cannot be read"),
    });
    this.#reasons = new Reasons({ ...options.reasons, target, log, onChange });
  }

  /** Watches exactly these kinds, by `[group/]Kind`: those without a health for their fields alone, if anybody asks for them. */
  watchKinds(kinds: ReadonlyMap<string, Kind>): void {
    for (const [name, watch] of this.#watches) {
      if (!kinds.has(name)) this.#stop(name, watch);
    }
    for (const [name, kind] of kinds) {
      const isWanted = hasHealth(name) || this.#options.fields !== undefined;
      if (isWanted && !this.#watches.has(name)) this.#start(name, kind);
    }
    for (const [id, applied] of this.#early) {
      if (this.#kindOf(id) !== undefined) this.#expected.set(id, { ...applied, isOlder: true });
    }
    this.#early.clear();
  }

  /** An apply answered this: from now on nothing older counts. */
  expect(id: string, applied: AppliedObject): void {
    if (this.#kindOf(id) === undefined) {
      this.#early.set(id, applied);
      return;
    }
    const seen = this.#sightings.get(id);
    if (seen !== undefined && isAnswer(seen, applied)) return;
    this.#expected.set(id, applied);
  }

  /** Undefined for an object of a kind without health, and while its kind was not listed yet. */
  healthOf(id: string): ObjectHealth | undefined {
    const kind = this.#kindOf(id);
    if (kind === undefined) return undefined;
    const expected = this.#expected.get(id);
    if (expected !== undefined) return { health: "Progressing", reason: "applied, not seen yet", uid: expected.uid };
    const seen = this.#sightings.get(id);
    if (seen !== undefined) {
      const { uid } = seen;
      const { health, reason: said } = this.#reasons.explain(id, seen);
      const reason = said === undefined ? undefined : tidy(said);
      return { uid, health, ...(reason === undefined ? {} : { reason }) };
    }
    return kind.isListed ? healthOfGone(this.#options.finishedOf?.(id)) : undefined;
  }

  /** Stops every watch and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    const ends = [...this.#watches.values()].map((watch) => watch.done);
    for (const [name, watch] of this.#watches) this.#stop(name, watch);
    await Promise.all([...ends, this.#reasons[Symbol.asyncDispose]()]);
  }

  #kindOf(id: string): Watch | undefined {
    for (const [name, watch] of this.#watches) {
      if (watch.hasHealth && id.startsWith(`${name}/`)) return watch;
    }
    return undefined;
  }

  #start(name: string, kind: Kind): void {
    const stop = new AbortController();
    const done = this.#follow(name, kind, stop.signal);
    const watch: Watch = { stop, done, hasHealth: hasHealth(name), isListed: false };
    this.#watches.set(name, watch);
  }

  #stop(name: string, watch: Watch): void {
    watch.stop.abort();
    this.#watches.delete(name);
    for (const known of [this.#sightings, this.#expected]) {
      for (const id of known.keys()) {
        if (!id.startsWith(`${name}/`)) continue;
        known.delete(id);
        this.#reasons.forget(id);
      }
    }
  }

  async #follow(name: string, kind: Kind, signal: AbortSignal): Promise<void> {
    const { target, log, random } = this.#options;
    // The first event may come before the watch is in the table.
    await Promise.resolve();
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        const reduce = (object: KubernetesObject): Reduced => this.#reduce(name, object);
        const detail = hasHealth(name) ? "whole" : "metadata";
        await target.watch({ ...kind, detail, reduce, onEvent: (event) => this.#see(name, event), signal });
      } catch (error) {
        if (!signal.aborted) log.warn({ error }, `the watch of ${name} ended`);
      }
      if (!signal.aborted) await sleep(backoffDelayMs(restartBackoff, failures, random), signal).catch(() => undefined);
    }
  }

  #see(name: string, event: WatchEvent): void {
    switch (event.kind) {
      case "listed": {
        const watch = this.#watches.get(name);
        if (watch !== undefined) watch.isListed = true;
        this.#forgetOlder(name);
        for (const object of event.objects) this.#sight(name, object);
        this.#options.onChange(undefined);
        return;
      }
      case "changed":
        this.#sight(name, event.object);
        this.#options.onChange(event.object.id);
        return;
      case "gone":
        if (this.#sightings.get(event.id)?.uid === event.uid) {
          this.#sightings.delete(event.id);
          this.#reasons.forget(event.id);
        }
        if (this.#expected.get(event.id)?.uid === event.uid) this.#expected.delete(event.id);
        this.#options.onChange(event.id);
        this.#options.fields?.lose(event.id, event.uid);
        return;
      case "failed":
        this.#options.log.warn({ kind: name, reason: event.reason }, "a watch sees nothing for now");
        this.#options.onGap?.();
    }
  }

  #forgetOlder(name: string): void {
    for (const [id, { isOlder = false }] of this.#expected) {
      if (isOlder && id.startsWith(`${name}/`)) this.#expected.delete(id);
    }
  }

  #reduce(kind: string, object: KubernetesObject): Reduced {
    const { fields } = this.#options;
    const verdict = hasHealth(kind) ? this.#judge(kind, object) : notWatched;
    const result = resultOf(kind, object);
    return {
      ...verdict,
      ...(verdict.reason === undefined ? {} : { reason: tidy(verdict.reason) }),
      generation: generationOf(object),
      print: fields === undefined ? "" : printOfApplied(managedFieldsOf(object), fields.manager),
      ...(result === undefined ? {} : { result }),
      ...(verdict === loading ? { unjudged: object } : {}),
    };
  }

  #judge(kind: string, object: KubernetesObject): Verdict {
    return assessForAll(object) ?? this.#rules.judge(kind, object, assessHealth(kind, object));
  }

  /** The language of rules is there now. */
  #judgeAgain(): void {
    for (const name of this.#watches.keys()) {
      for (const [id, { unjudged, uid }] of this.#sightings) {
        if (unjudged === undefined || !id.startsWith(`${name}/`)) continue;
        const { print: _, ...judged } = this.#reduce(name, unjudged);
        this.#keep(name, id, { ...judged, uid });
        this.#options.onChange(id);
      }
    }
  }

  #keep(kind: string, id: string, sighting: Sighting): void {
    const { uid, result, health, reason, generation } = sighting;
    const before = this.#sightings.get(id);
    this.#sightings.set(id, sighting);
    const cause = before?.uid === uid && before.generation === generation ? "fault" : "change";
    const [namespace, ...name] = id.slice(kind.length + 1).split("/");
    const verdict: Verdict = reason === undefined ? { health } : { health, reason };
    this.#reasons.consider({ id, kind, namespace: name.length === 0 ? undefined : namespace, uid, verdict, cause });
    if (result !== undefined) this.#options.onFinished?.(id, { uid, result });
  }

  #sight(kind: string, { id, uid, reduced }: WatchedObject): void {
    const { print, ...seen } = reduced as Reduced;
    this.#options.fields?.see(id, uid, print);
    if (this.#kindOf(id) === undefined) return;
    const sighting = { ...seen, uid };
    const expected = this.#expected.get(id);
    // The watch goes forward only: what follows the expected object is newer than it, whatever its uid.
    const isFollower = expected !== undefined && this.#sightings.get(id)?.uid === expected.uid && uid !== expected.uid;
    if (expected !== undefined && (isFollower || isAnswer(sighting, expected))) this.#expected.delete(id);
    this.#keep(kind, id, sighting);
  }
}

const longestReason = 600;

/** Controllers write what they were told, a URL with its password, say. Masked before it is cut, or a half might stay. */
function tidy(reason: string): string {
  const masked = redact(reason.slice(0, 10 * longestReason));
  return masked.length <= longestReason ? masked : `${masked.slice(0, longestReason)} …`.toWellFormed();
}

/** What has run to its end may go: its time to live is over, or somebody has tidied up. */
function healthOfGone(finished: Finished | undefined): ObjectHealth {
  if (finished === undefined) return { health: "Missing", reason: "is not there" };
  const { uid, result } = finished;
  return isSuccess(result)
    ? { uid, health: "Healthy" }
    : { uid, health: "Degraded", reason: `ended as ${result} and is gone` };
}

function isAnswer(seen: Sighting, expected: AppliedObject): boolean {
  if (seen.uid !== expected.uid) return false;
  if (seen.generation === undefined || expected.generation === undefined) return true;
  return seen.generation >= expected.generation;
}
