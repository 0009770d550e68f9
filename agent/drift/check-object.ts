/** One object beside its manifest: what somebody else changed, told, and put right where the environment heals. */
import type { Log } from "../../process/log.ts";
import { objectAnnotations } from "../../schemas/object-annotations.ts";
import type { KubernetesObject } from "../../schemas/object-id.ts";
import type { DriftMode } from "../../schemas/plane-settings.ts";
import type { Drift } from "../../schemas/receipt.ts";
import { locateField, withoutFields } from "../conflict-path.ts";
import { kindName } from "../inventory.ts";
import { runsOnce } from "../health/run-once.ts";
import { appliedBy, type FieldPath, type ManagedFields, managedFieldsOf, printOfApplied } from "../managed-fields.ts";
import type { ReleaseObject } from "../release-file.ts";
import { otherPlane, readLeftOut } from "../settle-conflict.ts";
import type { Failure, Target } from "../target.ts";
import { compareFields, type Difference } from "./differences.ts";
import type { Disputes } from "./disputes.ts";
import { driftOf, driftOfMissing } from "./tell-drift.ts";

export type Check = {
  readonly manifest: ReleaseObject;
  readonly path: string;
  readonly mode: DriftMode;
  readonly disputes: Disputes;
};

export type Checked =
  | {
      readonly kind: "checked";
      /** Undefined when the object is not there. */
      readonly uid: string | undefined;
      readonly print: string;
      readonly drift: Drift | undefined;
      /** When to look again, in milliseconds. */
      readonly againMs?: number;
    }
  | Failure;

type Surroundings = { readonly target: Target; readonly log: Log; readonly signal: AbortSignal };

/** The whole of an object is what is disputed when somebody keeps deleting it. */
const wholeObject: FieldPath = [];
/** How long a deletion is waited for before it is looked at again. */
const deletionMs = 5000;

export async function checkObject(surroundings: Surroundings, check: Check): Promise<Checked> {
  const { target, signal } = surroundings;
  const { id, key, object } = check.manifest;
  const live = await target.readObject(key, { signal });
  if (live.kind === "failed") return live;
  if (live.kind === "absent") return await bringBack(surroundings, check);
  const metadata = live.object.metadata;
  const uid = String(metadata["uid"]);
  const managed = managedFieldsOf(live.object);
  const standing = { kind: "checked", uid, print: printOfApplied(managed, target.fieldManager) } as const;
  if (metadata["deletionTimestamp"] !== undefined) return { ...standing, drift: undefined, againMs: deletionMs };
  const note = { annotations: metadata.annotations ?? {}, managedFields: managed };
  const leftOut = readLeftOut(note, target.fieldManager).flatMap((field) => {
    const path = locateField(object, field);
    return path === undefined ? [] : [path];
  });
  const { differences, untouched } = compareFields({
    manifest: object,
    live: live.object,
    managed,
    manager: target.fieldManager,
    leftOut,
  });
  if (differences.length === 0) return { ...standing, drift: undefined };
  if (check.mode === "report" || !isOurs(managed, target.fieldManager))
    return { ...standing, drift: driftOf(object, differences, false) };
  return await heal(surroundings, { check, standing, differences, untouched, live: live.object, id });
}

/** Something of it was applied by us and by no other plane: what only stands under its name is told, and left to its owner. */
function isOurs(managed: readonly ManagedFields[], manager: string): boolean {
  return appliedBy(managed, manager) !== undefined && otherPlane(managed, manager) === undefined;
}

/**
 * Deleted by somebody: made anew, without taking anything from anybody. What runs once is not: it may have ended, and its own
 * time to live have taken it.
 */
async function bringBack({ target, log, signal }: Surroundings, check: Check): Promise<Checked> {
  const { id, key, object } = check.manifest;
  const gone = { kind: "checked", uid: undefined, print: "" } as const;
  if (runsOnce(kindName(key))) return { ...gone, drift: undefined };
  if (check.mode === "report") return { ...gone, drift: driftOfMissing(false) };
  const pauseMs = check.disputes.pauseOf(id, wholeObject);
  if (pauseMs > 0) return { ...gone, drift: driftOfMissing(false), againMs: pauseMs };
  const outcome = await target.apply(object, { dryRun: false, signal });
  if (outcome.kind === "failed") return outcome;
  if (outcome.kind === "conflict") return { kind: "failed", class: "transient", reason: outcome.reason };
  check.disputes.note(id, wholeObject);
  log.info({ release: check.path }, `brought back ${id}, which somebody had deleted`);
  return { kind: "checked", uid: outcome.uid, print: outcome.print, drift: driftOfMissing(true) };
}

type Healing = {
  readonly check: Check;
  readonly standing: Extract<Checked, { kind: "checked" }> | { kind: "checked"; uid: string; print: string };
  readonly differences: readonly Difference[];
  /** Fields that stay their owners'. */
  readonly untouched: readonly FieldPath[];
  readonly live: KubernetesObject;
  readonly id: string;
};

/** Takes the fields back that are due; a disputed one when its minute is over. */
async function heal({ target, log, signal }: Surroundings, healing: Healing): Promise<Checked> {
  const { check, standing, differences, untouched, live, id } = healing;
  const { disputes, manifest } = check;
  const pauses = differences.map(({ path }) => disputes.pauseOf(id, path));
  const due = differences.filter((_, index) => pauses[index] === 0);
  const waiting = pauses.filter((pauseMs) => pauseMs > 0);
  const later = waiting.length === 0 ? {} : { againMs: Math.min(...waiting) };
  if (due.length === 0) return { ...standing, drift: driftOf(manifest.object, differences, false), ...later };
  const disputed = differences.filter((difference) => !due.includes(difference)).map(({ path }) => path);
  const object = noteLeftOut(withoutFields(manifest.object, [...untouched, ...disputed]), live);
  const outcome = await target.apply(object, { dryRun: false, force: true, signal });
  if (outcome.kind === "failed") return outcome;
  if (outcome.kind === "conflict") return { kind: "failed", class: "transient", reason: outcome.reason };
  for (const { path } of due) disputes.note(id, path);
  const drift = driftOf(manifest.object, differences, disputed.length === 0);
  const by = drift.by.map(({ manager }) => manager).join(", ") || "somebody";
  log.info(
    { release: check.path, fields: due.map(({ operation }) => operation.path) },
    `healed ${id}, changed by ${by}`,
  );
  return { kind: "checked", uid: outcome.uid, print: outcome.print, drift, ...later };
}

/** Onto the version that was compared, and with the note of what is left to others. */
function noteLeftOut(object: KubernetesObject, live: KubernetesObject): KubernetesObject {
  const note = live.metadata.annotations?.[objectAnnotations.leftOut];
  const annotations = {
    ...object.metadata.annotations,
    ...(note === undefined ? {} : { [objectAnnotations.leftOut]: note }),
  };
  const metadata = {
    ...object.metadata,
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    resourceVersion: live.metadata["resourceVersion"],
  };
  return { ...object, metadata };
}
