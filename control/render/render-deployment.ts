/** The Deployment of a service or web application: the class's template with the workload laid over it. */
import { podLabels } from "../../schemas/labels.ts";
import type { Problem } from "../../schemas/problem.ts";
import { checkLists } from "../validate/check-class.ts";
import { underScheduling } from "./cell-scheduling.ts";
import { configHash } from "./config-hash.ts";
import { checkPodCount } from "./check-cell-bounds.ts";
import { checkPods } from "./check-pods.ts";
import { checkHeldVolume, checkRollout } from "./check-rollout.ts";
import { type Destination, makeManifest, type Manifest } from "./manifest.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { autoscalerSpec, isAutoscaled } from "./render-scaling.ts";
import { suspended } from "./suspended.ts";
import { strategicMerge } from "./strategic-merge.ts";
import { at, ruled, scalarOf, type Traced, tracedMap, withField, withoutField } from "../load/traced.ts";
import { podOverrides, podTemplate } from "./pod-template.ts";
import { writtenFields } from "./template-fault.ts";
import { exclusiveVolume } from "./volumes.ts";
import { workloadRule } from "./workload-rule.ts";

const specType = { type: "DeploymentSpec" } as const;

/** A workload's main object, or why there is none. */
export type MainRendering = {
  readonly manifest: Manifest | undefined;
  readonly problems: readonly Problem[];
};

export function renderDeployment(resolved: Resolved, destination: Destination): MainRendering {
  const { binding } = resolved;
  const labels = podLabels(binding);
  const template = at(resolved.classTree, "deploymentTemplate");
  const placed = underScheduling(template, resolved, { ...specType, path: ["template", "spec"] });
  const base = withRollout(placed, resolved);
  const overlay = tracedMap({ template: withConfigHash(podTemplate(resolved), resolved) }, workloadRule);
  const overrides = tracedMap(
    {
      replicas: suspended(resolved, 0) ?? at(binding.overridesTree, "replicas"),
      template: podOverrides(resolved),
    },
    workloadRule,
  );
  const whole = strategicMerge(strategicMerge(base, overlay, specType), overrides, specType);
  const merged = isAutoscaled(resolved) ? withoutField(whole, "replicas") : whole;
  const spec = withField(merged, "selector", ruled({ matchLabels: labels }, "pod-selector"));
  const problems = [
    ...checkLists(template, specType, binding.classPlace.file),
    ...checkLists(overlay, specType, binding.place.file),
    ...checkLists(overrides, specType, binding.place.file),
    ...checkRollout(spec, binding.classPlace.file),
    ...checkHeldVolume(spec, { volume: exclusiveVolume(resolved), file: binding.classPlace.file }),
    ...checkPods(resolved, {
      owner: specType.type,
      base: at(template, "template", "spec"),
      spec: at(spec, "template", "spec"),
      most: mostPods(spec, resolved),
    }),
    ...checkPodCount(mostReplicas(spec, resolved), { cell: resolved.cell, file: binding.classPlace.file }),
  ];
  if (problems.some(({ severity }) => severity === "error")) return { manifest: undefined, problems };
  const { namespace } = resolved.cell;
  const parts = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    name: binding.component,
    namespace,
    labels,
    spec,
  } as const;
  return { manifest: makeManifest(parts, destination), problems };
}

/** A new pod could not have a volume of one node while the old one on another has it. */
function withRollout(template: Traced | undefined, resolved: Resolved): Traced | undefined {
  const said = writtenFields(at(template, "strategy"));
  if (exclusiveVolume(resolved) === undefined || said.size > 0) return template;
  const strategy = ruled({ strategy: { type: "Recreate" } }, "volume-rollout");
  return template === undefined ? strategy : strategicMerge(strategy, template, specType);
}

function mostReplicas(spec: Traced, resolved: Resolved): Traced | undefined {
  return isAutoscaled(resolved) ? at(autoscalerSpec(resolved), "maxReplicas") : at(spec, "replicas");
}

function mostPods(spec: Traced, resolved: Resolved): number {
  const replicas = scalarOf(mostReplicas(spec, resolved));
  return typeof replicas === "number" ? replicas : 1;
}

function withConfigHash(template: Traced, resolved: Resolved): Traced {
  const annotations = configHash(resolved);
  if (annotations === undefined) return template;
  const metadata = tracedMap({ annotations }, annotations.origin);
  return strategicMerge(template, tracedMap({ metadata }, workloadRule), undefined);
}
