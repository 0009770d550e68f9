/**
 * URL paths of the API (Kubernetes: "API concepts, Resource URIs"). Every part is encoded: RBAC names hold colons, and what
 * came from outside must not climb to another object.
 */
import type { ServedResource } from "./parse-discovery.ts";

export type PathProblem = { readonly kind: "unusable"; readonly reason: string };
export type ResourcePath = { readonly kind: "path"; readonly path: string };

type Resource = Omit<ServedResource, "isKept">;

export type ObjectName = { readonly namespace?: string | undefined; readonly name: string };

/** Path of one object. Unusable where the namespace does not fit the kind's scope, or a name can be no path segment. */
export function objectPath(resource: Resource, { namespace, name }: ObjectName): ResourcePath | PathProblem {
  if (resource.namespaced && namespace === undefined) {
    return { kind: "unusable", reason: `${resource.kind} "${name}" needs metadata.namespace: its kind is namespaced` };
  }
  if (!resource.namespaced && namespace !== undefined) {
    const reason = `${resource.kind} "${name}" must not have metadata.namespace: its kind is cluster-scoped`;
    return { kind: "unusable", reason };
  }
  const unfit = [name, ...(namespace === undefined ? [] : [namespace])].find((part) => !isSegment(part));
  if (unfit !== undefined) return { kind: "unusable", reason: `"${unfit}" is no name for an object` };
  return { kind: "path", path: `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}` };
}

/** Path of a kind's objects, in one namespace or in all. */
export function collectionPath({ group, version, plural }: Resource, namespace?: string): string {
  const root = group === "" ? "/api" : `/apis/${encodeURIComponent(group)}`;
  const place = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}/${encodeURIComponent(version)}${place}/${encodeURIComponent(plural)}`;
}

/** The API server's own rule for every name (apimachinery: `path.IsValidPathSegmentName`). */
function isSegment(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !/[/%]/u.test(name) && name.isWellFormed();
}
