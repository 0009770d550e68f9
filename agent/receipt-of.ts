/** What an agent says about one Release after a plan: the blob, and each object with its result and its health. Pure. */
import { compareText } from "../schemas/compare.ts";
import type { Health } from "../schemas/health.ts";
import { worstHealth } from "../schemas/worst-health.ts";
import { gravestOutcome } from "../schemas/outcome.ts";
import type { Drift, Receipt } from "../schemas/receipt.ts";
import type { Change } from "./change.ts";
import type { DesiredPath } from "./desired.ts";
import { isOfPrune } from "./step.ts";

export type ObjectHealth = { readonly health: Health; readonly reason?: string; readonly uid?: string };

export type Account = {
  readonly desired: DesiredPath;
  /** The changes of this path. */
  readonly changes: readonly Change[];
  readonly previous: Receipt | undefined;
} & Sight;

/** What the agent sees of objects. */
export type Sight = {
  /** Undefined for an object that nobody watches or that was not seen yet. */
  readonly healthOf: (id: string) => ObjectHealth | undefined;
  /** The last difference that somebody made, given what was told of it before. */
  readonly driftOf: (id: string, told: Drift | undefined) => Drift | undefined;
};

const reasonLimit = 2000;

/** The receipt; undefined when the Release and all its objects are gone. */
export function receiptOf({ desired, changes, previous, healthOf, driftOf }: Account): Receipt | undefined {
  if (desired.next.kind === "invalid") return receiptOfInvalid(desired.next, previous);
  const told = changes.filter((change) => isWorthTelling(change)).sort(inManifestOrder(desired));
  const release = desired.next.kind === "release" ? desired.next.oid : (previous?.release ?? desired.pastOids[0]);
  if (release === undefined || (desired.next.kind === "removed" && told.length === 0)) return undefined;
  const before = new Map(previous?.objects.map((object) => [object.id, object] as const));
  const objects = told.map((change) => {
    const { id } = change.step;
    const object = objectOf(change, before.get(id), healthOf(id));
    return isHanded(object) ? object : withDrift(object, driftOf(id, before.get(id)?.drift));
  });
  return finish({ release, objects });
}

/** As in the Release, whatever was done first; then what is left of earlier versions, by id. */
function inManifestOrder({ next }: DesiredPath): (a: Change, b: Change) => number {
  const ids = next.kind === "release" ? [...next.objects.keys()] : [];
  const places = new Map(ids.map((id, place) => [id, place] as const));
  const placeOf = ({ step }: Change): number => places.get(step.id) ?? ids.length;
  return (a, b) => placeOf(a) - placeOf(b) || compareText(a.step.id, b.step.id);
}

/** The last applied objects stay in place and in the receipt. */
function receiptOfInvalid(
  next: { readonly oid: string; readonly reason: string },
  previous: Receipt | undefined,
): Receipt {
  const kept = previous ?? { release: next.oid, objects: [], health: "Unknown" as const };
  return {
    release: kept.release,
    result: "failed",
    health: kept.health,
    reason: cut(next.reason),
    objects: kept.objects,
  };
}

/** What was pruned, or turned out not to be ours, is history. */
function isWorthTelling({ step, outcome }: Change): boolean {
  return !isOfPrune(step) || outcome === "failed" || outcome === "held";
}

type ToldObject = Receipt["objects"][number];

function objectOf(change: Change, previous: ToldObject | undefined, seen: ObjectHealth | undefined): ToldObject {
  if (change.outcome === "handed") return objectOfHanded(change, previous);
  const uid = change.uid ?? seen?.uid ?? previous?.uid;
  const isWanting = change.outcome === "failed" || change.outcome === "held";
  const reason = isWanting ? change.reason : seen?.reason;
  const isMissing = change.outcome === "failed" && change.step.action === "create";
  return {
    id: change.step.id,
    ...(uid === undefined ? {} : { uid }),
    result: change.outcome,
    health: seen?.health ?? (isMissing ? "Missing" : "Unknown"),
    ...(reason === undefined ? {} : { reason: cut(reason) }),
  };
}

/** How it fares from now on, the other plane tells. */
function objectOfHanded({ step, uid, reason }: Change, previous: ToldObject | undefined): ToldObject {
  const known = uid ?? previous?.uid;
  return {
    id: step.id,
    ...(known === undefined ? {} : { uid: known }),
    result: "handed",
    health: "Unknown",
    ...(reason === undefined ? {} : { reason: cut(reason) }),
  };
}

function withDrift(told: ToldObject, drift: Drift | undefined): ToldObject {
  const { drift: _, ...object } = told;
  return drift === undefined ? object : { ...object, drift };
}

function isHanded({ result }: ToldObject): boolean {
  return result === "handed";
}

/** The same receipt with the health and the drift that its objects have now. */
export function refreshReceipt(receipt: Receipt, { healthOf, driftOf }: Sight): Receipt {
  const objects = receipt.objects.map((told): ToldObject => {
    if (isHanded(told)) return told;
    const object = withDrift(told, driftOf(told.id, told.drift));
    const seen = healthOf(object.id);
    if (seen === undefined) return object;
    const { reason: _, ...rest } = object;
    const isWanting = object.result === "failed" || object.result === "held";
    const reason = isWanting ? object.reason : seen.reason;
    const uid = seen.uid ?? object.uid;
    return {
      ...rest,
      ...(uid === undefined ? {} : { uid }),
      health: seen.health,
      ...(reason === undefined ? {} : { reason: cut(reason) }),
    };
  });
  const finished = finish({ release: receipt.release, objects });
  // An unreadable Release is failed although none of its objects is.
  if (finished.result === receipt.result) return finished;
  return { ...receipt, health: finished.health, objects };
}

/** The receipt of a Release that was applied by a process which did not live to say so. */
export function receiptOfStanding(release: string, ids: readonly string[], sight: Sight): Receipt {
  const objects = ids.map((id): ToldObject => ({ id, result: "unchanged", health: "Unknown" }));
  return refreshReceipt(finish({ release, objects }), sight);
}

function finish({ release, objects }: Pick<Receipt, "release" | "objects">): Receipt {
  const result = gravestOutcome(objects.map((object) => object.result));
  const worst = objects.find((object) => object.result === result && object.reason !== undefined);
  const isWanting = result === "failed" || result === "held" || result === "handed";
  return {
    release,
    result,
    health: worstHealth(objects.map((object) => object.health)),
    ...(isWanting && worst?.reason !== undefined ? { reason: cut(`${worst.id}: ${worst.reason}`) } : {}),
    objects,
  };
}

function cut(reason: string): string {
  return reason.slice(0, reasonLimit);
}
