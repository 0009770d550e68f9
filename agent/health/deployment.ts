/**
 * Health of a Deployment, by the rules of kstatus (cli-utils, `pkg/kstatus/status/core.go`, deploymentConditions), which
 * `kubectl rollout status` shares. Ours on top: paused, or scaled to nothing and there, is Suspended; pods that may not be created,
 * for a quota say, are an error.
 */
import type { KubernetesObject } from "../../schemas/object-id.ts";
import { type Assess, conditionsOf, mappingAt, numberOf, type Verdict } from "./verdict.ts";

export const assessDeployment: Assess = (object) => {
  const spec = mappingAt(object, "spec");
  const conditions = conditionsOf(object);
  if (spec["paused"] === true) return { health: "Suspended", reason: "is paused" };
  const stalled = conditions.find(
    ({ type, reason }) => type === "Progressing" && reason === "ProgressDeadlineExceeded",
  );
  if (stalled !== undefined) return { health: "Degraded", reason: stalled.message || "exceeded its progress deadline" };
  const refused = conditions.find(({ type, status }) => type === "ReplicaFailure" && status === "True");
  if (refused !== undefined) return { health: "Degraded", reason: refused.message || "its pods cannot be created" };
  const wait = describeWait(object);
  if (wait !== undefined) return { health: "Progressing", reason: wait };
  if (spec["replicas"] === 0) return { health: "Suspended", reason: "is scaled to nothing" };
  return assessConditions(spec, conditions);
};

/** Which replicas are still to come or to go; undefined when all are as wanted. */
function describeWait(object: KubernetesObject): string | undefined {
  const status = mappingAt(object, "status");
  const count = (name: string): number => numberOf(status[name]) ?? 0;
  const wanted = numberOf(mappingAt(object, "spec")["replicas"]) ?? 1;
  const updated = count("updatedReplicas");
  if (wanted > count("replicas")) return `${count("replicas")} of ${wanted} replicas exist`;
  if (wanted > updated) return `${updated} of ${wanted} replicas are updated`;
  if (count("replicas") > wanted) return `${count("replicas") - wanted} old replicas are still to go`;
  if (updated > count("availableReplicas")) return `${count("availableReplicas")} of ${updated} replicas are available`;
  if (wanted > count("readyReplicas")) return `${count("readyReplicas")} of ${wanted} replicas are ready`;
  return undefined;
}

/** The deployment controller's own value for "no deadline", with which it reports no progress. */
const noDeadlineSeconds = 2 ** 31 - 1;

function assessConditions(
  spec: Readonly<Record<string, unknown>>,
  conditions: ReturnType<typeof conditionsOf>,
): Verdict {
  const isTrue = (type: string): boolean => conditions.some((each) => each.type === type && each.status === "True");
  const deadline = numberOf(spec["progressDeadlineSeconds"]) ?? noDeadlineSeconds;
  const isRolledOut = conditions.some(
    ({ type, status, reason }) => type === "Progressing" && status === "True" && reason === "NewReplicaSetAvailable",
  );
  if (deadline !== noDeadlineSeconds && !isRolledOut) {
    return { health: "Progressing", reason: "its new ReplicaSet is not available" };
  }
  return isTrue("Available") ? { health: "Healthy" } : { health: "Progressing", reason: "is not available" };
}
