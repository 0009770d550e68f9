/** The agent's spine, one verb a step: a revision is judged, desired, planned, recorded, applied, recorded. */
import { isDeepStrictEqual } from "node:util";
import type { Oid, Repository } from "../git/repository.ts";
import type { AppliedRecord } from "../schemas/applied-record.ts";
import type { Ceiling } from "../schemas/ceiling.ts";
import { compareText } from "../schemas/compare.ts";
import type { PlaneId } from "../schemas/layout.ts";
import type { Hold } from "../schemas/hold.ts";
import type { PlaneSettings } from "../schemas/plane-settings.ts";
import { applyPlan } from "./apply.ts";
import { type Approvals, isApproved, noApprovals } from "./approvals.ts";
import type { Applier } from "./applier.ts";
import type { Change } from "./change.ts";
import { findOwners } from "./claims.ts";
import { type DesiredPath, type DesireRequest, filesOf, readDesired, readUnchanged } from "./desired.ts";
import { isUnfinishedApply, nextCompleted, nextExceptions } from "./exceptions.ts";
import { type Refused, type Verified, verifyRevision } from "./fetch.ts";
import { readHandedPaths } from "./handed-paths.ts";
import { holdChanges } from "./held-changes.ts";
import { isGuarded, judgeGuarded } from "./judge-guarded.ts";
import { type Inventory, moveInventory } from "./inventory.ts";
import { driftModeOf } from "./drift-mode.ts";
import { findDoubtful, type Memory } from "./memory.ts";
import { planSteps } from "./plan.ts";
import type { Budgeted } from "./plan-prunes.ts";
import { openReplacementBudget } from "./replacement-budget.ts";
import { isEffect, type Plan } from "./step.ts";
import { narrowRecord, widenRecord } from "./record.ts";
import { rememberedRecord } from "./recovery.ts";
import type { Failure } from "./target.ts";
import type { Turns } from "./drift/turns.ts";

/** What only a round knows. */
type RoundApplier = Pick<Applier, "newer" | "heals" | "mayReplace" | "refuseReplacement">;

export type Agent = {
  readonly plane: PlaneId;
  /** From the agent's own configuration: what the repository says can only narrow it. */
  readonly ceiling: Ceiling;
  readonly repository: Repository;
  readonly inventory: Inventory;
  readonly memory: Memory;
  readonly applier: Omit<Applier, keyof RoundApplier>;
  /** Keeps rounds and the healing of drift out of each other's Releases. */
  readonly turns?: Turns;
  /** What holds between rounds. */
  readonly standing: Standing;
};

/** Settings of the revision that was reconciled last. */
export type Standing = {
  settings?: PlaneSettings;
  /** Objects that the last plan about them did not bring to their end. */
  readonly unsettled: Set<string>;
  /** By `performance.now`: when the target was last asked whether it encrypts between its nodes. */
  encryptionSeenAtMs?: number;
};

export type Planned = {
  readonly kind: "planned";
  readonly verified: Verified;
  readonly record: AppliedRecord;
  readonly desired: readonly DesiredPath[];
  readonly plan: Plan;
  /** What waits for a person's approval. */
  readonly holds: readonly Hold[];
  /** Of the tree, as far as anything may need them. */
  readonly approvals: Approvals;
  /** What its deletes are measured by. */
  readonly budgeted: Budgeted;
};

/** The target's record could not be read or written: nothing is known, so nothing was done that the record does not hold. */
export type Stuck = { readonly kind: "stuck"; readonly reason: string };

export type Reconciled = {
  readonly kind: "reconciled";
  readonly verified: Verified;
  readonly record: AppliedRecord;
  readonly desired: readonly DesiredPath[];
  readonly plan: Plan;
  readonly holds: readonly Hold[];
  readonly approvals: Approvals;
  readonly changes: readonly Change[];
};

/** Brings the target to a revision. What fails, fails in the changes; `newer` ends waits. Throws the signal's reason. */
export async function reconcile(
  agent: Agent,
  revision: Oid,
  newer: AbortSignal,
): Promise<Reconciled | Refused | Stuck> {
  agent.turns?.close();
  try {
    return await reconcileAlone(agent, revision, newer);
  } finally {
    agent.turns?.open();
  }
}

async function reconcileAlone(agent: Agent, revision: Oid, newer: AbortSignal): Promise<Reconciled | Refused | Stuck> {
  const planned = await preparePlan(agent, revision);
  if (planned.kind !== "planned") return planned;
  const { verified, desired, plan, approvals } = planned;
  const widened = await widen(agent, planned);
  if (widened.kind === "stuck") return widened;
  agent.standing.settings = verified.settings;
  await agent.turns?.claim(desired.map(({ path }) => path));
  agent.memory.begin(revision);
  const heals = (path: string): boolean => driftModeOf(verified.settings, path) === "heal";
  const mayReplace = (id: string, uid: string): boolean => isApproved(approvals, { action: "replace", id, uid });
  const refuseReplacement = openReplacementBudget({
    plan,
    budgeted: planned.budgeted,
    isApproved: (step) => isApproved(approvals, step),
  });
  const applied = await applyPlan({ ...agent.applier, newer, heals, mayReplace, refuseReplacement }, plan);
  const { changes, holds } = holdChanges(applied, planned.holds);
  noteUnsettled(agent.standing.unsettled, changes);
  const exceptions = nextExceptions({ desired, changes, previous: planned.record.exceptions });
  const { sequence } = verified;
  const completed = nextCompleted({ desired, previous: planned.record.completed }, exceptions);
  const completion = { revision, sequence, exceptions, ...completed };
  const record = await write(agent, widened.record, narrowRecord(widened.record, completion));
  if (record.kind === "stuck") return record;
  agent.memory.complete();
  return { kind: "reconciled", verified, record: record.record, desired, plan, holds, approvals, changes };
}

/** What a plan did not bring to its end, or handed on, waits for the next plan, and for nothing that looks at one object alone. */
function noteUnsettled(unsettled: Set<string>, changes: readonly Change[]): void {
  for (const change of changes) {
    if (isUnfinishedApply(change)) unsettled.add(change.step.id);
    else unsettled.delete(change.step.id);
  }
}

/** Everything up to the first effect: what `plan` shows and `run` carries out. */
export async function preparePlan(agent: Agent, revision: Oid): Promise<Planned | Refused | Stuck> {
  const { ceiling, plane, repository, inventory, memory, applier } = agent;
  const { signal, slots, target } = applier;
  const loaded = await memory.keeper.load(signal);
  if (loaded.kind === "failed") return stuck("the applied record cannot be read", loaded);
  if (loaded.isFresh) memory.doubtEverything();
  const verified = await verifyRevision(repository, { plane, revision, record: loaded.record });
  if (verified.kind === "refused") return verified;
  const record = verified.isRecovery ? await rememberedRecord(repository, loaded.record) : loaded.record;
  const isLineKnown = !verified.isRecovery || memory.begun !== undefined;
  // What was begun last on a line that is lost is not among the commits between.
  const doubtful = isLineKnown
    ? await findDoubtful(repository, memory, { from: record.revision, to: revision })
    : [undefined];
  const { tree } = verified;
  const handed = await readHandedPaths(repository, { plane, tree });
  const known = { plane, ceiling, record, tree, doubtful, handed: handed.keys(), slots };
  const desired = await desire(agent, known);
  const claimants = (id: string): readonly string[] => inventory.claimants(id);
  const owners = await findOwners(target, { plane, desired, claimants, signal });
  const request = {
    desired,
    claimants,
    gap: inventory.gap,
    owners,
    finished: record.finished,
    handed,
    budget: verified.settings.pruneBudget,
    planeSize: inventory.size,
    isEmptied: isEmptied(inventory, desired),
    isDecommissioned: verified.settings.decommissioned === true,
  };
  const plan = planSteps(request);
  const mayBeApproved = plan.steps.some((step) => isGuarded(step) || step.action === "configure");
  const approvals = mayBeApproved
    ? await memory.approvals.read(repository, { plane, tree: verified.tree })
    : noApprovals;
  const judged = await judgeGuarded({ applier, plan, prunes: request, inventory, approvals });
  return { kind: "planned", verified, record, desired, ...judged, approvals, budgeted: request };
}

/**
 * The paths in question, with the inventory moved to the tree. What in the tree is not believed is one of them whatever has
 * changed: a ceiling may have become narrower since, and what is told of its Release would not be true any more.
 */
async function desire(agent: Agent, request: DesireRequest): Promise<readonly DesiredPath[]> {
  const { inventory, repository } = agent;
  const { plane, ceiling, tree, slots } = request;
  const changed = await readDesired(repository, request);
  // From here on the inventory is ahead of the record; should the round end before that is mended, nothing is enforced by it.
  delete agent.standing.settings;
  await moveInventory(inventory, repository, { plane, ceiling, tree, known: filesOf(changed), slots });
  const known = new Set(changed.map(({ path }) => path));
  const missed = inventory.disbelieved.filter((path) => !known.has(path));
  const unchanged = await readUnchanged(repository, request, missed);
  return [...changed, ...unchanged].sort((a, b) => compareText(a.path, b.path));
}

/** A tree that held several Releases and holds none any more is more likely a mistake than a wish. */
function isEmptied(inventory: Inventory, desired: readonly DesiredPath[]): boolean {
  const removed = desired.filter(({ next, past }) => next.kind === "removed" && past.length > 0);
  return removed.length > 1 && inventory.releases().length === 0;
}

type Recorded = { readonly kind: "recorded"; readonly record: AppliedRecord };

async function widen(agent: Agent, { plan, record, verified }: Planned): Promise<Recorded | Stuck> {
  const isNeeded = plan.widens && plan.steps.some(isEffect);
  return await write(agent, record, isNeeded ? widenRecord(record, verified.revision) : record);
}

async function write(agent: Agent, record: AppliedRecord, next: AppliedRecord): Promise<Recorded | Stuck> {
  if (isDeepStrictEqual(record, next)) return { kind: "recorded", record };
  const outcome = await agent.memory.keeper.write(next, agent.applier.signal);
  switch (outcome.kind) {
    case "written":
      return { kind: "recorded", record: next };
    case "conflict":
      return {
        kind: "stuck",
        reason: "somebody else wrote the applied record; is a second agent running for this plane?",
      };
    case "failed":
      return stuck("the applied record cannot be written", outcome);
  }
}

function stuck(what: string, { reason }: Failure): Stuck {
  return { kind: "stuck", reason: `${what}: ${reason}` };
}
