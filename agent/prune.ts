/**
 * Deletes what the plan says, and only that: each object is looked at first, must still be ours and rendered for the very
 * path that lost it, and is deleted by its uid. In reverse order within a namespace, so that policies outlive what they
 * guard; what cannot be deleted keeps those in place.
 */
import { applyWave } from "../schemas/apply-order.ts";
import type { Applier } from "./applier.ts";
import { type Change, logChange } from "./change.ts";
import { attempt } from "./attempt.ts";
import { isRenderedFor } from "./claims.ts";
import { allEnded } from "./slots.ts";
import type { PruneStep } from "./step.ts";
import type { DeleteOutcome, Failure } from "./target.ts";

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
  const pruned = (await allEnded(namespaces.map((objects) => pruneInOrder(applier, objects)))).flat();
  const clusterWide = await pruneInOrder(applier, due.get("") ?? []);
  const postponed = waiting.map((step) => fail(applier, step, "waits until its Release's other objects are applied"));
  return [...pruned, ...clusterWide, ...postponed];
}

async function pruneInOrder(applier: Applier, steps: readonly PruneStep[]): Promise<readonly Change[]> {
  const changes: Change[] = [];
  const waves = Map.groupBy(steps, ({ key }) => applyWave(key));
  for (const [, wave] of [...waves].sort(([a], [b]) => b - a)) {
    const obstacle = changes.find(({ outcome }) => outcome === "failed");
    const results =
      obstacle === undefined
        ? await allEnded(wave.map((step) => pruneObject(applier, step)))
        : wave.map((step) => fail(applier, step, `waits for ${obstacle.step.id} to be pruned`));
    changes.push(...results);
  }
  return changes;
}

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
  | { readonly kind: "not-ours"; readonly reason: string };

async function pruneObject(applier: Applier, step: PruneStep): Promise<Change> {
  const outcome = await attempt(applier, () => applier.slots.run(() => deleteIfOurs(applier, step)));
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

async function deleteIfOurs(applier: Applier, { key, path }: PruneStep): Promise<Pruned | Failure> {
  const { target, signal, plane } = applier;
  const live = await target.read(key, { signal });
  if (live.kind === "failed") return live;
  if (live.kind === "absent") return { kind: "gone", reason: "was absent already" };
  if (!isRenderedFor(live.metadata, { plane, path })) {
    return { kind: "not-ours", reason: `its labels do not say that it was applied for ${path}` };
  }
  if (live.metadata.deleting) return { kind: "gone", reason: "is being deleted already" };
  return prunedOf(await target.delete(key, { uid: live.metadata.uid, signal }), live.metadata.uid);
}

function prunedOf(outcome: DeleteOutcome, uid: string): Pruned | Failure {
  switch (outcome.kind) {
    case "deleted":
      return { kind: "pruned", uid };
    case "absent":
      return { kind: "gone", reason: "was absent already" };
    case "uid-changed":
      return { kind: "failed", class: "transient", reason: "another object took its name meanwhile" };
    case "failed":
      return outcome;
  }
}
