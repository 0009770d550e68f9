/**
 * What would go along with a namespace or a definition and is none of ours. Ours is what this plane applied, what controllers
 * made for it, and what every namespace is given by the cluster itself. Pure.
 */
import { isOfPlane } from "./claims.ts";
import type { PlaneId } from "../schemas/layout.ts";
import type { ListedObject } from "./target.ts";

/** What is not ours, in order. */
export function findForeign(objects: readonly ListedObject[], plane: PlaneId): readonly ListedObject[] {
  const ours = new Set(objects.filter((object) => isOurs(object, plane)).map(({ uid }) => uid));
  const ids = new Set(objects.filter(({ uid }) => ours.has(uid)).map(({ id }) => id));
  for (let before = -1; before !== ours.size;) {
    before = ours.size;
    for (const { uid, owners } of objects) if (owners.some((owner) => ours.has(owner.uid))) ours.add(uid);
  }
  return objects.filter((object) => !ours.has(object.uid) && !isGiven(object, ids));
}

/**
 * Of these, those that none of these owns, and that are no passing work of a controller: pods come and go with the Deployment
 * that a person decides about, also where the agent may not list what is between. Anything else that names a controller is
 * told: anybody can write such a name.
 */
export function rootsOf(foreign: readonly ListedObject[]): readonly ListedObject[] {
  const uids = new Set(foreign.map(({ uid }) => uid));
  const isPassing = ({ id }: ListedObject): boolean => passingKinds.some((kind) => id.startsWith(`${kind}/`));
  return foreign.filter(
    (object) => !object.owners.some(({ uid, isController }) => uids.has(uid) || (isController && isPassing(object))),
  );
}

const passingKinds = [
  "Pod",
  "apps/ControllerRevision",
  "apps/ReplicaSet",
  "batch/Job",
  "discovery.k8s.io/EndpointSlice",
] as const;

/** A child that only inherited our labels is not; it is with us by its owner. */
function isOurs({ labels, owners }: ListedObject, plane: PlaneId): boolean {
  return isOfPlane(labels, plane) && !owners.some(({ isController }) => isController);
}

/** The service account and the certificate bundle of every namespace, and the old form of a Service's endpoints. */
function isGiven({ id }: ListedObject, ours: ReadonlySet<string>): boolean {
  const [kind, , name] = id.split("/");
  if (kind === "ServiceAccount") return name === "default";
  if (kind === "ConfigMap") return name === "kube-root-ca.crt";
  return kind === "Endpoints" && ours.has(id.replace(/^Endpoints/, "Service"));
}

const mostNamed = 10;

/** `3 objects that are not ours, a, b and c`; cut after ten. */
export function nameForeign(foreign: readonly Pick<ListedObject, "id">[]): string {
  const ids = foreign.map(({ id }) => id);
  const shown = ids.slice(0, mostNamed).join(", ");
  const more = ids.length > mostNamed ? ` and ${ids.length - mostNamed} more` : "";
  return `${ids.length} ${ids.length === 1 ? "object that is" : "objects that are"} not ours: ${shown}${more}`;
}
