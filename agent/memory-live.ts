/** One live object of the in-memory target, and what a request sees of it. */
import { type KubernetesObject, objectId, type ObjectKey } from "../schemas/object-id.ts";
import type { FieldSet } from "./memory-fields.ts";
import type { ListedObject, LiveMetadata } from "./target.ts";

export type Live = {
  readonly key: ObjectKey;
  readonly uid: string;
  readonly fields: FieldSet;
  version: number;
  generation: number;
  deleting: boolean;
};

export function whole(live: Live): KubernetesObject {
  const object = live.fields.build(live.key);
  const metadata = { ...object.metadata, uid: live.uid, resourceVersion: String(live.version) };
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
