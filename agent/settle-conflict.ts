/**
 * What is applied when others own fields of a manifest (DESIGN: Ownership). Fields that we applied before are taken back by
 * force where the environment heals; fields that were never ours are left out first, since force takes every conflict of a
 * request. What was left out once is noted on the live object, so that no later process takes it for ours.
 */
import type { KubernetesObject } from "../schemas/object-id.ts";
import { objectAnnotations } from "../schemas/object-annotations.ts";
import { locateField, withoutFields } from "./conflict-path.ts";
import { appliedBy, type FieldPath, keeperOf, type ManagedFields, ownsField, planePrefix } from "./managed-fields.ts";
import type { FieldOwner, LiveMetadata } from "./target.ts";

export type Conflict = {
  readonly object: KubernetesObject;
  readonly owners: readonly FieldOwner[];
  readonly live: Pick<LiveMetadata, "annotations" | "managedFields" | "resourceVersion">;
  /** The object as we applied it last, as far as that is known. */
  readonly before: KubernetesObject | undefined;
  readonly heals: boolean;
  /** Our own name; its keeper never stands in our way. */
  readonly manager: string;
};

export type Settlement = {
  /** Onto the very version that the conflict was judged by. */
  readonly object: KubernetesObject;
  readonly force: boolean;
  readonly takenBack: readonly FieldOwner[];
  readonly leftOut: readonly FieldOwner[];
};

/** The plane, as its key, of another agent that owns a field; undefined when none does. An object is one plane's. */
export function otherPlane(owners: Iterable<{ readonly manager: string }>, own: string): string | undefined {
  for (const { manager } of owners) {
    const isOurs = manager === own || manager === keeperOf(own);
    if (manager.startsWith(planePrefix) && !isOurs) return manager.slice(planePrefix.length);
  }
  return undefined;
}

/** Undefined when a field that the conflict names cannot be found in the manifest. Pure. */
export function settleConflict(conflict: Conflict): Settlement | undefined {
  const takenBack: FieldOwner[] = [];
  const leftOut: FieldOwner[] = [];
  const paths: FieldPath[] = [];
  for (const { manager, fields } of conflict.owners) {
    const isOurs = (field: string): boolean =>
      manager === keeperOf(conflict.manager) || mayTake(conflict, manager, field);
    const [ours, theirs] = [fields.filter(isOurs), fields.filter((field) => !isOurs(field))];
    for (const field of theirs) {
      const path = locateField(conflict.object, field);
      if (path === undefined) return undefined;
      paths.push(path);
    }
    if (ours.length > 0) takenBack.push({ manager, fields: ours });
    if (theirs.length > 0) leftOut.push({ manager, fields: theirs });
  }
  const never = leftOut.flatMap(({ fields }) => fields).filter((field) => !wasOurs(conflict, field));
  const rest = withoutFields(conflict.object, paths);
  const annotations = {
    ...rest.metadata.annotations,
    ...(never.length === 0 ? {} : { [objectAnnotations.leftOut]: JSON.stringify(never.toSorted()) }),
  };
  const metadata = {
    ...rest.metadata,
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    resourceVersion: conflict.live.resourceVersion,
  };
  return { object: { ...rest, metadata }, force: takenBack.length > 0, takenBack, leftOut };
}

function mayTake(conflict: Conflict, manager: string, field: string): boolean {
  if (!conflict.heals || !wasOurs(conflict, field)) return false;
  return !isAutoscaled(field, manager, conflict.live.managedFields);
}

function wasOurs({ before, live, manager }: Conflict, field: string): boolean {
  if (readLeftOut(live, manager).includes(field)) return false;
  return before !== undefined && locateField(before, field) !== undefined;
}

const notePath: FieldPath = ["metadata", "annotations", objectAnnotations.leftOut];
const noteOwner = { metadata: { annotations: { [objectAnnotations.leftOut]: "" } } };

/** The fields that the live object's note names; none for a note that is none, or that somebody else wrote. */
export function readLeftOut(
  { annotations, managedFields }: Pick<LiveMetadata, "annotations" | "managedFields">,
  manager: string,
): readonly string[] {
  const note = annotations[objectAnnotations.leftOut];
  if (note === undefined || !ownsField(appliedBy(managedFields, manager)?.fieldsV1, noteOwner, notePath)) return [];
  try {
    const fields: unknown = JSON.parse(note);
    return Array.isArray(fields) ? fields.filter((field): field is string => typeof field === "string") : [];
  } catch {
    return [];
  }
}

/**
 * Replicas that a controller set through the scale subresource are an autoscaler's, and stay its own (Kubernetes: "Horizontal
 * Pod Autoscaling"). What a person set with `kubectl scale` is drift like any other.
 */
export function isAutoscaled(field: string, manager: string, managed: readonly ManagedFields[]): boolean {
  if (field !== ".spec.replicas" || manager.startsWith("kubectl")) return false;
  return managed.some((entry) => entry.manager === manager && entry.subresource === "scale");
}

/** `kubectl-edit owns .spec.replicas`, owner by owner. */
export function describeOwners(owners: readonly FieldOwner[]): string {
  return owners.map(({ manager, fields }) => `${manager} owns ${fields.join(", ")}`).join("; ");
}
