/**
 * One object made as its manifest says: applied, tried again while that may help, its conflicts settled, replaced where it
 * cannot be changed. Every outcome is a change of this object and of nothing else.
 */
import { isSibling, parsePlane, type PlaneId } from "../schemas/layout.ts";
import type { KubernetesObject } from "../schemas/object-id.ts";
import type { ObjectApplier } from "./applier.ts";
import { attempt, waitUnlessNewer } from "./attempt.ts";
import type { Change } from "./change.ts";
import { takeBack } from "./take-back.ts";
import { givesUpReplicas, handOverReplicas } from "./hand-over.ts";
import { definedKinds } from "./needs.ts";
import { clearTheWay } from "./replace-object.ts";
import { describeOwners, otherPlane, settleConflict } from "./settle-conflict.ts";
import type { ApplyStep } from "./step.ts";
import type { ApplyOutcome, Failure, FieldOwner } from "./target.ts";

type Applied = Extract<ApplyOutcome, { kind: "applied" }>;

type Standing = {
  readonly kind: "standing";
  readonly applied: Applied;
  readonly isReplaced: boolean;
  readonly takenBack: readonly FieldOwner[];
  readonly leftOut: readonly FieldOwner[];
};
type Held = { readonly kind: "held"; readonly uid: string; readonly reason: string };
type Outcome = Standing | Held | Failure;

/** Takes the step. Throws the signal's reason when aborted. */
export async function applyObject(applier: ObjectApplier, step: ApplyStep): Promise<Change> {
  const outcome = await attempt(applier, () => applyOnce(applier, step));
  switch (outcome.kind) {
    case "standing": {
      const { uid, generation, print } = outcome.applied;
      applier.onApplied?.(step.id, { uid, generation, print });
      const unserved = await waitUntilServed(applier, step);
      return unserved === undefined ? changeOf(step, outcome) : failed(step, unserved);
    }
    case "held": {
      const { id, key, path, object } = step;
      const { uid, reason } = outcome;
      const held = { id, key, path, object, reason, action: "skip", of: "replace", outcome: "held" } as const;
      return { step: held, outcome: "held", uid, reason };
    }
    case "failed":
      return failed(step, outcome);
  }
}

/** A change for a step that came to nothing. */
export function failed(step: ApplyStep, { reason, class: failureClass }: Failure): Change {
  return { step, outcome: "failed", reason, class: failureClass };
}

async function applyOnce(applier: ObjectApplier, step: ApplyStep): Promise<Outcome> {
  if (step.mayBeHanded === true) {
    const failure = await takeBack(applier, step);
    if (failure !== undefined) return failure;
  }
  if (givesUpReplicas(step)) {
    const failure = await handOverReplicas(applier, step);
    if (failure !== undefined) return failure;
  }
  const first = await apply(applier, step.object, { isFirst: true });
  if (first.kind === "conflict") return await applySettled(applier, step, first);
  if (first.kind === "applied") return standing(first);
  return first.isImmutable === true ? await replace(applier, step, first) : first;
}

function standing(applied: Applied, parts: Partial<Standing> = {}): Standing {
  return { kind: "standing", applied, isReplaced: false, takenBack: [], leftOut: [], ...parts };
}

/** What has not begun when a newer revision is there is that one's affair. */
export const overtaken: Failure = { kind: "failed", class: "transient", reason: "a newer revision came first" };

/**
 * A slot for each request and none for what lies between: what waits must not keep others waiting. The first of an object may
 * be overtaken while it waits for its slot, as thousands do: they are let go, so that the newer revision waits only for what is
 * under way.
 */
async function apply(
  { newer, signal, slots, target }: ObjectApplier,
  object: KubernetesObject,
  { force = false, isFirst = false }: { readonly force?: boolean; readonly isFirst?: boolean } = {},
): Promise<ApplyOutcome> {
  return await slots.run(async () =>
    isFirst && newer.aborted ? overtaken : await target.apply(object, { dryRun: false, force, signal }),
  );
}

async function applySettled(
  applier: ObjectApplier,
  step: ApplyStep,
  conflict: Extract<ApplyOutcome, { kind: "conflict" }>,
): Promise<Outcome> {
  const { signal, slots, target } = applier;
  const rival = otherPlane(conflict.owners, target.fieldManager);
  if (rival !== undefined) return belongsTo(rival, applier.plane);
  const live = await slots.run(() => target.read(step.key, { signal }));
  if (live.kind === "failed") return live;
  if (live.kind === "absent") return { kind: "failed", class: "transient", reason: "went while it was applied" };
  const settlement = settleConflict({
    object: step.object,
    owners: conflict.owners,
    live: live.metadata,
    before: step.before,
    heals: applier.heals(step.path),
    manager: target.fieldManager,
  });
  if (settlement === undefined) {
    return { kind: "failed", class: "permanent", reason: describeOwners(conflict.owners).slice(0, 2000) };
  }
  const { object, force, takenBack, leftOut } = settlement;
  const outcome = await apply(applier, object, { force });
  if (outcome.kind === "applied") return standing(outcome, { takenBack, leftOut });
  if (outcome.kind === "conflict") return { kind: "failed", class: "transient", reason: outcome.reason };
  return outcome.isImmutable === true ? await replace(applier, step, outcome) : outcome;
}

/** A plane of the same organization may be about to hand it over: that is worth another look soon. */
function belongsTo(rival: string, plane: PlaneId): Failure {
  const owner = parsePlane(rival);
  const mayPass = owner !== undefined && isSibling(owner, plane);
  return { kind: "failed", class: mayPass ? "blocked" : "permanent", reason: `belongs to the plane ${rival}` };
}

async function replace(applier: ObjectApplier, step: ApplyStep, refusal: Failure): Promise<Outcome> {
  const cleared = await clearTheWay(applier, step, refusal.reason);
  if (cleared.kind !== "cleared") return cleared;
  const outcome = await apply(applier, step.object);
  if (outcome.kind === "applied") return standing(outcome, { isReplaced: true });
  return outcome.kind === "conflict" ? { kind: "failed", class: "transient", reason: outcome.reason } : outcome;
}

const outcomes = { create: "created", configure: "configured", replace: "configured" } as const;

function changeOf(step: ApplyStep, { applied, isReplaced, takenBack, leftOut }: Standing): Change {
  const { uid, generation } = applied;
  const told = [
    ...(takenBack.length === 0 ? [] : [`taken back: ${describeOwners(takenBack)}`]),
    ...(leftOut.length === 0 ? [] : [`left alone: ${describeOwners(leftOut)}`]),
  ];
  return {
    step,
    outcome: isReplaced ? "replaced" : outcomes[step.action],
    uid,
    ...(generation === undefined ? {} : { generation }),
    ...(told.length === 0 ? {} : { reason: told.join("; ").slice(0, 2000) }),
    ...(leftOut.length === 0 ? {} : { isPartial: true }),
  };
}

/** Objects of a new kind are refused until the definition is served. Undefined when it is, or when the step defines none. */
async function waitUntilServed(applier: ObjectApplier, step: ApplyStep): Promise<Failure | undefined> {
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
