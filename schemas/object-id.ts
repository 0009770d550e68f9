/**
 * How a Kubernetes object is named everywhere: `[group/]Kind/[namespace/]name`, without a version, since one object is
 * served under several.
 */
import { z } from "zod";

export const KubernetesObject = z.looseObject({
  apiVersion: z.string().min(1).max(317),
  kind: z.string().min(1).max(63),
  metadata: z.looseObject({
    name: z.string().min(1).max(253),
    namespace: z.string().min(1).max(63).exactOptional(),
    labels: z.record(z.string(), z.string()).exactOptional(),
    annotations: z.record(z.string(), z.string()).exactOptional(),
  }),
});
export type KubernetesObject = z.infer<typeof KubernetesObject>;

export type ObjectKey = {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
};

export function objectKey(object: KubernetesObject): ObjectKey {
  const { group, version } = splitApiVersion(object.apiVersion);
  const { namespace, name } = object.metadata;
  return { group, version, kind: object.kind, ...(namespace === undefined ? {} : { namespace }), name };
}

export function splitApiVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf("/");
  return slash < 0
    ? { group: "", version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

export function objectId(key: ObjectKey): string {
  return [key.group, key.kind, key.namespace ?? "", key.name].filter((part) => part !== "").join("/");
}
