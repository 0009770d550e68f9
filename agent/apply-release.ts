/**
 * One Release's objects, wave by wave. Where two or more existing objects change, all of them are tried dry first: a
 * manifest that the target refuses for good then leaves the whole Release as it was. What fails stops what depends on it.
 * A Release that has begun goes ahead of those that have not, so that of a thousand the first stand early.
 */
import { applyWave } from "../schemas/apply-order.ts";
import type { Applier, ObjectApplier } from "./applier.ts";
import { applyObject, failed, overtaken } from "./apply-object.ts";
import { type Change, logChange } from "./change.ts";
import { dependsOn } from "./depends.ts";
import type { Named } from "./named.ts";
import { allEnded } from "./slots.ts";
import type { ApplyStep } from "./step.ts";
import type { Failure } from "./target.ts";

export type ReleaseSteps = {
  readonly steps: readonly ApplyStep[];
  /** What became of the Releases that this one waited for. */
  readonly needed: readonly Change[];
  /** Objects of any Release that others wait for by name. */
  readonly named: Named;
};

/** Applies the steps of one path; one change a step. Throws only the signal's reason. */
export async function applyRelease(applier: Applier, release: ReleaseSteps): Promise<readonly Change[]> {
  const { needed, named, steps } = release;
  const refused = await findRefused(applier, steps);
  const changes: Change[] = [];
  const findObstacle = (step: ApplyStep, earlier: readonly Change[]): Promise<Failure | undefined> =>
    describeObstacle(step, earlier, (id) => named.wait(id, applier.signal));
  const ahead = { ...applier, slots: applier.slots.ahead };
  const take = async (step: ApplyStep, line: ObjectApplier): Promise<void> => {
    const refusal = refused.get(step) ?? (await findObstacle(step, [...needed, ...changes]));
    const change = refusal === undefined ? await applyUnlessNewer(line, step) : failed(step, refusal);
    logChange(applier.log, change);
    named.settle(change);
    changes.push(change);
  };
  const waves = Map.groupBy(steps, ({ key }) => applyWave(key));
  let line: ObjectApplier = changedTogether(steps).length > 0 ? ahead : applier;
  for (const [, wave] of [...waves].sort(([a], [b]) => a - b)) {
    await allEnded(wave.map((step) => take(step, line)));
    line = ahead;
  }
  return changes;
}

/** A newer revision is there: what has not begun yet is its affair. */
async function applyUnlessNewer(applier: ObjectApplier, step: ApplyStep): Promise<Change> {
  if (applier.newer.aborted) return failed(step, overtaken);
  try {
    return await applyObject(applier, step);
  } catch (error) {
    applier.signal.throwIfAborted();
    // A fault of ours about one object must not keep all others from being applied and told.
    applier.log.error({ error, id: step.id }, "applying an object broke off");
    return failed(step, { kind: "failed", class: "transient", reason: "applying it broke off; see the agent's log" });
  }
}

/** Why the step must not be taken; undefined when nothing stands in its way. */
async function describeObstacle(
  step: ApplyStep,
  earlier: readonly Change[],
  wait: (id: string) => Promise<Change | undefined>,
): Promise<Failure | undefined> {
  if (step.blocked !== undefined) return blocked(step.blocked);
  const obstacle = earlier.find((change) => isObstacle(change) && dependsOn(step, change));
  if (obstacle !== undefined) return waitFor(obstacle);
  for (const id of step.after ?? []) {
    const change = await wait(id);
    if (change !== undefined && isObstacle(change)) return waitFor(change);
  }
  return undefined;
}

/**
 * What failed stands in the way of what depends on it. An object of which fields were left to others does stand, and that
 * will do; save for what guards a route, which would otherwise come up with a guard that somebody else has loosened.
 */
function isObstacle({ step, outcome, isPartial = false }: Change): boolean {
  return outcome === "failed" || (isPartial && step.key.kind === "SecurityPolicy");
}

function waitFor({ step, reason }: Change): Failure {
  return blocked(`waits for ${step.id}: ${reason ?? "it failed"}`);
}

function blocked(reason: string): Failure {
  return { kind: "failed", class: "blocked", reason: reason.slice(0, 1000) };
}

/** The steps that are tried dry: those about existing objects where they are two or more. */
function changedTogether(steps: readonly ApplyStep[]): readonly ApplyStep[] {
  const existing = steps.filter(({ action, blocked: reason }) => action !== "create" && reason === undefined);
  return existing.length < 2 ? [] : existing;
}

/** Every step that a dry run keeps from being taken. Empty where none is due; failures that may pass are left to the apply. */
async function findRefused(applier: Applier, steps: readonly ApplyStep[]): Promise<ReadonlyMap<ApplyStep, Failure>> {
  const existing = changedTogether(steps);
  if (existing.length === 0 || applier.newer.aborted) return new Map();
  const refused = new Map<ApplyStep, Failure>();
  await applier.slots.map(existing, async (step) => {
    const { signal, target } = applier;
    const served = await target.serves(step.key, { signal });
    if (served.kind !== "served") return;
    const outcome = await target.apply(step.object, { dryRun: true, signal });
    const isRefused = outcome.kind === "failed" && outcome.class === "permanent" && outcome.isImmutable !== true;
    if (isRefused) refused.set(step, outcome);
  });
  if (refused.size === 0) return refused;
  const causes = steps.flatMap((step) => {
    const failure = refused.get(step);
    return failure === undefined ? [] : [`${step.id}: ${failure.reason}`];
  });
  const others: Failure = {
    kind: "failed",
    class: "permanent",
    reason: `not written, because a dry run refuses ${causes.join("; ")}`.slice(0, 1000),
  };
  return new Map(steps.map((step) => [step, refused.get(step) ?? others]));
}
