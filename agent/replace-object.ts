/**
 * Replaces an object that the target refuses to change: deleted by uid, waited for, created anew. Nothing is deleted before
 * the target has refused the change itself, so a process that was killed in the middle goes on where that one stopped; and
 * nothing before it has said that it would take the new one.
 */
import type { KubernetesObject } from "../schemas/object-id.ts";
import { hashParts } from "../schemas/names.ts";
import type { ObjectApplier } from "./applier.ts";
import { waitUnlessNewer } from "./attempt.ts";
import { isRenderedFor } from "./claims.ts";
import { mayReplace, replacesByOrphaning } from "./replacements.ts";
import type { ApplyStep } from "./step.ts";
import type { Failure, LiveMetadata } from "./target.ts";

export type Cleared =
  | { readonly kind: "cleared" }
  /** Waits for a person: exactly this object would be deleted. */
  | { readonly kind: "held"; readonly uid: string; readonly reason: string }
  | Failure;

/** Deletes what stands in the way of the step's object. `why` is the target's refusal. */
export async function clearTheWay(applier: ObjectApplier, step: ApplyStep, why: string): Promise<Cleared> {
  const { plane, signal, slots, target } = applier;
  const live = await slots.run(() => target.read(step.key, { signal }));
  if (live.kind === "failed") return live;
  if (live.kind === "absent") return { kind: "cleared" };
  const { uid, deleting } = live.metadata;
  if (!deleting) {
    if (!isRenderedFor(live.metadata, { plane, path: step.path })) return notOurs(step);
    const objection = applier.mayReplace(step.id, uid) ? undefined : objectTo(applier, step, uid);
    if (objection !== undefined) return { kind: "held", uid, reason: `${why}; ${objection}` };
    const refusal = await tryAnew(applier, step.object, uid);
    if (refusal !== undefined) return refusal;
    const propagation = replacesByOrphaning(step.key) ? "orphan" : "background";
    const deleted = await slots.run(() => target.delete(step.key, { uid, propagation, signal }));
    if (deleted.kind === "failed") return deleted;
    if (deleted.kind === "uid-changed") return moved();
  }
  return await waitUntilGone(applier, step, uid);
}

/** Why a person must approve it. Those that the plan foresaw are within its budget; those found here are counted with them. */
function objectTo(applier: ObjectApplier, step: ApplyStep, uid: string): string | undefined {
  if (!mayReplace(step.key, step.object)) return `replacing a ${step.key.kind} needs approval`;
  return step.action === "replace" ? undefined : applier.refuseReplacement(uid);
}

/**
 * Why the new object must not be counted on: tried dry under another name, since a dry run under its own is a change of the
 * old one. What only the name decides (a quota that the old one fills, a webhook, a right by name) cannot be told so, and
 * then the old object stays. Undefined when the target would take it.
 */
async function tryAnew(applier: ObjectApplier, object: KubernetesObject, uid: string): Promise<Failure | undefined> {
  const { signal, slots, target } = applier;
  const { resourceVersion: _, uid: __, ...metadata } = object.metadata;
  const trial = { ...object, metadata: { ...metadata, name: trialName(metadata.name, uid) } };
  const outcome = await slots.run(() => target.apply(trial, { dryRun: true, signal }));
  if (outcome.kind === "applied" || (outcome.kind === "failed" && outcome.isImmutable === true)) return undefined;
  const reason = `is not replaced, because a dry run of the new object was refused: ${outcome.reason}`.slice(0, 1000);
  return { kind: "failed", class: outcome.kind === "failed" ? outcome.class : "transient", reason };
}

/** The shortest limit of a built-in kind: a CronJob's. */
const shortestLimit = 52;

/** A name that nobody has, within the limit of any kind that takes the object's own. The same for the same object. */
export function trialName(name: string, uid: string): string {
  const suffix = `-${hashParts([name, uid], 8)}`;
  const room = Math.max(shortestLimit, name.length) - suffix.length;
  return `${name.slice(0, room).replace(/[-.]+$/u, "")}${suffix}`;
}

function notOurs({ path }: ApplyStep): Failure {
  const reason = `cannot be changed in place, and its labels do not say that it was applied for ${path}`;
  return { kind: "failed", class: "permanent", reason };
}

function moved(): Failure {
  return { kind: "failed", class: "transient", reason: "another object took its name meanwhile" };
}

const pollMs = 100;

async function waitUntilGone(applier: ObjectApplier, { key }: ApplyStep, uid: string): Promise<Cleared> {
  const { signal, slots, target, definitionWaitMs } = applier;
  for (let waitedMs = 0; ; waitedMs += pollMs) {
    const live = await slots.run(() => target.read(key, { signal }));
    if (live.kind === "failed") return live;
    if (live.kind === "absent" || live.metadata.uid !== uid) return { kind: "cleared" };
    const isLate = waitedMs >= definitionWaitMs || !(await waitUnlessNewer(applier, pollMs));
    if (isLate) return { kind: "failed", class: "blocked", reason: describeRemains(live.metadata) };
  }
}

/** Why an object that is being deleted is still there. */
function describeRemains({ finalizers }: Pick<LiveMetadata, "finalizers">): string {
  return finalizers.length === 0
    ? "waits for its deletion to end"
    : `waits for its deletion, which the finalizer ${finalizers.join(", ")} holds up`.slice(0, 1000);
}
