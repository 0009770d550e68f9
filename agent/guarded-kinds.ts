/** Kinds whose objects hold what cannot be rendered again: deleting one needs a person's word, whatever a class says. */
import type { ObjectKey } from "../schemas/object-id.ts";
import { kindName } from "./inventory.ts";

const guardedKinds: ReadonlySet<string> = new Set([
  "Namespace",
  "apiextensions.k8s.io/CustomResourceDefinition",
  "PersistentVolumeClaim",
  "PersistentVolume",
  "apps/StatefulSet",
]);

export function isGuarded(key: Pick<ObjectKey, "group" | "kind">): boolean {
  return guardedKinds.has(kindName(key));
}
