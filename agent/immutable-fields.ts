/**
 * Fields of built-in kinds that the API server refuses to change once an object exists (Kubernetes: the `Validate…Update`
 * functions of pkg/apis; for most, the API reference says "immutable"). What is not listed here is found out by the apply.
 */
import { isDeepStrictEqual } from "node:util";
import type { KubernetesObject } from "../schemas/object-id.ts";
import { mappingAt } from "./health/verdict.ts";

type Rule =
  /** The whole field. */
  | { readonly field: readonly string[] }
  /** Everything in the mapping save these. */
  | { readonly within: readonly string[]; readonly save: readonly string[] };

const selector: Rule = { field: ["spec", "selector"] };
const roleRef: Rule = { field: ["roleRef"] };

/** By `[group/]Kind`. */
const rules: ReadonlyMap<string, readonly Rule[]> = new Map([
  ["apps/Deployment", [selector]],
  ["apps/DaemonSet", [selector]],
  ["apps/ReplicaSet", [selector]],
  [
    "apps/StatefulSet",
    [
      {
        within: ["spec"],
        save: [
          "replicas",
          "ordinals",
          "template",
          "updateStrategy",
          "revisionHistoryLimit",
          "persistentVolumeClaimRetentionPolicy",
          "minReadySeconds",
        ],
      },
    ],
  ],
  [
    "batch/Job",
    [
      selector,
      { field: ["spec", "template"] },
      { field: ["spec", "completionMode"] },
      { field: ["spec", "podFailurePolicy"] },
    ],
  ],
  ["Service", [{ field: ["spec", "clusterIP"] }]],
  ["PersistentVolumeClaim", [{ within: ["spec"], save: ["resources", "volumeAttributesClassName"] }]],
  ["Secret", [{ field: ["type"] }]],
  ["rbac.authorization.k8s.io/RoleBinding", [roleRef]],
  ["rbac.authorization.k8s.io/ClusterRoleBinding", [roleRef]],
  [
    "storage.k8s.io/StorageClass",
    [
      { field: ["provisioner"] },
      { field: ["parameters"] },
      { field: ["reclaimPolicy"] },
      { field: ["volumeBindingMode"] },
    ],
  ],
  ["scheduling.k8s.io/PriorityClass", [{ field: ["value"] }, { field: ["preemptionPolicy"] }]],
  ["apiextensions.k8s.io/CustomResourceDefinition", [{ field: ["spec", "group"] }, { field: ["spec", "scope"] }]],
]);

/** ConfigMaps and Secrets that say so themselves (Kubernetes: "Immutable ConfigMaps"). */
const sealedData: readonly Rule[] = ["data", "binaryData", "stringData", "immutable"].map((name) => ({
  field: [name],
}));

/** The first immutable field, as `spec.selector`, that differs; undefined when the object can be changed in place. */
export function changedImmutableField(
  kind: string,
  before: KubernetesObject,
  after: KubernetesObject,
): string | undefined {
  const isSealed = (kind === "ConfigMap" || kind === "Secret") && before["immutable"] === true;
  for (const rule of [...(rules.get(kind) ?? []), ...(isSealed ? sealedData : [])]) {
    const changed = "field" in rule ? changedField(rule.field, before, after) : changedWithin(rule, before, after);
    if (changed !== undefined) return changed.join(".");
  }
  return undefined;
}

/** A field that leaves the manifest keeps the value that the server gave it. */
function changedField(
  field: readonly string[],
  before: KubernetesObject,
  after: KubernetesObject,
): readonly string[] | undefined {
  const [folder, name] = [field.slice(0, -1), field.at(-1) ?? ""];
  const next = mappingAt(after, ...folder)[name];
  if (next === undefined) return undefined;
  return isDeepStrictEqual(mappingAt(before, ...folder)[name], next) ? undefined : field;
}

function changedWithin(
  { within, save }: { readonly within: readonly string[]; readonly save: readonly string[] },
  before: KubernetesObject,
  after: KubernetesObject,
): readonly string[] | undefined {
  const names = Object.keys(mappingAt(after, ...within)).filter((name) => !save.includes(name));
  return names.map((name) => changedField([...within, name], before, after)).find((field) => field !== undefined);
}
