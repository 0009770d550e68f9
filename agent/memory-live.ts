/** One object of the in-memory target, and what is told of it. */
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { type KubernetesObject, objectId, type ObjectKey } from "../schemas/object-id.ts";
import { innerOf, printOfApplied } from "./managed-fields.ts";
import { FieldSet } from "./memory-fields.ts";
import type { ApplyOutcome, Holder, ListedObject, LiveMetadata } from "./target.ts";

export type Live = {
  readonly key: ObjectKey;
  readonly uid: string;
  readonly fields: FieldSet;
  version: number;
  generation: number;
  deleting: boolean;
};

export function newLive(key: ObjectKey): Live {
  return { key, uid: randomUUID(), fields: new FieldSet(), version: 0, generation: 0, deleting: false };
}

/** Whether an apply would give a field, as `spec.selector`, another value. */
export function isChanged(field: string, live: KubernetesObject, next: KubernetesObject): boolean {
  const valueIn = (object: unknown): unknown => field.split(".").reduce(innerOf, object);
  return valueIn(next) !== undefined && !isDeepStrictEqual(valueIn(live), valueIn(next));
}

/** Undefined for a creation that was only tried. */
export function applied(live: Live | undefined, manager: string): ApplyOutcome {
  return {
    kind: "applied",
    print: live === undefined ? "" : printOfApplied(live.fields.managedFields(), manager),
    uid: live?.uid ?? randomUUID(),
    resourceVersion: live === undefined ? "" : String(live.version),
    generation: live === undefined || live.generation === 0 ? undefined : live.generation,
  };
}

export function whole(live: Live): KubernetesObject {
  const object = live.fields.build(live.key);
  const managedFields = live.fields.managedFields();
  const metadata = { ...object.metadata, uid: live.uid, resourceVersion: String(live.version), managedFields };
  return { ...object, metadata };
}

export function metadataOnly({ apiVersion, kind, metadata }: KubernetesObject): KubernetesObject {
  return { apiVersion, kind, metadata };
}

export function metadataOf(live: Live): LiveMetadata {
  const { labels, annotations } = live.fields.build(live.key).metadata;
  const controller = ownersOf(live).find((owner) => owner.controller === true);
  return {
    uid: live.uid,
    resourceVersion: String(live.version),
    generation: live.generation === 0 ? undefined : live.generation,
    labels: labels ?? {},
    annotations: annotations ?? {},
    deleting: live.deleting,
    finalizers: finalizersOf(live),
    controller: controller === undefined ? undefined : `${controller.kind}/${controller.name}`,
    managedFields: live.fields.managedFields(),
  };
}

type OwnerReference = {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
};

/** Tests write them as Kubernetes has them. */
function ownersOf(live: Live): readonly OwnerReference[] {
  return (live.fields.build(live.key).metadata["ownerReferences"] ?? []) as readonly OwnerReference[];
}

function finalizersOf(live: Live): readonly string[] {
  return (live.fields.build(live.key).metadata["finalizers"] ?? []) as readonly string[];
}

export function listed(live: Live): ListedObject {
  const { uid, labels, finalizers, deleting } = metadataOf(live);
  const owners = ownersOf(live).map((owner) => ({ uid: owner.uid, isController: owner.controller === true }));
  return { id: objectId(live.key), uid, labels, owners, finalizers, deleting };
}

/** Whether a delete of the holder takes the object along. */
export function isHeldBy({ key }: Live, { kind, name }: Holder): boolean {
  return kind === "namespace" ? key.namespace === name : `${key.kind.toLowerCase()}s.${key.group}` === name;
}
