/** Where the pods of a Cell run, laid under the class's template: what the class says of its pods wins, field by field. */
import { podLabels } from "../../schemas/labels.ts";
import { at, itemsOf, type Origin, ruled, type Traced, tracedList, tracedMap, withField } from "../load/traced.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { strategicMerge } from "./strategic-merge.ts";

const rule: Origin = { kind: "rule", rule: "cell-scheduling" };

/** `template` is a spec of the type in which a PodTemplateSpec stands at the path. */
export function underScheduling(
  template: Traced | undefined,
  resolved: Resolved,
  { type, path }: { readonly type: "DeploymentSpec" | "CronJobSpec"; readonly path: readonly string[] },
): Traced | undefined {
  const podSpec = schedulingOf(resolved);
  if (podSpec === undefined) return template;
  const base = path.reduceRight<Traced>((inner, field) => tracedMap({ [field]: inner }, rule), podSpec);
  return template === undefined ? base : strategicMerge(base, template, { type });
}

/** The fields of a PodSpec that the Cell sets. */
function schedulingOf({ cell, binding }: Resolved): Traced | undefined {
  const scheduling = at(cell.settings, "scheduling");
  const spread = at(scheduling, "topologySpreadConstraints");
  if (scheduling?.kind !== "map" || scheduling.entries.size === 0) return undefined;
  if (spread === undefined) return scheduling;
  // Each component is spread by itself: without a selector a constraint counts no pods.
  const labelSelector = ruled({ matchLabels: podLabels(binding) }, "pod-selector");
  const items = itemsOf(spread).map((item) => withField(item, "labelSelector", labelSelector));
  return withField(scheduling, "topologySpreadConstraints", tracedList(items, spread.origin));
}
