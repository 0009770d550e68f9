/** The Deployment of a service or web application: the class's template with the workload laid over it. */
import { podLabels } from "../../schemas/labels.ts";
import type { Problem } from "../../schemas/problem.ts";
import { checkLists } from "../validate/check-class.ts";
import { underScheduling } from "./cell-scheduling.ts";
import { checkPodSpec } from "./check-pod-spec.ts";
import { checkPortNames } from "./check-port-names.ts";
import { checkRollout } from "./check-rollout.ts";
import { type Destination, makeManifest, type Manifest } from "./manifest.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { suspended } from "./suspended.ts";
import { strategicMerge } from "./strategic-merge.ts";
import { at, ruled, tracedMap, withField } from "../load/traced.ts";
import { findImageless, podTemplate, workloadRule } from "./pod-template.ts";

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
  const base = underScheduling(template, resolved, { ...specType, path: ["template", "spec"] });
  const overlay = tracedMap(
    {
      replicas: suspended(resolved, 0),
      template: podTemplate(resolved),
    },
    workloadRule,
  );
  const merged = strategicMerge(base, overlay, specType);
  const spec = withField(merged, "selector", ruled({ matchLabels: labels }, "pod-selector"));
  const problems = [
    ...checkLists(template, specType, binding.classPlace.file),
    ...checkLists(overlay, specType, binding.place.file),
    ...checkRollout(spec, binding.classPlace.file),
    ...checkPodSpec(at(spec, "template", "spec"), { owner: specType.type, file: binding.classPlace.file }),
    ...checkPortNames(at(spec, "template", "spec"), binding.classPlace.file),
    ...findImageless(at(spec, "template", "spec"), resolved),
  ];
  if (problems.length > 0) return { manifest: undefined, problems };
  const { namespace } = resolved.cell;
  const parts = { apiVersion: "apps/v1", kind: "Deployment", name: binding.component, namespace, labels, spec };
  return { manifest: makeManifest(parts, destination), problems };
}
