/**
 * One Release's objects, wave by wave. Where two or more existing objects change, all of them are tried dry first: a
 * manifest that the target refuses for good then leaves the whole Release as it was. A conflict is reported with the other
 * owner's name and never forced.
 */
import { applyWave } from "../schemas/apply-order.ts";
import type { Applier } from "./applier.ts";
import { type Change, logChange } from "./change.ts";
import { attempt, waitUnlessNewer } from "./attempt.ts";
import { definedKinds } from "./needs.ts";
import { allEnded } from "./slots.ts";
import type { ApplyStep } from "./step.ts";
import type { ApplyOutcome, Failure } from "./target.ts";

/** Applies the steps of one path. `needed` is what became of the Releases that it waited for. */
export async function applyRelease(
  applier: Applier,
  steps: readonly ApplyStep[],
  needed: readonly Change[],
): Promise<readonly Change[]> {
  const obstacle = needed.find((change) => isObstacle(change) && isFoundation(change.step));
  if (obstacle !== undefined) return fail(applier, steps, waitFor(obstacle));
  const refused = await findRefused(applier, steps);
  if (refused.size > 0) return reportRefused(applier, steps, refused);
  const changes: Change[] = [];
  const waves = Map.groupBy(steps, ({ key }) => applyWave(key));
  for (const [, wave] of [...waves].sort(([a], [b]) => a - b)) {
    const obstacle = changes.find(isObstacle);
    const results =
      obstacle === undefined
        ? await allEnded(wave.map((step) => applyObject(applier, step)))
        : fail(applier, wave, waitFor(obstacle));
    changes.push(...results);
  }
  return changes;
}

/**
 * What failed stands in the way of what comes after it. After a conflict the object does stand, if not as wanted, and that
 * will do; save for what guards a route, which would otherwise come up with a guard that somebody else has loosened.
 */
function isObstacle({ step, outcome, class: failureClass }: Change): boolean {
  return outcome === "failed" && (failureClass !== undefined || step.key.kind === "SecurityPolicy");
}

const workloadWave = applyWave({ group: "apps", kind: "Deployment" });

/** Namespaces, policies, accounts and configuration: what workloads of other Releases stand on. */
function isFoundation(step: Change["step"]): boolean {
  return applyWave(step.key) < workloadWave;
}

function waitFor({ step, reason }: Change): Failure {
  return { kind: "failed", class: "blocked", reason: `waits for ${step.id}: ${reason ?? "it failed"}`.slice(0, 1000) };
}

function fail(applier: Applier, steps: readonly ApplyStep[], failure: Failure): readonly Change[] {
  return steps.map((step) => report(applier, failed(step, failure)));
}

function failed(step: ApplyStep, failure: Failure): Change {
  return { step, outcome: "failed", reason: failure.reason, class: failure.class };
}

function report(applier: Applier, change: Change): Change {
  logChange(applier.log, change);
  return change;
}

/** The objects that a dry run refuses for good. Empty where no dry run is due; other failures are left to the apply. */
async function findRefused(applier: Applier, steps: readonly ApplyStep[]): Promise<ReadonlyMap<ApplyStep, Failure>> {
  const existing = steps.filter(({ action }) => action === "configure");
  if (existing.length < 2) return new Map();
  const refused = new Map<ApplyStep, Failure>();
  await applier.slots.map(existing, async (step) => {
    const { signal, target } = applier;
    const served = await target.serves(step.key, { signal });
    if (served.kind !== "served") return;
    const outcome = await target.apply(step.object, { dryRun: true, signal });
    if (outcome.kind === "failed" && outcome.class === "permanent") refused.set(step, outcome);
  });
  return refused;
}

function reportRefused(
  applier: Applier,
  steps: readonly ApplyStep[],
  refused: ReadonlyMap<ApplyStep, Failure>,
): readonly Change[] {
  const names = steps.flatMap((step) => (refused.has(step) ? [step.id] : []));
  const others: Failure = {
    kind: "failed",
    class: "permanent",
    reason: `not written, because a dry run refuses ${names.join(", ")}`.slice(0, 1000),
  };
  return steps.map((step) => report(applier, failed(step, refused.get(step) ?? others)));
}

async function applyObject(applier: Applier, step: ApplyStep): Promise<Change> {
  const { signal, slots, target } = applier;
  // A slot for each try and none for the wait between two: what waits must not keep others waiting.
  const outcome = await attempt(applier, () => slots.run(() => target.apply(step.object, { dryRun: false, signal })));
  if (outcome.kind === "applied") applier.onApplied?.(step.id, outcome);
  const unserved = outcome.kind === "applied" ? await waitUntilServed(applier, step) : undefined;
  return report(applier, unserved === undefined ? changeOf(step, outcome) : failed(step, unserved));
}

function changeOf(step: ApplyStep, outcome: ApplyOutcome): Change {
  switch (outcome.kind) {
    case "applied": {
      const { uid, generation } = outcome;
      const done = { step, outcome: step.action === "create" ? "created" : "configured", uid } as const;
      return generation === undefined ? done : { ...done, generation };
    }
    case "conflict": {
      const owners = outcome.owners.map(({ manager, fields }) => `${manager} owns ${fields.join(", ")}`);
      return { step, outcome: "failed", reason: (owners.join("; ") || outcome.reason).slice(0, 2000) };
    }
    case "failed":
      return failed(step, outcome);
  }
}

/** Objects of a new kind are refused until the definition is served. Undefined when it is, or when the step defines none. */
async function waitUntilServed(applier: Applier, step: ApplyStep): Promise<Failure | undefined> {
  const { signal, target, definitionWaitMs } = applier;
  const pollMs = 250;
  for (const kind of definedKinds(step.object)) {
    for (let waitedMs = 0; ; waitedMs += pollMs) {
      const served = await target.serves(kind, { signal, fresh: true });
      if (served.kind === "served") break;
      const isLate = waitedMs >= definitionWaitMs || !(await waitUnlessNewer(applier, pollMs));
      if (isLate) return { kind: "failed", class: "transient", reason: `${kind.kind} is not served yet` };
    }
  }
  return undefined;
}
