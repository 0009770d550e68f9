/** The CronJob of a scheduled task: the class's template, its schedule included, with the workload laid over it. */
import { podLabels } from "../../schemas/labels.ts";
import { cellNamespace } from "../../schemas/names.ts";
import type { Problem } from "../../schemas/problem.ts";
import { at, ruled, tracedMap } from "../load/traced.ts";
import { placeOr } from "../load/tree-reader.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { checkJob, checkLists } from "../validate/check-class.ts";
import { checkOwnVolumes } from "./check-own-volumes.ts";
import { checkPodSpec } from "./check-pod-spec.ts";
import { checkPortNames } from "./check-port-names.ts";
import { type Destination, makeManifest } from "./manifest.ts";
import { findImageless, podTemplate } from "./pod-template.ts";
import { checkWorkloadVolumes } from "./volumes.ts";
import { workloadRule } from "./workload-rule.ts";
import type { MainRendering } from "./render-deployment.ts";
import { suspended } from "./suspended.ts";
import { strategicMerge } from "./strategic-merge.ts";

const specType = { type: "CronJobSpec" } as const;

/** The controller appends 11 characters to make a Job's name of it (Kubernetes, "CronJob"). */
const cronJobNameLimit = 52;

export function renderCronJob(resolved: Resolved, destination: Destination): MainRendering {
  const { binding } = resolved;
  const labels = podLabels(binding);
  const template = at(resolved.classTree, "cronJobTemplate");
  const base = strategicMerge(defaults, template ?? tracedMap({}, workloadRule), specType);
  const overlay = tracedMap(
    {
      suspend: suspended(resolved, true),
      jobTemplate: tracedMap(
        {
          metadata: ruled({ labels }, "pod-selector"),
          spec: tracedMap({ template: podTemplate(resolved) }, workloadRule),
        },
        workloadRule,
      ),
    },
    workloadRule,
  );
  const spec = strategicMerge(base, overlay, specType);
  const podSpec = at(spec, "jobTemplate", "spec", "template", "spec");
  const problems = [
    ...checkTask(resolved),
    ...checkJob(template, binding.classPlace.file),
    ...checkLists(template, specType, binding.classPlace.file),
    ...checkLists(overlay, specType, binding.place.file),
    ...checkPodSpec(podSpec, { owner: specType.type, file: binding.classPlace.file }),
    ...checkPortNames(podSpec, binding.classPlace.file),
    ...checkOwnVolumes(at(template, "jobTemplate", "spec", "template", "spec", "volumes"), binding.classPlace.file),
    ...checkOwnVolumes(at(binding.workloadTree, "volumes"), binding.place.file),
    ...checkWorkloadVolumes(resolved, { podSpec, mostPods: 1 }),
    ...findImageless(podSpec, resolved),
  ];
  if (problems.length > 0) return { manifest: undefined, problems };
  const namespace = cellNamespace(binding);
  const parts = { apiVersion: "batch/v1", kind: "CronJob", name: binding.component, namespace, labels, spec };
  return { manifest: makeManifest(parts, destination), problems };
}

/** Jobs take no pod that is always restarted, which is what Kubernetes would assume. */
const defaults = ruled(
  { jobTemplate: { spec: { template: { spec: { restartPolicy: "OnFailure" } } } } },
  "task-restart-policy",
);

function checkTask({ binding }: Resolved): readonly Problem[] {
  const problems: Problem[] = [];
  if (binding.component.length > cronJobNameLimit)
    problems.push({
      code: "name-too-long",
      severity: "error",
      message: `${binding.component} has ${binding.component.length} characters, and a CronJob's name at most ${cronJobNameLimit}`,
      place: binding.place,
      remedy: "shorten the component's name",
    });
  const [endpoint] = Object.keys(binding.workload.endpoints);
  if (endpoint !== undefined)
    problems.push({
      code: "unsupported-endpoint",
      severity: "error",
      message: `a scheduled task serves nothing, and the Workload of ${binding.component} has the endpoint ${endpoint}`,
      place: placeOr(at(binding.workloadTree, "endpoints", endpoint), binding.place),
      remedy: "remove its endpoints, or make a Service of it",
    });
  return problems;
}
