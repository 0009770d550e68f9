/** The CronJob of a scheduled task: the class's template, its schedule included, with the workload laid over it. */
import { podLabels } from "../../schemas/labels.ts";
import type { Problem } from "../../schemas/problem.ts";
import { at, ruled, type Traced, tracedMap } from "../load/traced.ts";
import { placeOr } from "../load/tree-reader.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { checkJob, checkLists } from "../validate/check-class.ts";
import { underScheduling } from "./cell-scheduling.ts";
import { checkPods } from "./check-pods.ts";
import { type Destination, makeManifest } from "./manifest.ts";
import { podOverrides, podTemplate } from "./pod-template.ts";
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
  const placed = underScheduling(template, resolved, {
    ...specType,
    path: ["jobTemplate", "spec", "template", "spec"],
  });
  const base = strategicMerge(defaults, placed ?? tracedMap({}, workloadRule), specType);
  const overlay = jobOverlay(resolved, podTemplate(resolved));
  const overrides = tracedMap(
    {
      schedule: at(binding.overridesTree, "schedule"),
      suspend: suspended(resolved, true),
      jobTemplate: tracedMap({ spec: tracedMap({ template: podOverrides(resolved) }, workloadRule) }, workloadRule),
    },
    workloadRule,
  );
  const spec = strategicMerge(strategicMerge(base, overlay, specType), overrides, specType);
  const problems = [
    ...checkTask(resolved),
    ...checkJob(template, binding.classPlace.file),
    ...checkLists(template, specType, binding.classPlace.file),
    ...checkLists(overlay, specType, binding.place.file),
    ...checkLists(overrides, specType, binding.place.file),
    ...checkPods(resolved, {
      owner: specType.type,
      base: at(template, "jobTemplate", "spec", "template", "spec"),
      spec: at(spec, "jobTemplate", "spec", "template", "spec"),
      most: 1,
    }),
  ];
  if (problems.some(({ severity }) => severity === "error")) return { manifest: undefined, problems };
  const { namespace } = resolved.cell;
  const parts = { apiVersion: "batch/v1", kind: "CronJob", name: binding.component, namespace, labels, spec } as const;
  return { manifest: makeManifest(parts, destination), problems };
}

function jobOverlay({ binding }: Resolved, template: Traced): Traced {
  const metadata = ruled({ labels: podLabels(binding) }, "pod-selector");
  const jobTemplate = tracedMap({ metadata, spec: tracedMap({ template }, workloadRule) }, workloadRule);
  return tracedMap({ jobTemplate }, workloadRule);
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
