/** Holds of what turned out to need approval only when it was tried: the target refused to change an object in place. Pure. */
import { approveCommand, type Hold } from "../schemas/hold.ts";
import type { Change } from "./change.ts";
import { findHold, type HeldObject, makeHolds, mostHolds } from "./holds.ts";

/** The changes, each held one naming its Hold, with all Holds there are now. */
export function holdChanges(
  changes: readonly Change[],
  planned: readonly Hold[],
): { readonly changes: readonly Change[]; readonly holds: readonly Hold[] } {
  const added = makeHolds(changes.flatMap((change) => heldObject(change) ?? []));
  if (added.length === 0) return { changes, holds: planned };
  const holds = [...planned, ...added].slice(0, mostHolds);
  return { changes: changes.map((change) => nameHold(change, holds)), holds };
}

function heldObject({ step, outcome, uid, reason = step.reason }: Change): HeldObject | undefined {
  const isReplacement = step.action === "skip" && step.of === "replace" && outcome === "held";
  return isReplacement && uid !== undefined
    ? { action: "replace", id: step.id, uid, reason, path: step.path }
    : undefined;
}

function nameHold(change: Change, holds: readonly Hold[]): Change {
  const held = heldObject(change);
  const hold = held && findHold(holds, held);
  return hold === undefined
    ? change
    : { ...change, reason: `${held?.reason ?? ""}; to approve: ${approveCommand(hold)}` };
}
