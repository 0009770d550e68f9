/**
 * The budget of a round's deletes as it is carried out: a target may refuse to change objects that the plan took for
 * changeable, and their replacements are deletes that no plan has counted.
 */
import type { HeldStep } from "../schemas/hold.ts";
import { type Budgeted, countDeletes, refuseAll } from "./plan-prunes.ts";
import type { Plan } from "./step.ts";

export type RoundBudget = {
  readonly plan: Plan;
  readonly budgeted: Budgeted;
  /** What a person approved does not count. */
  readonly isApproved: (step: HeldStep) => boolean;
};

/** Counts replacements on top of the plan's own deletes, each object once; answers why one must wait for a person. */
export function openReplacementBudget(round: RoundBudget): (uid: string) => string | undefined {
  const { plan, budgeted, isApproved } = round;
  const planned = countDeletes(
    plan.steps.filter(
      (step) =>
        (step.action !== "prune" && step.action !== "replace") ||
        step.uid === undefined ||
        !isApproved({ action: step.action, id: step.id, uid: step.uid }),
    ),
  );
  const replaced = new Set<string>();
  return (uid) => {
    if (replaced.has(uid)) return undefined;
    const refusal = refuseAll({ ...planned, replaced: planned.replaced + replaced.size + 1 }, budgeted);
    if (refusal === undefined) replaced.add(uid);
    return refusal;
  };
}
