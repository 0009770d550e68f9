/** How many pods of a service there are: its HorizontalPodAutoscaler and PodDisruptionBudget, where the class has a template. */
import { podLabels } from "../../schemas/labels.ts";
import type { Problem } from "../../schemas/problem.ts";
import { at, ruled, scalarOf, type Traced, withField } from "../load/traced.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { checkLists } from "../validate/check-class.ts";
import { checkAutoscaler, checkBudget } from "./check-autoscaler.ts";
import { checkDrain, type LeastPods } from "./check-drain.ts";
import type { RenderedKind } from "./rendered-kinds.ts";
import { strategicMerge } from "./strategic-merge.ts";
import { type Destination, makeManifest, type Manifest } from "./manifest.ts";

const specType = { type: "HorizontalPodAutoscalerSpec" } as const;

export type Scaling = { readonly manifests: readonly Manifest[]; readonly problems: readonly Problem[] };

/** The spec of the autoscaler; undefined where the class has none. */
export function autoscalerSpec({ binding, classTree }: Resolved): Traced | undefined {
  const template = at(classTree, "hpaTemplate");
  if (template?.kind !== "map") return undefined;
  const bounds = at(binding.overridesTree, "autoscaling");
  const merged = bounds === undefined ? template : strategicMerge(template, bounds, specType);
  const target = { apiVersion: "apps/v1", kind: "Deployment", name: binding.component };
  return withField(merged, "scaleTargetRef", ruled(target, "autoscaler-target"));
}

/** Whether the number of pods is the autoscaler's to say: while it is suspended there are none. */
export function isAutoscaled(resolved: Resolved): boolean {
  return resolved.binding.releaseState !== "Suspend" && autoscalerSpec(resolved) !== undefined;
}

export function renderScaling(resolved: Resolved, destination: Destination): Scaling {
  const { binding } = resolved;
  const file = binding.classPlace.file;
  const autoscaler = autoscalerSpec(resolved);
  const budget = budgetSpec(resolved);
  const problems = [
    ...checkLists(autoscaler, specType, file),
    ...checkAutoscaler(autoscaler, file),
    ...checkBudget(budget, file),
    ...checkDrain(budget, leastPods(resolved, autoscaler), file),
  ];
  if (problems.some(({ severity }) => severity === "error")) return { manifests: [], problems };
  const common = { name: binding.component, namespace: resolved.cell.namespace, labels: podLabels(binding) };
  const make = (apiVersion: string, kind: RenderedKind, spec: Traced | undefined): readonly Manifest[] =>
    spec === undefined ? [] : [makeManifest({ apiVersion, kind, ...common, spec }, destination)];
  return {
    manifests: [
      ...make("autoscaling/v2", "HorizontalPodAutoscaler", isAutoscaled(resolved) ? autoscaler : undefined),
      ...make("policy/v1", "PodDisruptionBudget", budget),
    ],
    problems,
  };
}

/** One where nobody says another number, as Kubernetes has it. */
function leastPods({ binding, classTree }: Resolved, autoscaler: Traced | undefined): LeastPods {
  if (binding.releaseState === "Suspend") return { count: 0, said: undefined };
  const path = autoscaler === undefined ? ["replicas"] : ["autoscaling", "minReplicas"];
  const said = at(binding.overridesTree, ...path);
  const ofClass =
    autoscaler === undefined ? at(classTree, "deploymentTemplate", "replicas") : at(autoscaler, "minReplicas");
  const count = scalarOf(said ?? ofClass);
  return { count: typeof count === "number" ? count : 1, said };
}

function budgetSpec({ binding, classTree }: Resolved): Traced | undefined {
  const template = at(classTree, "pdbTemplate");
  if (template?.kind !== "map") return undefined;
  return withField(template, "selector", ruled({ matchLabels: podLabels(binding) }, "pod-selector"));
}
