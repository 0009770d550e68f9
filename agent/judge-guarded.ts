/**
 * Looks closer at what a plan holds until a person approves: at each live object, and at what would go along with it. What
 * was approved, or needs no approval as it now stands, becomes a prune; the rest makes Holds. Costs requests only where
 * something is held.
 */
import { compareText } from "../schemas/compare.ts";
import { approveCommand, type HeldStep, type Hold } from "../schemas/hold.ts";
import { objectAnnotations } from "../schemas/object-annotations.ts";
import type { Applier } from "./applier.ts";
import { type Approvals, isApproved } from "./approvals.ts";
import { attempt } from "./attempt.ts";
import { isRenderedFor } from "./claims.ts";
import { findHold, type HeldObject, makeHolds, makeUnit, mostHolds } from "./holds.ts";
import { judgeApproved, judgeHolder, type Verdict } from "./judge-holder.ts";
import { type Inventory, kindName } from "./inventory.ts";
import { type Marks, marksOf } from "./marks.ts";
import { holderOf, type PruneRequest, refuseAll } from "./plan-prunes.ts";
import type { HeldReplacement, Plan, SkipStep, Step } from "./step.ts";
import type { LiveMetadata } from "./target.ts";

export type GuardRequest = {
  readonly applier: Omit<Applier, "newer" | "heals" | "mayReplace" | "refuseReplacement">;
  readonly plan: Plan;
  /** What the plan's prunes were decided by. */
  readonly prunes: PruneRequest;
  readonly inventory: Pick<Inventory, "claimedIn" | "kinds">;
  readonly approvals: Approvals;
};

export type Judged = { readonly plan: Plan; readonly holds: readonly Hold[] };

/** More held objects than this are not looked at in one round: the others follow when these are gone. */
const mostLooked = 10_000;

type Guarded = SkipStep | HeldReplacement;

/** Whether a step is held until a person approves it. */
export function isGuarded(step: Step): step is Guarded {
  return step.action === "skip" && (step.of === "replace" || step.guard !== undefined);
}

/** What would be done to the live object. */
function actionOf({ of }: Guarded): HeldStep["action"] {
  return of === "replace" ? "replace" : "prune";
}

/** The plan with the guarded steps decided, each in its place. */
export async function judgeGuarded(request: GuardRequest): Promise<Judged> {
  const { applier, plan, prunes } = request;
  const guarded = plan.steps.filter(isGuarded).sort((a, b) => compareText(a.id, b.id) || compareText(a.path, b.path));
  const verdicts = new Map<Guarded, Verdict>();
  await applier.slots.map(guarded.slice(0, mostLooked), async (step) => verdicts.set(step, await judge(step, request)));
  for (const step of guarded.slice(mostLooked)) verdicts.set(step, { kind: "stuck", reason: laterReason(step) });
  const byNumber = [...verdicts].filter(
    ([step, { kind }]) => isByNumber(step) && (kind === "waits" || kind === "stuck"),
  );
  const replaced = byNumber.filter(([{ of }]) => of === "replace").length;
  const refusal = refuseAll({ pruned: byNumber.length - replaced, replaced }, prunes);
  if (refusal === undefined) {
    for (const [step, verdict] of byNumber) {
      verdicts.set(step, verdict.kind === "waits" ? { kind: "go", uid: verdict.uid } : { kind: "go" });
    }
  }
  const waiting = heldObjects(verdicts);
  const holds = [
    ...makeHolds(waiting.filter(({ step }) => !isByNumber(step))),
    ...makeUnit(
      waiting.filter(({ step }) => isByNumber(step)),
      refusal ?? "",
    ),
  ].slice(0, mostHolds);
  return {
    plan: {
      ...plan,
      steps: plan.steps.map((step) => (isGuarded(step) ? decide(step, verdicts.get(step), holds) : step)),
    },
    holds,
  };
}

function laterReason({ reason }: Guarded): string {
  return `${reason}; it can be approved when the ${mostLooked} before it are gone`;
}

function isByNumber(step: Step): boolean {
  return step.action === "skip" && step.guard === "number";
}

function heldObjects(verdicts: ReadonlyMap<Guarded, Verdict>): readonly (HeldObject & { readonly step: Guarded })[] {
  return [...verdicts].flatMap(([step, verdict]) => {
    if (verdict.kind !== "waits") return [];
    const { kind: _, mayPass: __, ...held } = verdict;
    return [{ ...held, action: actionOf(step), id: step.id, path: step.path, step }];
  });
}

function decide(step: Guarded, verdict: Verdict | undefined, holds: readonly Hold[]): Step {
  if (verdict === undefined) return step;
  const { id, key, path } = step;
  switch (verdict.kind) {
    case "go":
      return release(step, verdict);
    case "in-place":
      return changeInPlace(step);
    case "spared":
      return {
        id,
        key,
        path,
        action: "skip",
        of: "prune",
        outcome: "skipped",
        isForgotten: true,
        reason: verdict.reason,
      };
    case "waits": {
      const hold = findHold(holds, { action: actionOf(step), id, uid: verdict.uid });
      if (hold === undefined) return step;
      return {
        ...step,
        ...timeOf(verdict),
        hold: hold.hash,
        reason: `${verdict.reason}; to approve: ${approveCommand(hold)}`,
      };
    }
    case "stuck":
      return { ...step, ...timeOf(verdict), reason: verdict.reason };
  }
}

function timeOf({ mayPass }: { readonly mayPass?: true }): { readonly mayPass?: true } {
  return mayPass === undefined ? {} : { mayPass };
}

function changeInPlace(step: Guarded): Step {
  if (step.of !== "replace") return step;
  const { of: _, outcome: __, hold: ___, guard: ____, ...wish } = step;
  return { ...wish, action: "configure" };
}

/** What was held, to be done. */
function release(step: Guarded, verdict: Extract<Verdict, { kind: "go" }>): Step {
  const { kind: _, isApproved: wasApproved, ...only } = verdict;
  if (step.of === "replace") {
    const { of: __, outcome: ___, hold: ____, guard: _____, ...wish } = step;
    return { ...wish, action: "replace", ...(only.uid === undefined ? {} : { uid: only.uid }) };
  }
  const { id, key, path } = step;
  const reason = wasApproved === true ? "no longer in the Release, approved" : "no longer in the Release";
  return {
    id,
    key,
    path,
    action: "prune",
    reason,
    ...only,
  };
}

async function judge(step: Guarded, request: GuardRequest): Promise<Verdict> {
  const { applier, approvals } = request;
  const claimed = step.of === "replace" ? undefined : findClaimed(step, request);
  if (claimed !== undefined) return { kind: "stuck", reason: claimed };
  const { target, signal, plane } = applier;
  const live = await patiently(applier, () => target.read(step.key, { signal }));
  if (live.kind === "failed") {
    return { kind: "stuck", reason: `${step.reason}; it cannot be read: ${live.reason}`, mayPass: true };
  }
  // Gone, going, or none of ours: the prune finds out and deletes nothing, save when that has changed by then.
  if (live.kind === "absent") return { kind: "go", isUnlessOurs: true };
  if (live.metadata.deleting) return { kind: "go", uid: live.metadata.uid };
  if (!isRenderedFor(live.metadata, { plane, path: step.path })) return { kind: "go", isUnlessOurs: true };
  const marks = marksOfStep(step, request);
  if (step.of !== "replace" && isAdopted(step, live.metadata, marks)) {
    return { kind: "spared", reason: "it stood before it was ours (adopted), and stays" };
  }
  const { uid } = live.metadata;
  const inPlace = step.of === "replace" ? await judgeChange(step, applier) : undefined;
  if (inPlace !== undefined) return inPlace;
  const wasApproved = isApproved(approvals, { action: actionOf(step), id: step.id, uid });
  const holder = holderOf(step.key);
  if (holder === undefined) {
    return wasApproved ? { kind: "go", uid, isApproved: true } : { kind: "waits", uid, reason: step.reason };
  }
  const listed = await patiently(applier, () => target.list(holder, { signal }));
  const isUnheld = step.of !== "replace" && isFree(marks, request);
  const verdict = judgeHolder(listed, { reason: step.reason, uid, plane, isFree: isUnheld });
  return wasApproved ? judgeApproved(verdict, approvals) : verdict;
}

/**
 * Undefined for what must be replaced. An object may fit as it is: it was replaced already, by a process that did not live to
 * note it. What its class lets be replaced, and the target refuses for another reason, need not wait for a person.
 */
async function judgeChange(step: HeldReplacement, applier: GuardRequest["applier"]): Promise<Verdict | undefined> {
  const { target, signal } = applier;
  const tried = await patiently(applier, () => target.apply(step.object, { dryRun: true, signal }));
  if (tried.kind === "applied") return { kind: "go" };
  const isSealed = tried.kind === "failed" && tried.isImmutable === true;
  return step.guard === "number" && !isSealed ? { kind: "in-place" } : undefined;
}

/** What the new tree wants would go along with it. */
function findClaimed(step: Guarded, request: GuardRequest): string | undefined {
  const { key } = step;
  if (kindName(key) === "Namespace") {
    const [first, ...others] = request.inventory.claimedIn(key.name);
    const more = others.length === 0 ? "" : ` and ${others.length} more`;
    return first === undefined ? undefined : `the plane's tree still has ${first}${more} in it`;
  }
  const { defines } = marksOfStep(step, request);
  if (defines === undefined || !request.inventory.kinds().has(defines)) return undefined;
  return "the plane's tree still has objects of this kind";
}

function marksOfStep({ id, path }: Guarded, { prunes }: GuardRequest): Marks {
  return marksOf(id, prunes.desired.find((desired) => desired.path === path) ?? { past: [] });
}

function isAdopted({ key }: Guarded, { annotations }: LiveMetadata, marks: Marks): boolean {
  return kindName(key) === "Namespace" && (marks.isAdopted || annotations[objectAnnotations.adopted] === "true");
}

/** Whether it may go without approval while nothing of others is in it. */
function isFree({ isEphemeral }: Marks, { prunes }: GuardRequest): boolean {
  return isEphemeral || prunes.isDecommissioned;
}

/** A plan is not preempted: what it reads is read in a moment. */
async function patiently<T extends { readonly kind: string }>(
  applier: GuardRequest["applier"],
  work: () => Promise<T>,
): ReturnType<typeof attempt<T>> {
  return await attempt({ ...applier, newer: applier.signal }, work);
}
