/** The loop of an agent that holds its plane: looks where the branch is, brings the target there, tells, and waits. */
import type { Oid } from "../git/repository.ts";
import { backoffDelayMs } from "../process/backoff.ts";
import type { Bell } from "../process/bell.ts";
import { planeRef, receiptsRef } from "../schemas/layout.ts";
import type { Change } from "./change.ts";
import { tellEncryption } from "./encryption.ts";
import { isDamage, type Refused } from "./fetch.ts";
import type { Hint } from "./hint.ts";
import { reconcile, type Reconciled, type Stuck } from "./reconcile.ts";
import { requestsBetween } from "./requests.ts";
import type { Paces, Running } from "./running.ts";
import { showStanding, tellReconciled } from "./tell.ts";
import { tryFetch } from "./try-fetch.ts";

const defaultRetry: Paces = { soon: { baseMs: 2000, capMs: 60_000 }, later: { baseMs: 60_000, capMs: 600_000 } };

type Wakes = { readonly bell: Bell; readonly hint: Hint };

/** What the last round left: where it stood and when it is worth another try; `anew` is later, with everything fetched again. */
type Standing = {
  readonly tip: Oid | undefined;
  readonly retry: "none" | "soon" | "later" | "anew";
  readonly failures: number;
};

/** Rounds, until aborted or until what is held is not the same any more. Without Git it goes on from the local clone. */
export async function follow(running: Running, { bell, hint }: Wakes): Promise<void> {
  const { agent, pollMs, random, retry = defaultRetry } = running;
  const { signal } = agent.applier;
  let standing: Standing = { tip: undefined, retry: "none", failures: 0 };
  let retryAtMs = Number.POSITIVE_INFINITY;
  while (!signal.aborted) {
    hint.settle();
    await recordFinished(running);
    const isDue = performance.now() >= retryAtMs;
    const tip = await lookForTip(running, { isAnew: isDue && standing.retry === "anew" });
    if (signal.aborted || (await isOver(running))) return;
    if (tip !== undefined && (tip !== standing.tip || isDue)) {
      standing = await round(running, { hint, tip, before: standing });
      retryAtMs = performance.now() + retryDelayMs(retry, standing, random);
    }
    await lookAtEncryption(running);
    if (signal.aborted) return;
    // Between half and one and a half polls, so that agents that started together do not ask together.
    const jitteredMs = pollMs * (0.5 + random());
    // Without a branch there is nothing to try again, however long that has been due.
    const untilRetryMs = tip === undefined ? jitteredMs : Math.max(0, retryAtMs - performance.now());
    await bell.wait(Math.min(jitteredMs, untilRetryMs), signal);
  }
}

/** Whether the plane is another's to write now, or the target another: nothing that is known here counts any more. */
async function isOver({ agent, doubt, log, receiptsHead, reporter, tenure }: Running): Promise<boolean> {
  const { applier, memory } = agent;
  const head = await receiptsHead.read();
  if (tenure.judge(head?.plane) !== "holds") return true;
  if (tenure.isAsked(head?.plane)) reporter.answer();
  const why = await doubt.settle(memory.keeper, applier.signal);
  if (why !== undefined) log.warn({ reason: why }, "the target is not what it was; looking at all of it anew");
  return why !== undefined;
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

/** Also between revisions: nobody pushes when a node joins without a key. */
async function lookAtEncryption(running: Running): Promise<void> {
  try {
    await tellEncryption(running);
  } catch (error) {
    if (!running.agent.applier.signal.aborted)
      running.log.error({ error }, "the encryption between nodes is not known");
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
  const fetched = await tryFetch([ref, receiptsRef(agent.plane)], { ...running, isAnew });
  const local = await agent.repository.readRef(ref);
  if (fetched === undefined || fetched.get(ref) !== undefined) return local;
  const reason = "the plane's branch is gone from the repository; everything stays as it is";
  log.warn(reason);
  const revision = reporter.appliedRevision ?? local;
  if (revision !== undefined) reporter.tellAbout({ refused: { revision, reason } });
  await showStanding(running);
  return undefined;
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
