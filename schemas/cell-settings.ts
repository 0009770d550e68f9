/**
 * How a Cell is made. DataPlane, Environment, Project and a Project's word about one environment are laid over each other in
 * this order, field by field: maps merge, lists are replaced whole. Of podSecurity the strictest counts, and no Project loosens it.
 */
import { z } from "zod";
import { HostPattern } from "./host-name.ts";
import { CidrBlock } from "./kubernetes/addresses.ts";
import { Annotations, Labels, LabelValue, QualifiedName } from "./kubernetes/formats.ts";
import { LimitRangeItem, QuotaAmounts } from "./kubernetes/limits.ts";
import { Name } from "./metadata.ts";
import { objectAnnotations } from "./object-annotations.ts";
import { isEngineLabel, withoutKeys } from "./reserved-keys.ts";

/** Keys that the cluster, or the engine for podSecurity, sets on a Namespace. */
const namespaceKeys: ReadonlySet<string> = new Set([
  "kubernetes.io/metadata.name",
  "pod-security.kubernetes.io/enforce",
]);

/** Beside the one of ours that people set. */
const isReserved = (key: string): boolean =>
  key !== objectAnnotations.ephemeral && (isEngineLabel(key) || namespaceKeys.has(key));

/** By which version of a standard pods are judged decides what it refuses (Kubernetes, "Pod Security Admission"). */
const isOfPlatform = (key: string): boolean => !isReserved(key) && key.startsWith("pod-security.kubernetes.io/");

const NamespaceLabels = withoutKeys(Labels, isReserved);

const Toleration = z
  .strictObject({
    key: QualifiedName.exactOptional().describe("The taint's key. Any when absent, with operator Exists."),
    operator: z.enum(["Equal", "Exists"]).exactOptional().describe("How the value is compared. Equal when absent."),
    value: LabelValue.exactOptional().describe("The taint's value, for Equal."),
    effect: z
      .enum(["NoSchedule", "PreferNoSchedule", "NoExecute"])
      .exactOptional()
      .describe("The taint's effect. Any when absent."),
    tolerationSeconds: z.int().exactOptional().describe("How long a pod stays, for NoExecute."),
  })
  .refine(({ key, operator }) => key !== undefined || operator === "Exists", {
    error: "must have a key, or operator: Exists",
  })
  .refine(({ operator, value }) => operator !== "Exists" || value === undefined, {
    error: "must have no value beside operator: Exists",
    path: ["value"],
  })
  .refine(({ effect, tolerationSeconds }) => tolerationSeconds === undefined || effect === "NoExecute", {
    error: "must stand with effect: NoExecute",
    path: ["tolerationSeconds"],
  })
  .meta({
    "x-kubernetes-validations": [
      {
        rule: "has(self.key) || has(self.operator) && self.operator == 'Exists'",
        message: "needs a key, or operator: Exists",
      },
      {
        rule: "!(has(self.operator) && self.operator == 'Exists' && has(self.value))",
        message: "has no value beside operator: Exists",
        fieldPath: ".value",
      },
      {
        rule: "!has(self.tolerationSeconds) || has(self.effect) && self.effect == 'NoExecute'",
        message: "stands with effect: NoExecute",
        fieldPath: ".tolerationSeconds",
      },
    ],
  });

const TopologySpread = z
  .strictObject({
    topologyKey: QualifiedName.describe("The label of nodes whose values are the places, such as a zone."),
    maxSkew: z.int32().min(1).describe("By how many pods two places may differ."),
    whenUnsatisfiable: z
      .enum(["DoNotSchedule", "ScheduleAnyway"])
      .describe("What becomes of a pod that would differ by more."),
    minDomains: z.int32().min(1).exactOptional().describe("How many places there are at least, for DoNotSchedule."),
  })
  .refine(({ whenUnsatisfiable, minDomains }) => minDomains === undefined || whenUnsatisfiable === "DoNotSchedule", {
    error: "must stand with whenUnsatisfiable: DoNotSchedule",
    path: ["minDomains"],
  })
  .meta({
    "x-kubernetes-validations": [
      {
        rule: "!has(self.minDomains) || self.whenUnsatisfiable == 'DoNotSchedule'",
        message: "stands with whenUnsatisfiable: DoNotSchedule",
        fieldPath: ".minDomains",
      },
    ],
  });

/** What an API server tells them apart by. */
function spreadKey({ topologyKey, whenUnsatisfiable }: z.infer<typeof TopologySpread>): string {
  return `${topologyKey} ${whenUnsatisfiable}`;
}

const Scheduling = z.strictObject({
  nodeSelector: Labels.exactOptional().describe("Labels of the nodes that pods run on."),
  tolerations: z.array(Toleration).max(50).exactOptional().describe("Taints of nodes that pods put up with."),
  priorityClassName: Name.exactOptional().describe("The PriorityClass of pods. It stands in the cluster."),
  topologySpreadConstraints: z
    .array(TopologySpread)
    .max(10)
    .refine((items) => new Set(items.map(spreadKey)).size === items.length, {
      error: "must have each pair of topologyKey and whenUnsatisfiable once",
    })
    .meta({
      "x-kubernetes-validations": [
        {
          rule: "self.all(item, self.exists_one(other, other.topologyKey == item.topologyKey && other.whenUnsatisfiable == item.whenUnsatisfiable))",
          message: "has each pair of topologyKey and whenUnsatisfiable once",
        },
      ],
    })
    .exactOptional()
    .describe("How the pods of each component are spread over nodes and zones."),
});

const Network = z.strictObject({
  withinCell: z
    .enum(["Declared", "Open"])
    .exactOptional()
    .describe("Declared, the default: pods of the cell reach each other along connections. Open: all of them do."),
  egress: z
    .enum(["Closed", "Open"])
    .exactOptional()
    .describe(
      "Closed, the default: pods reach what connections of type external name. Open: everything outside the cluster but link-local addresses, and where the plane has no Cilium every other address, pods of the cluster too.",
    ),
});

const listLimit = 100;

/** What is the platform's to say, and no Project's. */
const PlatformNetwork = Network.extend({
  allowedEgress: z
    .strictObject({
      hosts: z
        .array(HostPattern)
        .max(listLimit)
        .exactOptional()
        .describe("Hosts by their names; `*.example.org` is every host below example.org, `*` every host."),
      cidrs: z
        .array(CidrBlock)
        .max(listLimit)
        .exactOptional()
        .describe(
          "Blocks of addresses, and with each all within it. Link-local, loopback and multicast addresses are within those only that hold nothing else.",
        ),
    })
    .exactOptional()
    .describe(
      "What connections of type external may name where egress is closed: nothing else, and no Project opens egress that the platform has not opened. Without it any host, and blocks that are no wider than /8, of IPv6 /32.",
    ),
});

/** As a Project says them. */
export const CellSettings = z.strictObject({
  podSecurity: z
    .enum(["privileged", "baseline", "restricted"])
    .exactOptional()
    .describe(
      "The Pod Security Standard that the cluster enforces in the Namespace: the strictest that DataPlane, Environment and Project ask for, baseline where none does. privileged is for DataPlane and Environment to say, and nothing by a Project alone.",
    ),
  labels: withoutKeys(NamespaceLabels, isOfPlatform, "the DataPlane or Environment")
    .exactOptional()
    .describe("Labels of the Namespace; of pod-security.kubernetes.io none but the platform's."),
  annotations: withoutKeys(Annotations, isReserved).exactOptional().describe("Annotations of the Namespace."),
  quota: QuotaAmounts.exactOptional().describe(
    "The most that everything in the cell takes (ResourceQuota, spec.hard).",
  ),
  limits: z
    .array(LimitRangeItem)
    .max(3)
    .refine((items) => new Set(items.map(({ type }) => type)).size === items.length, {
      error: "must have each type once",
    })
    .meta({
      "x-kubernetes-validations": [
        {
          rule: "self.all(item, self.exists_one(other, other.type == item.type))",
          message: "has each type once",
        },
      ],
    })
    .exactOptional()
    .describe("Bounds and defaults for what a single pod, container or claim takes (LimitRange, spec.limits)."),
  scheduling: Scheduling.exactOptional().describe(
    "Where pods of the cell run. A class that says the same of its pods wins, field by field.",
  ),
  network: Network.exactOptional().describe("How far the cell is open."),
});
export type CellSettings = z.infer<typeof CellSettings>;

/** As a DataPlane or an Environment says them. */
export const PlatformCellSettings = CellSettings.extend({
  labels: NamespaceLabels.exactOptional().describe("Labels of the Namespace."),
  network: PlatformNetwork.exactOptional().describe("How far the cell is open, and what connections may name."),
});
