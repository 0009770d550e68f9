/** Contradictions in how pods are scaled and spared that make the API server refuse it (Kubernetes, pkg/apis/autoscaling and policy, validation). */
import type { Problem } from "../../schemas/problem.ts";
import { at, itemsOf, scalarOf, type Traced } from "../load/traced.ts";
import { checkChoice, reportFaults, type TemplateFault, writtenFields } from "./template-fault.ts";

/** Of a HorizontalPodAutoscalerSpec; `file` is for fields that a rule of the engine set. */
export function checkAutoscaler(spec: Traced | undefined, file: string): readonly Problem[] {
  const fields = writtenFields(spec);
  const metrics = itemsOf(fields.get("metrics"));
  const behavior = writtenFields(fields.get("behavior"));
  const faults = [
    ...checkReplicas(fields.get("minReplicas"), fields.get("maxReplicas"), metrics),
    ...metrics.flatMap(checkMetric),
    ...["scaleUp", "scaleDown"].flatMap((name) => checkPolicies(at(behavior.get(name), "policies"))),
  ];
  return reportFaults(faults, file);
}

/** Of a PodDisruptionBudgetSpec. */
export function checkBudget(spec: Traced | undefined, file: string): readonly Problem[] {
  if (spec === undefined) return [];
  const among = ["minAvailable", "maxUnavailable"];
  return reportFaults(checkChoice(spec, { of: "the budget", among }), file);
}

function checkReplicas(
  least: Traced | undefined,
  most: Traced | undefined,
  metrics: readonly Traced[],
): readonly TemplateFault[] {
  const [from, to] = [scalarOf(least), scalarOf(most)];
  if (least === undefined || typeof from !== "number" || typeof to !== "number") return [];
  if (from > to)
    return [
      {
        tree: least,
        message: `at least ${from} pods are asked for, and at most ${to}`,
        remedy: "lower minReplicas, or raise maxReplicas",
      },
    ];
  const isAwoken = metrics.some((metric) => ["Object", "External"].includes(String(scalarOf(at(metric, "type")))));
  if (from > 0 || isAwoken) return [];
  const message = "without pods there is nothing to measure, so nothing would ever start one";
  return [{ tree: least, message, remedy: "write 1 or more, or add a metric of type Object or External" }];
}

type MetricKind = {
  readonly source: string;
  /** What its target may say. */
  readonly targets: readonly string[];
  /** Whether it may say several of them. */
  readonly isOpen?: true;
};

const metricKinds: ReadonlyMap<string, MetricKind> = new Map<string, MetricKind>([
  ["ContainerResource", { source: "containerResource", targets: ["averageUtilization", "averageValue"] }],
  ["External", { source: "external", targets: ["value", "averageValue"] }],
  ["Object", { source: "object", targets: ["value", "averageValue"], isOpen: true }],
  ["Pods", { source: "pods", targets: ["averageValue"] }],
  ["Resource", { source: "resource", targets: ["averageUtilization", "averageValue"] }],
]);

const sources = [...metricKinds.values()].map(({ source }) => source);

function checkMetric(metric: Traced): readonly TemplateFault[] {
  const type = String(scalarOf(at(metric, "type")));
  const kind = metricKinds.get(type);
  if (kind === undefined) return [];
  const fields = writtenFields(metric);
  const others = sources.flatMap((source): readonly TemplateFault[] => {
    const tree = source === kind.source ? undefined : fields.get(source);
    const message = `a metric of type ${type} has ${kind.source}, and not ${source}`;
    return tree === undefined ? [] : [{ tree, message, remedy: "remove it, or mend the type" }];
  });
  const own = fields.get(kind.source);
  if (own === undefined) {
    const message = `a metric of type ${type} has no ${kind.source}`;
    return [...others, { tree: metric, message, remedy: "add it, or mend the type" }];
  }
  return [...others, ...checkTarget(at(own, "target"), kind)];
}

function checkTarget(target: Traced | undefined, { targets, isOpen }: MetricKind): readonly TemplateFault[] {
  if (target === undefined) return [];
  if (isOpen === true && targets.some((field) => writtenFields(target).has(field))) return [];
  return checkChoice(target, { of: "the target", among: targets });
}

/** Left out they are Kubernetes' own; an empty list is none at all. */
function checkPolicies(policies: Traced | undefined): readonly TemplateFault[] {
  if (policies?.kind !== "list" || policies.items.length > 0) return [];
  return [{ tree: policies, message: "there is no policy to scale by", remedy: "add one, or remove the list" }];
}
