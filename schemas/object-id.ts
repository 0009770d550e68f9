/**
 * How a Kubernetes object is named everywhere: `[group/]Kind/[namespace/]name`, without a version, since one object is
 * served under several.
 */
import { z } from "zod";
import { isMapping, isTexts } from "./mapping.ts";

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

/**
 * Whether a value out of JSON is one, by the very rules of the schema and without its copy: an agent asks it of every object
 * that a watch shows. A test compares the two.
 */
export function isKubernetesObject(value: unknown): value is KubernetesObject {
  if (!isMapping(value) || !isText(value["apiVersion"], 317) || !isText(value["kind"], 63)) return false;
  const metadata = value["metadata"];
  if (!isMapping(metadata) || !isText(metadata["name"], 253)) return false;
  const { namespace, labels, annotations } = metadata;
  if (namespace !== undefined && !isText(namespace, 63)) return false;
  return (labels === undefined || isTexts(labels)) && (annotations === undefined || isTexts(annotations));
}

function isText(value: unknown, longest: number): boolean {
  return typeof value === "string" && value.length > 0 && value.length <= longest;
}

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
