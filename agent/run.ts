/**
 * The agent as a running program: fetch, reconcile, report, wait; until told to stop. Nothing here decides anything. Without
 * Git it goes on from the local clone; without the target it says so and tries again.
 */
import { GitError, type Oid, type Repository } from "../git/repository.ts";
import { type Backoff, backoffDelayMs } from "../process/backoff.ts";
import type { Log } from "../process/log.ts";
import { planeRef, receiptsRef } from "../schemas/layout.ts";
import type { Applier } from "./applier.ts";
import type { Change } from "./change.ts";
import { Bell } from "../process/bell.ts";
import { isDamage, type Refused } from "./fetch.ts";
import { driftModeOf } from "./drift-mode.ts";
import { DriftGuard } from "./drift/guard.ts";
import { type FieldWatch, Observer } from "./observe.ts";
import { readReceipts } from "./receipts.ts";
import { type RequestsByVerb, requestsBetween } from "./requests.ts";
import { type Agent, reconcile, type Reconciled, type Stuck } from "./reconcile.ts";
import { type ReporterOptions, Reporter } from "./report.ts";
import { refreshReceipts, showStanding, tellReconciled } from "./tell.ts";
import { keepTidy } from "../process/upkeep.ts";
import { listenForWakes, type Wake, type WakeOptions } from "./wake.ts";

export type RunOptions = {
  readonly agent: Agent;
  readonly agentVersion: string;
  readonly instance: string;
  readonly log: Log;
  readonly now: () => Date;
  readonly random: () => number;
  /** Between looks at the branch; jittered. */
  readonly pollMs: number;
  readonly wake: Pick<WakeOptions, "url" | "authorization"> | undefined;
  /** Requests to the target since the start, for the log. */
  readonly requestsByVerb?: (() => RequestsByVerb) | undefined;
  /** Tidies the local clone. */
  readonly maintain?: (() => Promise<unknown>) | undefined;
  readonly pace?: ReporterOptions["pace"] | undefined;
  readonly retry?: Paces | undefined;
};

type Paces = { readonly soon: Backoff; readonly later: Backoff };

export type Running = RunOptions & {
  readonly observer: Observer;
  readonly guard: DriftGuard;
  readonly reporter: Reporter;
};

const defaultRetry: Paces = { soon: { baseMs: 2000, capMs: 60_000 }, later: { baseMs: 60_000, capMs: 600_000 } };

/** Runs until the agent's signal is aborted; then ends what is under way and returns. */
export async function runAgent(options: RunOptions): Promise<void> {
  const { log, random } = options;
  const { repository, plane, applier } = options.agent;
  const { signal, target } = applier;
  const bell = new Bell();
  const hint = new Hint(bell);
  const isReached = await tryFetch(repository, [planeRef(plane), receiptsRef(plane)], options);
  if (isReached === undefined) log.warn("the repository is not reachable; going on from the local clone");
  const reporter = new Reporter({ ...options, repository, plane }, await readReceipts(repository, plane));
  const onChange = (id: string | undefined): void =>
    refreshReceipts({ agent: options.agent, observer, guard, reporter }, id);
  await using guard = openGuard(options, onChange);
  const fields: FieldWatch = {
    manager: target.fieldManager,
    see: (id, uid, print) => guard.see(id, uid, print),
    lose: (id, uid) => guard.lose(id, uid),
  };
  const { inventory, memory } = options.agent;
  await using observer = new Observer({
    target,
    log,
    random,
    onChange,
    onFinished: (id, finished) => {
      if (inventory.claimants(id).length > 0 && memory.keeper.note(id, finished)) bell.ring();
    },
    finishedOf: (id) => memory.keeper.finishedOf(id),
    fields,
  });
  // As each apply answers and not after the round: what went meanwhile would be waited for, for ever.
  const onApplied: Applier["onApplied"] = (id, applied) => {
    observer.expect(id, applied);
    guard.expect(id, applied);
  };
  const agent: Agent = { ...options.agent, turns: guard.turns, applier: { ...applier, onApplied } };
  const running = { ...options, agent, observer, guard, reporter };
  const ending = new AbortController();
  const background = startBackground(running, hint, AbortSignal.any([signal, ending.signal]));
  try {
    await follow(running, { bell, hint });
  } finally {
    ending.abort();
    await Promise.all(background);
  }
}

function openGuard({ agent, log, random }: RunOptions, onChange: (id: string) => void): DriftGuard {
  const { applier, ceiling, inventory, memory, plane, repository, standing } = agent;
  return new DriftGuard({
    ceiling,
    target: applier.target,
    repository,
    plane,
    log,
    random,
    nowMs: () => performance.now(),
    claimOf: (id) => (standing.unsettled.has(id) ? undefined : inventory.claimOf(id)),
    modeOf: (path) => (standing.settings === undefined ? undefined : driftModeOf(standing.settings, path)),
    isFinished: (id) => memory.keeper.finishedOf(id) !== undefined,
    onChange,
  });
}

const upkeepEveryMs = 3_600_000;

/** What goes on beside the rounds; each ends by itself once aborted. */
function startBackground(running: Running, hint: Hint, signal: AbortSignal): readonly Promise<void>[] {
  const { agent, log, maintain, random, reporter, wake } = running;
  const onWake = ({ ref, oid }: Wake): void => {
    if (ref === planeRef(agent.plane)) hint.give(oid);
  };
  return [
    reporter.run(signal),
    ...(wake === undefined ? [] : [listenForWakes({ ...wake, onWake, log, signal, random })]),
    ...(maintain === undefined ? [] : [keepTidy({ maintain, everyMs: upkeepEveryMs, log, signal })]),
  ];
}

/** The newest oid that a wake named. One that comes during a reconcile ends its waits and is looked at right after it. */
class Hint {
  readonly #bell: Bell;
  #oid: Oid | undefined;
  #current: { readonly revision: Oid; readonly newer: AbortController } | undefined;

  constructor(bell: Bell) {
    this.#bell = bell;
  }

  give(oid: Oid): void {
    this.#oid = oid;
    if (this.#current !== undefined && this.#current.revision !== oid) this.#current.newer.abort();
    this.#bell.ring();
  }

  /** A revision is being reconciled now: the signal tells when a newer one is known. */
  begin(revision: Oid): AbortSignal {
    const newer = new AbortController();
    this.#current = { revision, newer };
    if (this.#oid !== undefined && this.#oid !== revision) newer.abort();
    return newer.signal;
  }

  end(): void {
    this.#current = undefined;
  }

  /** The branch was looked at and stands here, so an older hint says nothing any more. */
  settle(): void {
    this.#oid = undefined;
  }
}

type Wakes = { readonly bell: Bell; readonly hint: Hint };

/** What the last round left: where it stood and when it is worth another try; `anew` is later, with everything fetched again. */
type Standing = {
  readonly tip: Oid | undefined;
  readonly retry: "none" | "soon" | "later" | "anew";
  readonly failures: number;
};

async function follow(running: Running, { bell, hint }: Wakes): Promise<void> {
  const { agent, pollMs, random, retry = defaultRetry } = running;
  const { signal } = agent.applier;
  let standing: Standing = { tip: undefined, retry: "none", failures: 0 };
  let retryAtMs = Number.POSITIVE_INFINITY;
  while (!signal.aborted) {
    hint.settle();
    await recordFinished(running);
    const isDue = performance.now() >= retryAtMs;
    const tip = await lookForTip(running, { isAnew: isDue && standing.retry === "anew" });
    if (tip !== undefined && (tip !== standing.tip || isDue)) {
      standing = await round(running, { hint, tip, before: standing });
      retryAtMs = performance.now() + retryDelayMs(retry, standing, random);
    }
    if (signal.aborted) return;
    // Between half and one and a half polls, so that agents that started together do not ask together.
    const jitteredMs = pollMs * (0.5 + random());
    // Without a branch there is nothing to try again, however long that has been due.
    const untilRetryMs = tip === undefined ? jitteredMs : Math.max(0, retryAtMs - performance.now());
    await bell.wait(Math.min(jitteredMs, untilRetryMs), signal);
  }
}

/** What has ended since the last round is recorded now: it must not run again, whatever becomes of this process. */
async function recordFinished({ agent, log }: Running): Promise<void> {
  try {
    const outcome = await agent.memory.keeper.flush(agent.applier.signal);
    if (outcome === undefined || outcome.kind === "written") return;
    log.warn({ outcome: outcome.kind }, "what has ended could not be recorded; trying again");
  } catch (error) {
    if (!agent.applier.signal.aborted) throw error;
  }
}

/** At least half of the bound: full jitter may answer nearly nothing, and this is a pause rather than a race. */
function retryDelayMs(paces: Paces, { failures, retry }: Standing, random: () => number): number {
  if (retry === "none") return Number.POSITIVE_INFINITY;
  const { baseMs, capMs } = retry === "soon" ? paces.soon : paces.later;
  return (
    Math.min(capMs, baseMs * 2 ** Math.min(failures, 20)) / 2 + backoffDelayMs({ baseMs, capMs }, failures, random) / 2
  );
}

/** As findTip; what goes wrong in the local clone is said, and looked at again with the next poll. */
async function lookForTip(running: Running, { isAnew }: { readonly isAnew: boolean }): Promise<Oid | undefined> {
  try {
    return await findTip(running, isAnew);
  } catch (error) {
    if (!running.agent.applier.signal.aborted) running.log.error({ error }, "the local clone cannot be read");
    return undefined;
  }
}

/** Where the plane's branch stands, from the remote or else from here. Undefined: there is none, and all stays as it is. */
async function findTip(running: Running, isAnew: boolean): Promise<Oid | undefined> {
  const { agent, log, reporter } = running;
  const ref = planeRef(agent.plane);
  const fetched = await tryFetch(agent.repository, [ref], { ...running, isAnew });
  const local = await agent.repository.readRef(ref);
  if (fetched === undefined || fetched.get(ref) !== undefined) return local;
  const reason = "the plane's branch is gone from the repository; everything stays as it is";
  log.warn(reason);
  const revision = reporter.appliedRevision ?? local;
  if (revision !== undefined) reporter.tellAbout({ refused: { revision, reason } });
  await showStanding(running);
  return undefined;
}

/** Undefined when the remote cannot be asked or what it offers cannot be had. */
async function tryFetch(
  repository: Repository,
  refs: readonly string[],
  { agent, log, isAnew = false }: Pick<RunOptions, "agent" | "log"> & { readonly isAnew?: boolean },
): Promise<ReadonlyMap<string, Oid | undefined> | undefined> {
  const { signal } = agent.applier;
  try {
    return await repository.fetch(refs, { signal, isAnew });
  } catch (error) {
    if (signal.aborted) return undefined;
    if (!(error instanceof GitError)) throw error;
    log.warn({ code: error.code, reason: error.message.slice(0, 500) }, "cannot fetch");
    return undefined;
  }
}

type Round = { readonly hint: Hint; readonly tip: Oid; readonly before: Standing };

async function round(running: Running, { hint, tip, before }: Round): Promise<Standing> {
  const { agent, log, requestsByVerb = () => new Map<string, number>() } = running;
  const failures = tip === before.tip ? before.failures + 1 : 0;
  const requestsBefore = new Map(requestsByVerb());
  try {
    const result = await reconcile(agent, tip, hint.begin(tip));
    if (result.kind === "reconciled") {
      const { sequence } = result.verified;
      const requests = requestsBetween(requestsBefore, requestsByVerb());
      log.info({ revision: tip, sequence, requests }, "applied the revision");
    }
    return { tip, failures, retry: await conclude(running, result) };
  } catch (error) {
    if (!agent.applier.signal.aborted) log.error({ error }, "the round broke off; trying again");
    return { tip, failures, retry: isDamage(error) ? "anew" : "soon" };
  } finally {
    hint.end();
  }
}

/** Tells what came of a round, and when to try the same revision again. */
async function conclude(running: Running, result: Reconciled | Refused | Stuck): Promise<Standing["retry"]> {
  const { log, reporter } = running;
  switch (result.kind) {
    case "reconciled":
      await tellReconciled(running, result);
      return retryOf(result);
    case "refused": {
      const { revision, mayPass } = result;
      const reason = mayPass ? `${result.reason}; it is fetched again` : result.reason;
      log.error({ revision, reason }, "refused the revision; the last good state stays");
      reporter.tellAbout({ refused: { revision, reason } });
      await showStanding(running);
      return mayPass ? "anew" : "none";
    }
    case "stuck":
      log.error({ reason: result.reason }, "nothing can be done");
      await showStanding(running);
      return "soon";
  }
}

function retryOf({ changes, plan }: Reconciled): Standing["retry"] {
  const mayPass = ({ class: failure }: Change): boolean => failure === "transient" || failure === "blocked";
  const isUnsure = plan.steps.some((step) => step.action === "skip" && step.of !== "replace" && step.mayPass === true);
  if (isUnsure || changes.some(mayPass) || plan.invalid.some((path) => path.mayPass)) return "soon";
  return changes.some(({ outcome }) => outcome === "failed") ? "later" : "none";
}
