/** From what happened to what is reported: receipts of the paths in question, and which kinds to watch. */
import type { AppliedRecord } from "../schemas/applied-record.ts";
import { GitError } from "../git/repository.ts";
import type { Change } from "./change.ts";
import { planeRef } from "../schemas/layout.ts";
import { approveCommand } from "../schemas/hold.ts";
import { readSettings } from "./fetch.ts";
import { moveInventory } from "./inventory.ts";
import type { Observer } from "./observe.ts";
import type { DriftGuard } from "./drift/guard.ts";
import { receiptOf, receiptOfStanding, refreshReceipt, type Sight } from "./receipt-of.ts";
import type { Agent, Reconciled } from "./reconcile.ts";
import type { Reporter } from "./report.ts";

export type Telling = {
  readonly agent: Agent;
  readonly observer: Observer;
  readonly guard: DriftGuard;
  readonly reporter: Reporter;
};

function sightOf({ guard, observer }: Telling): Sight {
  return {
    healthOf: (id) => observer.healthOf(id),
    // What an earlier process told stands until everything has been looked at.
    driftOf: (id, told) => guard.driftOf(id) ?? (guard.isVerified(id) ? undefined : told),
  };
}

/** After a reconcile: everything in question anew, and whatever an earlier process did not live to say. */
export async function tellReconciled(telling: Telling, result: Reconciled): Promise<void> {
  const { agent, guard, observer, reporter } = telling;
  observer.watchKinds(agent.inventory.kinds());
  for (const { outcome, step } of result.changes) {
    if (outcome === "pruned" || outcome === "handed") guard.forget(step.id);
  }
  guard.verify(agent.inventory.kinds().values(), () => agent.inventory.ids());
  const changes = Map.groupBy(result.changes, ({ step }) => step.path);
  const sight = sightOf(telling);
  for (const desired of result.desired) {
    const { path } = desired;
    const previous = reporter.receipts.get(path);
    reporter.tell(path, receiptOf({ desired, changes: changes.get(path) ?? [], previous, ...sight }));
  }
  tellStanding(telling, result.record);
  logHolds(telling, result);
  const { revision: appliedRevision, sequence, clusterUid } = result.record;
  reporter.tellAbout({
    ...(appliedRevision === undefined ? {} : { appliedRevision }),
    sequence,
    clusterUid,
    refused: undefined,
    holds: [...result.holds],
    ...(await readServed(telling, result.changes)),
  });
}

/** Each Hold once, when it comes up. */
function logHolds({ agent, reporter }: Telling, { holds, approvals }: Reconciled): void {
  const { log } = agent.applier;
  const known = new Set(reporter.holds.map(({ hash }) => hash));
  for (const hold of holds.filter(({ hash }) => !known.has(hash))) {
    const { hash, reason, steps } = hold;
    log.warn({ hash, steps: steps.length, reason }, `held until approved: ${approveCommand(hold)}`);
  }
  const { ignored } = approvals;
  if (ignored.length > 0 && holds.length > 0)
    log.warn({ ignored: ignored.slice(0, 20) }, "approvals that count for nothing");
}

/** Every Release that stands and is brought to its end has a receipt that says so; none that is gone has one. */
function tellStanding(telling: Telling, record: AppliedRecord): void {
  const { agent, reporter } = telling;
  if (reporter.isComplete) return;
  reporter.complete();
  const standing = new Set<string>();
  for (const { path, oid } of agent.inventory.releases()) {
    standing.add(path);
    if (record.exceptions[path] !== undefined || reporter.receipts.get(path)?.release === oid) continue;
    reporter.tell(path, receiptOfStanding(oid, agent.inventory.idsOf(path), sightOf(telling)));
  }
  for (const path of reporter.receipts.keys()) {
    if (!standing.has(path) && record.exceptions[path] === undefined) reporter.tell(path, undefined);
  }
}

const definitionKind = "CustomResourceDefinition";

/** Asked at the first reconcile and after a definition changed; a failure leaves what is known. */
async function readServed(
  { agent, reporter }: Telling,
  changes: readonly Change[],
): Promise<{ readonly servedApis?: string[] }> {
  const isNew = changes.some(({ step, outcome }) => step.key.kind === definitionKind && outcome !== "unchanged");
  if (reporter.hasServedApis && !isNew) return {};
  const { target, signal } = agent.applier;
  const served = await target.listServed({ signal });
  return "kind" in served ? {} : { servedApis: [...served] };
}

/** Something is seen of one object, or of a whole kind. */
export function refreshReceipts(telling: Telling, id: string | undefined): void {
  const { agent, reporter } = telling;
  const sight = sightOf(telling);
  const paths = id === undefined ? [...reporter.receipts.keys()] : agent.inventory.claimants(id);
  for (const path of paths) {
    const receipt = reporter.receipts.get(path);
    if (receipt !== undefined) reporter.tell(path, refreshReceipt(receipt, sight));
  }
}

/** Of these Releases nobody knows what was applied. */
function noteExceptions({ inventory, standing }: Agent, { exceptions }: AppliedRecord): void {
  for (const path of Object.keys(exceptions)) for (const id of inventory.idsOf(path)) standing.unsettled.add(id);
}

/** Nothing new may be applied; what was applied last is watched and kept true all the same. */
export async function showStanding({ agent, guard, observer }: Telling): Promise<void> {
  const { ceiling, inventory, memory, repository, plane, applier } = agent;
  if (inventory.tree !== undefined) return;
  const loaded = await memory.keeper.load(applier.signal);
  const revision = loaded.kind === "loaded" ? loaded.record.revision : await repository.readRef(planeRef(plane));
  if (revision === undefined) return;
  try {
    const { tree } = await repository.readCommit(revision);
    await moveInventory(inventory, repository, { plane, ceiling, tree, known: new Map(), slots: applier.slots });
    observer.watchKinds(inventory.kinds());
    if (loaded.kind === "loaded") noteExceptions(agent, loaded.record);
    const settings = await readSettings(repository, tree);
    if (typeof settings !== "string") agent.standing.settings = settings;
    guard.verify(inventory.kinds().values(), () => inventory.ids());
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
  }
}
