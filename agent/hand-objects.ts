/**
 * Passes objects of ours on to the plane that the tree hands them to. The live object says how far that came: one that is
 * passed already, or that somebody took, is left alone, so a process that was killed in between has its work finished by the
 * next. The labels stay ours until the other plane's agent applies: until then the object can be taken back.
 */
import { planePath } from "../schemas/layout.ts";
import type { Applier } from "./applier.ts";
import { overtaken } from "./apply-object.ts";
import { attempt } from "./attempt.ts";
import { type Change, logChange } from "./change.ts";
import { isRenderedFor } from "./claims.ts";
import { managerOf } from "./managed-fields.ts";
import { passFields } from "./pass-fields.ts";
import { allEnded } from "./slots.ts";
import type { HandStep } from "./step.ts";
import type { Failure } from "./target.ts";

type Handed = {
  readonly kind: "handed";
  readonly reason: string;
  readonly uid?: string;
  /** Passed on just now. */
  readonly isNew?: true;
};

/** One change a step. Throws the signal's reason when aborted. */
export async function handObjects(applier: Applier, steps: readonly HandStep[]): Promise<readonly Change[]> {
  return await allEnded(steps.map((step) => handObject(applier, step)));
}

async function handObject(applier: Applier, step: HandStep): Promise<Change> {
  const outcome = await attempt(applier, () =>
    applier.slots.run(async () => (applier.newer.aborted ? overtaken : await passOn(applier, step))),
  );
  const { reason } = outcome;
  if (outcome.kind === "failed") {
    const change: Change = { step, outcome: "failed", class: outcome.class, reason };
    logChange(applier.log, change);
    return change;
  }
  const { uid, isNew = false } = outcome;
  const change: Change = { step, outcome: "handed", reason, ...(uid === undefined ? {} : { uid }) };
  if (isNew) logChange(applier.log, change);
  return change;
}

async function passOn({ target, plane, signal }: Applier, { key, path, to }: HandStep): Promise<Handed | Failure> {
  const read = await target.read(key, { signal });
  if (read.kind === "failed") return read;
  if (read.kind === "absent") return { kind: "handed", reason: "is not there" };
  const live = read.metadata;
  const { uid } = live;
  if (!isRenderedFor(live, { plane, path })) return { kind: "handed", uid, reason: "its labels are another's" };
  const reason = `passed to ${planePath(to)}`;
  if (passFields(live.managedFields, managerOf(to)) === undefined) return { kind: "handed", uid, reason };
  const passed = await target.passFields(key, { live, to: managerOf(to), signal });
  return passed.kind === "failed" ? passed : { kind: "handed", uid, reason, isNew: true };
}
