/**
 * What KWOK does to nodes and pods: the module's quick stages, so that a pod is ready at once, and its failures, for pods
 * that ask for one by label. Two kinds of pods are taken out of its hands: those a test plays itself, to see a rollout
 * half-way, and those of Argo Workflows, whose outcome is what their commands do.
 */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { dump, load } from "js-yaml";
import { z } from "zod";

/** A pod with this label, whatever its value, gets its status from the test alone. */
export const playedByTestLabel = "gitplane.dev/played-by-test";

/** Below `kustomize/stage` of the KWOK module. */
export const stages = [
  "node/fast/node-initialize.yaml",
  "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
  "pod/fast/pod-ready.yaml",
  "pod/fast/pod-complete.yaml",
  "pod/fast/pod-delete.yaml",
  "pod/chaos/pod-container-running-failed.yaml",
  "pod/chaos/pod-init-container-running-failed.yaml",
] as const;

/** Pods with one of these labels never become ready or complete by KWOK; deleting them it still does. */
export const handsOffLabels = [playedByTestLabel, "workflows.argoproj.io/workflow"] as const;

const stageSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({ selector: z.looseObject({ matchExpressions: z.array(z.unknown()) }) }),
});
const narrowedStages = new Set(["pod-ready", "pod-complete"]);

/** Writes the stages into a new folder, numbered in order. Content, not files: the module cache's modes are read-only. */
export async function copyStages(moduleFolder: string, folder: string): Promise<void> {
  await mkdir(folder);
  for (const [index, stage] of stages.entries()) {
    const text = await readFile(join(moduleFolder, "kustomize", "stage", stage), "utf8");
    await writeFile(join(folder, `${index}-${basename(stage)}`), narrowStage(text));
  }
}

/** The stage's text, made to pass over pods that carry a hands-off label where it is one that would change them. */
export function narrowStage(text: string): string {
  const stage = stageSchema.parse(load(text));
  if (!narrowedStages.has(stage.metadata.name)) {
    return text;
  }
  const expressions = handsOffLabels.map((label) => ({
    key: `.metadata.labels["${label}"]`,
    operator: "DoesNotExist",
  }));
  const matchExpressions = [...stage.spec.selector.matchExpressions, ...expressions];
  return dump({ ...stage, spec: { ...stage.spec, selector: { ...stage.spec.selector, matchExpressions } } });
}
