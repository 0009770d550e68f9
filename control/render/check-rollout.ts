/** Contradictions in how a Deployment replaces its pods that make the API server refuse it (Kubernetes, pkg/apis/apps/validation). */
import type { Problem } from "../../schemas/problem.ts";
import { at, scalarOf, type Traced } from "../load/traced.ts";
import { reportFaults, type TemplateFault, writtenFields } from "./template-fault.ts";

/** What Kubernetes assumes (Deployment, "Progress Deadline Seconds"). */
const defaultDeadlineSeconds = 600;

/** Of a DeploymentSpec; `file` is for fields that a rule of the engine set. */
export function checkRollout(spec: Traced | undefined, file: string): readonly Problem[] {
  const { strategy, minReadySeconds, progressDeadlineSeconds } = Object.fromEntries(writtenFields(spec));
  return reportFaults([...checkStrategy(strategy), ...checkDeadline(minReadySeconds, progressDeadlineSeconds)], file);
}

/** A pod that starts before the old one ends waits for a volume that the old one holds, and the old one for it. */
export function checkHeldVolume(
  spec: Traced | undefined,
  { volume, file }: { readonly volume: string | undefined; readonly file: string },
): readonly Problem[] {
  const strategy = writtenFields(spec).get("strategy");
  const isEndedFirst =
    scalarOf(at(strategy, "type")) === "Recreate" || isNone(at(strategy, "rollingUpdate", "maxSurge"));
  if (volume === undefined || strategy === undefined || isEndedFirst) return [];
  const message = `a new pod may start before the old one ends, and wait for ever for volume ${volume}, which pods of one node have at a time`;
  const remedy =
    "write type: Recreate, or maxSurge: 0, or leave the strategy out; or give the volume accessModes: [ReadWriteMany]";
  return reportFaults([{ tree: strategy, severity: "warning", message, remedy }], file);
}

function checkStrategy(strategy: Traced | undefined): readonly TemplateFault[] {
  const { type, rollingUpdate } = Object.fromEntries(writtenFields(strategy));
  if (rollingUpdate === undefined) return [];
  if (scalarOf(type) === "Recreate") {
    const message = "pods are recreated, and so there is no rollingUpdate";
    return [{ tree: rollingUpdate, message, remedy: "remove it, or write type: RollingUpdate" }];
  }
  const { maxSurge, maxUnavailable } = Object.fromEntries(writtenFields(rollingUpdate));
  if (maxUnavailable === undefined || !isNone(maxSurge) || !isNone(maxUnavailable)) return [];
  const message = "neither may a pod be missing nor one more be there, so none could be replaced";
  return [{ tree: maxUnavailable, message, remedy: "raise maxSurge or maxUnavailable" }];
}

function isNone(tree: Traced | undefined): boolean {
  const value = scalarOf(tree);
  return value === 0 || (typeof value === "string" && /^0+%$/.test(value));
}

function checkDeadline(ready: Traced | undefined, deadline: Traced | undefined): readonly TemplateFault[] {
  const tree = deadline ?? ready;
  const readySeconds = scalarOf(ready) ?? 0;
  const deadlineSeconds = scalarOf(deadline) ?? defaultDeadlineSeconds;
  if (tree === undefined || typeof readySeconds !== "number" || typeof deadlineSeconds !== "number") return [];
  if (deadlineSeconds > readySeconds) return [];
  const message = `a rollout fails after ${deadlineSeconds} seconds, and a pod counts as ready after ${readySeconds}`;
  return [{ tree, message, remedy: "make progressDeadlineSeconds greater than minReadySeconds" }];
}
