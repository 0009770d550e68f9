/**
 * What becomes of an object that cannot be changed in place: replaced where its class allows it, else held. A StatefulSet is
 * replaced without its pods, which the new one adopts, so its class may allow that; of the other kinds that hold data no
 * class may.
 */
import type { KubernetesObject, ObjectKey } from "../schemas/object-id.ts";
import { objectAnnotations } from "../schemas/object-annotations.ts";
import { isGuarded } from "./guarded-kinds.ts";

/** Whether the object may be replaced without a person's approval. */
export function mayReplace(key: ObjectKey, object: KubernetesObject): boolean {
  if (object.metadata.annotations?.[objectAnnotations.replace] !== "allowed") return false;
  return replacesByOrphaning(key) || !isGuarded(key);
}

/** Whether what depends on the object outlives it. */
export function replacesByOrphaning({ group, kind }: ObjectKey): boolean {
  return group === "apps" && kind === "StatefulSet";
}
