/**
 * Deletes what the plan says, and only that: each object is looked at first, must still be ours and rendered for the very
 * path that lost it, and is deleted by its uid. In reverse order within a namespace, so that policies outlive what they
 * guard; what cannot be deleted keeps those in place.
 */
import { applyWave } from "../schemas/apply-order.ts";
import type { ObjectKey } from "../schemas/object-id.ts";
import type { Applier } from "./applier.ts";
import { type Change, logChange } from "./change.ts";
import { attempt, waitUnlessNewer } from "./attempt.ts";
import { isRenderedFor } from "./claims.ts";
import { describeWait } from "./finalizers.ts";
import { findForeign, nameForeign } from "./foreign.ts";
import { kindName } from "./inventory.ts";
import { definitionKind, holderOf } from "./plan-prunes.ts";
import { allEnded } from "./slots.ts";
import type { PruneStep } from "./step.ts";
import type { DeleteOutcome, Failure, LiveMetadata } from "./target.ts";

/** Prunes; nothing of a path whose own applies failed, because what replaces it does not stand yet. */
export async function pruneObjects(
  applier: Applier,
  steps: readonly PruneStep[],
  failedPaths: ReadonlySet<string>,
): Promise<readonly Change[]> {
  const waiting = steps.filter(({ path }) => failedPaths.has(path));
  const due = Map.groupBy(
    steps.filter(({ path }) => !failedPaths.has(path)),
    ({ key }) => key.namespace ?? "",
  );
  // Cluster-wide objects last: accounts and roles may be what is being used meanwhile.
  const namespaces = [...due].filter(([namespace]) => namespace !== "").map(([, objects]) => objects);
  const pruned = (await allEnded(namespaces.map((objects) => pruneInOrder(applier, objects, findObstacle)))).flat();
  const clusterWide = await pruneInOrder(applier, due.get("") ?? [], (step, changes) =>
    findHeld(step, [...pruned, ...changes]),
  );
  const postponed = waiting.map((step) => fail(applier, step, "waits until its Release's other objects are applied"));
  return [...pruned, ...clusterWide, ...postponed];
}

/** What stands in the way of a step, of what was done before it. */
type Obstacle = (step: PruneStep, changes: readonly Change[]) => Change | undefined;

async function pruneInOrder(
  applier: Applier,
  steps: readonly PruneStep[],
  findFor: Obstacle,
): Promise<readonly Change[]> {
  const changes: Change[] = [];
  const waves = Map.groupBy(steps, ({ key }) => applyWave(key));
  for (const [, wave] of [...waves].sort(([a], [b]) => b - a)) {
    const before = [...changes];
    const results = await allEnded(
      wave.map(async (step) => {
        const obstacle = findFor(step, before);
        if (obstacle === undefined) return await pruneObject(applier, step);
        return fail(applier, step, `waits for ${obstacle.step.id} to be pruned`);
      }),
    );
    changes.push(...results);
  }
  return changes;
}

/** In a namespace everything waits: its policies guard whatever is left. */
const findObstacle: Obstacle = (_, changes) => changes.find(({ outcome }) => outcome === "failed");

/**
 * Cluster-wide, a Release waits for its own, a namespace for what is left in it, and a definition for objects of its group:
 * their finalizers are done with before it, because its own delete would take them along.
 */
const findHeld: Obstacle = ({ key, path }, changes) =>
  changes.find(({ step, outcome }) => {
    if (outcome !== "failed") return false;
    if (kindName(key) === "Namespace") return step.key.namespace === key.name;
    if (kindName(key) === definitionKind) return key.name.endsWith(`.${step.key.group}`);
    return step.path === path && step.key.namespace === undefined;
  });

function fail(applier: Applier, step: PruneStep, reason: string): Change {
  return report(applier, { step, outcome: "failed", class: "blocked", reason });
}

function report(applier: Applier, change: Change): Change {
  logChange(applier.log, change);
  return change;
}

type Pruned =
  | { readonly kind: "pruned"; readonly uid: string }
  | { readonly kind: "gone"; readonly reason: string }
  | { readonly kind: "not-ours"; readonly reason: string }
  /** It is marked for deletion. `isNew`: just now. */
  | { readonly kind: "going"; readonly uid: string; readonly finalizers: readonly string[]; readonly isNew: boolean };

async function pruneObject(applier: Applier, step: PruneStep): Promise<Change> {
  const first = await attempt(applier, () => applier.slots.run(() => deleteIfOurs(applier, step)));
  const outcome = first.kind === "going" ? await waitUntilGone(applier, step, first) : first;
  switch (outcome.kind) {
    case "pruned":
      return report(applier, { step, outcome: "pruned", uid: outcome.uid });
    case "gone":
      return report(applier, { step, outcome: "pruned", reason: outcome.reason });
    case "not-ours":
      return report(applier, { step, outcome: "skipped", reason: outcome.reason });
    case "failed":
      return report(applier, { step, outcome: "failed", class: outcome.class, reason: outcome.reason });
  }
}

async function deleteIfOurs(applier: Applier, step: PruneStep): Promise<Pruned | Failure> {
  const { key, path, uid } = step;
  const { target, signal, plane } = applier;
  const live = await target.read(key, { signal });
  if (live.kind === "failed") return live;
  if (live.kind === "absent") return { kind: "gone", reason: "was absent already" };
  const { metadata } = live;
  if (metadata.controller !== undefined) {
    return { kind: "not-ours", reason: `${metadata.controller} has charge of it, whatever its labels say` };
  }
  if (!isRenderedFor(metadata, { plane, path })) {
    return { kind: "not-ours", reason: `its labels do not say that it was applied for ${path}` };
  }
  if (metadata.deleting) return goingOf(key, metadata);
  if (uid !== undefined && uid !== metadata.uid) return replacedMeanwhile;
  const foreign = step.isUnlessForeign === true ? await findNewcomers(applier, step) : undefined;
  if (foreign !== undefined) return foreign;
  return prunedOf(await target.delete(key, { uid: metadata.uid, signal }), metadata.uid);
}

/** The next plan holds it. */
async function findNewcomers({ target, signal, plane }: Applier, { key }: PruneStep): Promise<Failure | undefined> {
  const holder = holderOf(key);
  const listed = holder === undefined ? undefined : await target.list(holder, { signal });
  if (listed === undefined || listed.kind === "failed") return listed;
  const foreign = findForeign(listed.objects, plane);
  if (foreign.length === 0 && listed.isWhole && listed.unlisted.length === 0) return undefined;
  const reason =
    foreign.length === 0
      ? "what is in it cannot all be listed any more"
      : `others put something into it meanwhile: ${nameForeign(foreign)}`;
  return { kind: "failed", class: "transient", reason: reason.slice(0, 1000) };
}

const replacedMeanwhile: Failure = {
  kind: "failed",
  class: "transient",
  reason: "another object took its name meanwhile",
};

/** What only ends what it was doing needs no watching over; what waits for somebody else does. */
function goingOf(key: ObjectKey, { uid, finalizers }: LiveMetadata): Pruned {
  return isGraceful(key, finalizers)
    ? { kind: "gone", reason: "is being deleted already" }
    : { kind: "going", uid, finalizers, isNew: false };
}

function prunedOf(outcome: DeleteOutcome, uid: string): Pruned | Failure {
  switch (outcome.kind) {
    case "deleted":
      return { kind: "pruned", uid };
    case "deleting":
      return { kind: "going", uid, finalizers: outcome.finalizers, isNew: true };
    case "absent":
      return { kind: "gone", reason: "was absent already" };
    case "uid-changed":
      return replacedMeanwhile;
    case "failed":
      return outcome;
  }
}

const defaultWaitMs = 5000;
const lookEveryMs = 250;

/** A delete is done when the object is gone; one that lasts is told with what it waits for, and looked at again later. */
async function waitUntilGone(
  applier: Applier,
  { key }: PruneStep,
  { uid, finalizers, isNew }: Extract<Pruned, { kind: "going" }>,
): Promise<Exclude<Pruned, { kind: "going" }> | Failure> {
  const { target, signal, deletionWaitMs = defaultWaitMs } = applier;
  if (isGraceful(key, finalizers)) return { kind: "pruned", uid };
  const waitMs = isNew ? deletionWaitMs : 0;
  for (let waitedMs = 0; waitedMs < waitMs; waitedMs += lookEveryMs) {
    if (!(await waitUnlessNewer(applier, lookEveryMs))) break;
    const live = await target.read(key, { signal });
    if (live.kind === "absent" || (live.kind === "found" && live.metadata.uid !== uid)) return { kind: "pruned", uid };
  }
  const holder = holderOf(key);
  const inside = holder === undefined ? undefined : await target.list(holder, { signal });
  const reason = describeWait(finalizers, inside?.kind === "listed" ? inside.objects : []);
  return { kind: "failed", class: "blocked", reason: reason.slice(0, 1000) };
}

/** A Pod that ends in its own time is as good as gone. */
function isGraceful(key: ObjectKey, finalizers: readonly string[]): boolean {
  return finalizers.length === 0 && kindName(key) !== "Namespace";
}
