/**
 * What the record must remember of each path after a plan was carried out: blobs whose objects may still exist and are not
 * wanted, and the newest blob when applying it was not brought to its end. As few blobs as name them all, so that a path that
 * fails for weeks does not make the record grow.
 */
import type { Oid } from "../git/repository.ts";
import type { AppliedRecord } from "../schemas/applied-record.ts";
import { compareText } from "../schemas/compare.ts";
import type { Change } from "./change.ts";
import type { DesiredPath, PastBlob } from "./desired.ts";
import { isOfPrune } from "./step.ts";

export type Aftermath = {
  readonly desired: readonly DesiredPath[];
  readonly changes: readonly Change[];
  readonly previous: AppliedRecord["exceptions"];
};

/** The record's exceptions after a plan. Pure. */
export function nextExceptions({ desired, changes, previous }: Aftermath): AppliedRecord["exceptions"] {
  const byPath = Map.groupBy(changes, ({ step }) => step.path);
  const applied = new Set(changes.flatMap((change) => (isStanding(change) ? [change.step.id] : [])));
  const inQuestion = new Set(desired.map(({ path }) => path));
  const kept = Object.entries(previous).filter(([path]) => !inQuestion.has(path));
  const judged = desired.flatMap((path) => {
    const oids = exceptionOf(path, byPath.get(path.path) ?? [], applied);
    return oids === undefined ? [] : [[path.path, [...new Set(oids)]] as [string, Oid[]]];
  });
  return Object.fromEntries([...kept, ...judged].sort(([a], [b]) => compareText(a, b)));
}

/** For each path that the exceptions say was not brought to its end, the blob that last was. Pure. */
export function nextCompleted(
  { desired, previous }: { readonly desired: readonly DesiredPath[]; readonly previous: AppliedRecord["completed"] },
  exceptions: AppliedRecord["exceptions"],
): { readonly completed?: Record<string, Oid> } {
  const completed = new Map(Object.entries(previous ?? {}));
  for (const { path, lastCompleted } of desired) {
    if (lastCompleted === undefined) completed.delete(path);
    else completed.set(path, lastCompleted.oid);
  }
  const kept = [...completed].filter(([path]) => Object.hasOwn(exceptions, path));
  return kept.length === 0 ? {} : { completed: Object.fromEntries(kept.sort(([a], [b]) => compareText(a, b))) };
}

/** The object is as its Release wants it. */
function isStanding(change: Change): boolean {
  return !isOfPrune(change.step) && !isUnfinishedApply(change);
}

/** Undefined when nothing needs to be remembered. */
function exceptionOf(
  { next, past, pastOids, blindness }: DesiredPath,
  changes: readonly Change[],
  applied: ReadonlySet<string>,
): readonly Oid[] | undefined {
  if (next.kind === "invalid") return pastOids;
  const wanted = next.kind === "release" ? new Set(next.objects.keys()) : new Set<string>();
  const gone = new Set(changes.flatMap((change) => (isGone(change, applied) ? [change.step.id] : [])));
  const leftover = new Set(
    past.flatMap(({ objects }) => [...objects.keys()].filter((id) => !wanted.has(id) && !gone.has(id))),
  );
  const old = blindness === undefined ? coverIds(past, leftover) : pastOids;
  const isUnfinished = changes.some((change) => isUnfinishedApply(change));
  const oids = next.kind === "release" && isUnfinished ? [...old, next.oid] : old;
  return oids.length === 0 ? undefined : oids;
}

/** The object is not as its Release wants it. What is handed on counts until its path leaves the tree: it is ours until it is taken. */
export function isUnfinishedApply({ step, outcome }: Change): boolean {
  return !isOfPrune(step) && (outcome === "failed" || outcome === "held" || outcome === "handed");
}

/**
 * Nothing of this path is left: deleted, found to be another's, or applied by the path that it moved to. Until that one
 * applied it, the live object still carries this path's label, and only this path could prune it.
 */
function isGone({ step, outcome }: Change, applied: ReadonlySet<string>): boolean {
  if (step.action === "prune") return outcome === "pruned" || outcome === "skipped";
  const isLeft = step.action === "skip" && step.of === "prune" && outcome === "skipped";
  return isLeft && (step.isForgotten === true || applied.has(step.id));
}

/** Blobs that together name all these objects, newest first. */
function coverIds(past: readonly PastBlob[], ids: ReadonlySet<string>): readonly Oid[] {
  const missing = new Set(ids);
  const cover: Oid[] = [];
  for (const { oid, objects } of past) {
    const before = missing.size;
    for (const id of objects.keys()) missing.delete(id);
    if (missing.size < before) cover.push(oid);
  }
  return cover;
}
