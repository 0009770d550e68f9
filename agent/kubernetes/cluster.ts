/** What every request of a Kubernetes target needs, and the way from an object's key to its path. */
import type { PlaneId } from "../../schemas/layout.ts";
import { objectId, type ObjectKey } from "../../schemas/object-id.ts";
import type { Failure } from "../target.ts";
import { type ApiStatus, cutReason } from "./api-status.ts";
import type { Answered } from "./connection.ts";
import type { Discovery, Lookup } from "./discovery.ts";
import type { Wire } from "./impersonation.ts";
import { objectPath } from "./resource-path.ts";

export type Cluster = {
  /** For everything about Releases' objects, as the tenant where one is impersonated. */
  readonly connection: Wire;
  /** For what is the agent's own: its record, the cluster's identity. */
  readonly own: Wire;
  readonly discovery: Discovery;
  readonly plane: PlaneId;
  readonly fieldManager: string;
};

/** Path of the object, or why there is none. */
export function locate(
  lookup: Lookup,
  key: ObjectKey,
): { readonly kind: "path"; readonly path: string } | { readonly kind: "not-served" } | Failure {
  if (lookup.kind !== "served") return lookup;
  const path = objectPath(lookup.resource, key);
  return path.kind === "path" ? path : permanent(path.reason);
}

export function permanent(reason: string): Failure {
  return { kind: "failed", class: "permanent", reason: cutReason(reason) };
}

/** A success whose body is not what was asked for: something between us and the API server answered. */
export function strangeAnswer(answer: Answered, key: ObjectKey): Failure {
  const reason = `${objectId(key)}: HTTP ${answer.status} without an object in it`;
  return { kind: "failed", class: "transient", reason: cutReason(reason) };
}

/** Whether a 404 speaks of an object or its namespace; otherwise the whole path is gone, and with it the kind. */
export function namesAnObject(status: ApiStatus): boolean {
  return status.reason === "NotFound" && (status.details?.name ?? "") !== "";
}
