/** What namespaces are bounded with: ResourceQuota and LimitRange, as an API server checks them (Kubernetes, pkg/apis/core/validation). */
import { z } from "zod";
import { QualifiedName } from "./formats.ts";
import { Amount, quantityOf } from "./quantity.ts";

const resourceLimit = 50;
const computed = ["cpu", "memory", "ephemeral-storage"];
const counted = [
  "pods",
  "services",
  "services.nodeports",
  "services.loadbalancers",
  "replicationcontrollers",
  "resourcequotas",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
];
const known = [
  ...computed,
  ...computed.flatMap((name) => [`requests.${name}`, `limits.${name}`]),
  "requests.storage",
  ...counted,
];
/** Names without a slash are Kubernetes' own; others are extended resources, counts of kinds, and storage by class. */
const quotaName = new RegExp(
  `^((requests\\.)?hugepages-[0-9A-Za-z]+|${known.map((name) => name.replaceAll(".", "\\.")).join("|")}|.+/.+)$`,
);

const QuotaName = QualifiedName.refine((name) => quotaName.test(name), {
  error: "must be something that a quota counts, such as requests.cpu, limits.memory, pods or count/deployments.apps",
}).meta({ pattern: quotaName.source });

export const QuotaAmounts = z
  .record(QuotaName, Amount)
  .refine((map) => Object.keys(map).length <= resourceLimit, { error: `holds more than ${resourceLimit} entries` })
  .superRefine((map, context) => {
    for (const [name, value] of Object.entries(map))
      if ((counted.includes(name) || name.startsWith("count/")) && !Number.isInteger(quantityOf(value)))
        context.addIssue({ code: "custom", path: [name], message: "must be a whole number, because it counts things" });
  })
  .meta({ maxProperties: resourceLimit });

/** By resource. */
export const Amounts = z
  .record(QualifiedName, Amount)
  .refine((map) => Object.keys(map).length <= resourceLimit, { error: `holds more than ${resourceLimit} entries` })
  .meta({ maxProperties: resourceLimit });

const Item = z.strictObject({
  type: z.enum(["Container", "Pod", "PersistentVolumeClaim"]).describe("What is bounded, each by itself."),
  max: Amounts.exactOptional().describe("The most by resource."),
  min: Amounts.exactOptional().describe("The least by resource."),
  default: Amounts.exactOptional().describe("The limit of a container that says none."),
  defaultRequest: Amounts.exactOptional().describe("The request of a container that says none."),
  maxLimitRequestRatio: Amounts.exactOptional().describe("By how much a limit may exceed its request."),
});
type Item = z.infer<typeof Item>;

export const LimitRangeItem = Item.superRefine((item, context) => {
  for (const { path, message } of faultsOf(item)) context.addIssue({ code: "custom", path: [...path], message });
});

type Bound = "min" | "defaultRequest" | "default" | "max";
type Fault = { readonly path: readonly string[]; readonly message: string };

/** Each is at most the next. */
const ascending: readonly Bound[] = ["min", "defaultRequest", "default", "max"];

function faultsOf(item: Item): readonly Fault[] {
  const { type, max, min } = item;
  const preset = (["default", "defaultRequest"] as const)
    .filter((field) => type !== "Container" && item[field] !== undefined)
    .map((field) => ({ path: [field], message: `must be left out: only a Container has defaults, not a ${type}` }));
  const storage =
    type === "PersistentVolumeClaim" && max?.["storage"] === undefined && min?.["storage"] === undefined
      ? [{ path: [], message: "must have max or min of storage" }]
      : [];
  return [...preset, ...storage, ...orderFaults(item), ...ratioFaults(item)];
}

function orderFaults(item: Item): readonly Fault[] {
  return ascending.flatMap((higher, position) =>
    Object.entries(item[higher] ?? {}).flatMap(([resource, value]) => {
      const amount = quantityOf(value) ?? 0;
      const above = ascending.slice(0, position).find((lower) => (quantityOf(item[lower]?.[resource]) ?? 0) > amount);
      if (above === undefined) return [];
      return [{ path: [higher, resource], message: `must not be less than ${above}` }];
    }),
  );
}

function ratioFaults({ maxLimitRequestRatio = {} }: Item): readonly Fault[] {
  return Object.entries(maxLimitRequestRatio)
    .filter(([, ratio]) => (quantityOf(ratio) ?? 0) < 1)
    .map(([resource]) => ({ path: ["maxLimitRequestRatio", resource], message: "must be at least 1" }));
}
