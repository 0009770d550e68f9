/**
 * Keeps the target true between revisions. Watches tell when what a manager applied is not its own any more; the object is then
 * compared with its manifest, what differs is told with who did it, and put right where the environment heals. What was
 * applied by an earlier process is gone through once, kind by kind, hundreds of objects a request.
 */
import type { Log } from "../../process/log.ts";
import { backoffDelayMs } from "../../process/backoff.ts";
import type { Oid, Repository } from "../../git/repository.ts";
import type { Ceiling } from "../../schemas/ceiling.ts";
import type { PlaneId } from "../../schemas/layout.ts";
import type { DriftMode } from "../../schemas/plane-settings.ts";
import type { Drift } from "../../schemas/receipt.ts";
import type { AppliedObject } from "../applier.ts";
import type { Kind } from "../inventory.ts";
import { type ReleaseFile, readReleaseFile } from "../release-file.ts";
import { Slots } from "../slots.ts";
import type { Target } from "../target.ts";
import { Disputes } from "./disputes.ts";
import { type Checked, checkObject } from "./check-object.ts";
import { type LookThrough, lookThrough } from "./look-through.ts";
import { Turns } from "./turns.ts";

export type GuardOptions = {
  readonly target: Target;
  readonly repository: Repository;
  readonly plane: PlaneId;
  readonly ceiling: Ceiling;
  readonly log: Log;
  readonly random: () => number;
  /** Milliseconds of a clock that only goes forward. */
  readonly nowMs: () => number;
  /**
   * Of an object, the only path that claims it and its blob; undefined for what is nobody's or contested, and for what the
   * last plan did not bring to its end: putting that right is a plan's affair, with all that it waits for.
   */
  readonly claimOf: (id: string) => { readonly path: string; readonly oid: Oid } | undefined;
  /** Undefined while nothing is known of the plane's settings: then nothing is done. */
  readonly modeOf: (path: string) => DriftMode | undefined;
  /** Whether an object that runs once has ended, and is not to come again. */
  readonly isFinished: (id: string) => boolean;
  /** The drift of an object is another now. */
  readonly onChange: (id: string) => void;
};

/** `isVerified`: compared with its manifest, or applied by this process. */
type Known = { readonly uid: string; readonly print: string; readonly isVerified: boolean };
type Due = {
  timer: NodeJS.Timeout | undefined;
  failures: number;
  isRunning: boolean;
  /** What a watch has shown since the object was last looked at. */
  shown: string | undefined;
};

const checksAtOnce = 8;
/** How soon an object is looked at again that changes while its drift stands. */
const standingDriftMs = 1000;
const retry = { baseMs: 500, capMs: 60_000 };

export class DriftGuard implements AsyncDisposable {
  readonly #options: GuardOptions;
  readonly turns: Turns;
  readonly #known = new Map<string, Known>();
  readonly #drifts = new Map<string, Drift>();
  readonly #due = new Map<string, Due>();
  readonly #waiting = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  readonly #slots = new Slots(checksAtOnce);
  readonly #disputes: Disputes;
  readonly #ended = new AbortController();
  /** Kinds, each as the start of its objects' ids. */
  readonly #verified: string[] = [];
  #isBegun = false;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#disputes = new Disputes(options.nowMs);
    this.turns = new Turns(() => {
      for (const id of this.#waiting) this.#schedule(id, 0);
      this.#waiting.clear();
    });
  }

  /** An apply of ours answered this: what an object was before it matters no more. */
  expect(id: string, { uid, print = "" }: AppliedObject): void {
    this.#known.set(id, { uid, print, isVerified: true });
    this.#forgetDrift(id);
    this.#cancel(id);
  }

  /** A watch shows the object. */
  see(id: string, uid: string, print: string): void {
    const known = this.#known.get(id);
    if (known === undefined) {
      this.#known.set(id, { uid, print, isVerified: false });
      if (this.isVerified(id)) this.#schedule(id, 0);
    } else if (known.uid !== uid || known.print !== print) {
      this.#schedule(id, 0);
      const due = this.#due.get(id);
      if (due !== undefined) due.shown = shownAs(uid, print);
    } else if (this.#drifts.get(id)?.healed === false && !this.#due.has(id)) {
      // Whoever changed it may have changed it back, of which nothing that is ours tells.
      this.#schedule(id, standingDriftMs);
    }
  }

  /** A watch shows the object no more. */
  lose(id: string, uid: string): void {
    if (this.#known.get(id)?.uid !== uid) return;
    if (this.#options.claimOf(id) === undefined) this.forget(id);
    else this.#schedule(id, 0);
  }

  /** The object is not the plane's any more, or was deleted by the plan. */
  forget(id: string): void {
    this.#known.delete(id);
    this.#cancel(id);
    this.#forgetDrift(id);
  }

  /** What somebody else changed last; undefined when nothing is known of it. */
  driftOf(id: string): Drift | undefined {
    return this.#drifts.get(id);
  }

  /** Whether the object's kind was compared with its manifests, so that no drift means none. */
  isVerified(id: string): boolean {
    return this.#verified.some((kind) => id.startsWith(kind));
  }

  /** Goes once through what this process has not applied itself, in the background. Later calls do nothing. */
  verify(kinds: Iterable<Kind>, claimed: () => Iterable<string>): void {
    if (this.#isBegun) return;
    this.#isBegun = true;
    const { claimOf, log, random, target } = this.#options;
    const looking: LookThrough = {
      target,
      log,
      random,
      claimOf,
      signal: this.#signal,
      readFile: async (path, oid) => await this.#readFile(path, oid),
      onSeen: (seen) => this.#seeStanding(seen),
      onKind: (kind, seen) => this.#conclude(`${kind}/`, seen, claimed()),
    };
    this.#track(lookThrough(looking, kinds));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    for (const id of this.#due.keys()) this.#cancel(id);
    await Promise.allSettled(this.#running);
  }

  #seeStanding({ id, uid, print, isLost }: Parameters<LookThrough["onSeen"]>[0]): void {
    if (this.#known.get(id)?.isVerified === true) return;
    this.#known.set(id, { uid, print, isVerified: true });
    if (isLost) this.#schedule(id, 0);
    else this.#options.onChange(id);
  }

  /** All of a kind was seen: what is claimed and was not, somebody deleted. */
  #conclude(kind: string, seen: ReadonlySet<string>, claimed: Iterable<string>): void {
    this.#verified.push(kind);
    for (const id of claimed) {
      if (!id.startsWith(kind)) continue;
      const known = this.#known.get(id);
      if (known === undefined ? !seen.has(id) : !known.isVerified) this.#schedule(id, 0);
    }
  }

  async #readFile(path: string, oid: Oid): Promise<ReleaseFile> {
    const { ceiling, plane, repository } = this.#options;
    return await readReleaseFile(repository, { plane, ceiling, path, oid });
  }

  get #signal(): AbortSignal {
    return this.#ended.signal;
  }

  #schedule(id: string, delayMs: number): void {
    if (this.#signal.aborted) return;
    const due = this.#due.get(id) ?? { timer: undefined, failures: 0, isRunning: false, shown: undefined };
    clearTimeout(due.timer);
    this.#due.set(id, due);
    const run = (): void => {
      due.timer = undefined;
      this.#track(this.#slots.run(async () => await this.#check(id, due)));
    };
    due.timer = setTimeout(run, delayMs);
  }

  #cancel(id: string): void {
    clearTimeout(this.#due.get(id)?.timer);
    this.#due.delete(id);
    this.#waiting.delete(id);
  }

  #track(work: Promise<void>): void {
    const tracked: Promise<void> = work
      .catch((error: unknown) => {
        if (!this.#signal.aborted) this.#options.log.error({ error }, "looking after drift broke off");
      })
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  async #check(id: string, due: Due): Promise<void> {
    // What is shown while it is looked at is seen to when that ends.
    if (this.#due.get(id) !== due || due.isRunning || this.#signal.aborted) return;
    due.isRunning = true;
    try {
      await this.#checkNow(id, due);
    } finally {
      due.isRunning = false;
    }
  }

  async #checkNow(id: string, due: Due): Promise<void> {
    const claim = this.#options.claimOf(id);
    if (claim === undefined || this.#options.isFinished(id)) {
      this.#due.delete(id);
      return;
    }
    const mode = this.#options.modeOf(claim.path);
    if (mode === undefined) {
      this.#waiting.add(id);
      return;
    }
    const wasTaken = await this.turns.take(claim.path, async () => {
      const file = await this.#readFile(claim.path, claim.oid);
      const manifest = file.kind === "valid" ? file.objects.get(id) : undefined;
      if (manifest === undefined) {
        this.#due.delete(id);
        return;
      }
      due.shown = undefined;
      const { log, target } = this.#options;
      const request = { manifest, path: claim.path, mode, disputes: this.#disputes };
      this.#settle(id, due, await checkObject({ target, log, signal: this.#signal }, request));
    });
    if (!wasTaken) this.#waiting.add(id);
  }

  #settle(id: string, due: Due, checked: Checked): void {
    if (this.#due.get(id) !== due) return;
    this.#cancel(id);
    switch (checked.kind) {
      case "failed": {
        this.#options.log.warn({ reason: checked.reason }, `drift of ${id} cannot be looked at`);
        this.#due.set(id, due);
        this.#schedule(id, backoffDelayMs(retry, due.failures, this.#options.random) + 100);
        due.failures += 1;
        return;
      }
      case "checked": {
        const { uid, print, drift, againMs } = checked;
        if (uid !== undefined) this.#known.set(id, { uid, print, isVerified: true });
        else this.#known.delete(id);
        // What was put right stays told until the next apply; what nobody put right is over when it is not there any more.
        if (drift !== undefined) this.#drifts.set(id, drift);
        else if (this.#drifts.get(id)?.healed === false) this.#forgetDrift(id);
        this.#options.onChange(id);
        // Somebody was at it again while we were.
        const isStale = due.shown !== undefined && due.shown !== shownAs(uid ?? "", print);
        if (isStale || againMs !== undefined) this.#schedule(id, isStale ? 0 : (againMs ?? 0));
      }
    }
  }

  #forgetDrift(id: string): void {
    if (this.#drifts.delete(id)) this.#options.onChange(id);
  }
}

function shownAs(uid: string, print: string): string {
  return `${uid} ${print}`;
}
