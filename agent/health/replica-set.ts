/** Health of a ReplicaSet, by kstatus (`core.go`, replicasetConditions). Pods that may not be created are an error, as for a Deployment. */
import {
  type Assess,
  conditionsOf,
  degraded,
  healthy,
  mappingAt,
  numberOf,
  progressing,
  sayCondition,
  suspended,
} from "./verdict.ts";

export const assessReplicaSet: Assess = (object) => {
  const failure = conditionsOf(object).find(({ type, status }) => type === "ReplicaFailure" && status === "True");
  if (failure !== undefined) return degraded(sayCondition(failure));
  const status = mappingAt(object, "status");
  const count = (name: string): number => numberOf(status[name]) ?? 0;
  if (numberOf(status["replicas"]) === undefined) return progressing("its controller has not reported on it");
  const wanted = numberOf(mappingAt(object, "spec")["replicas"]) ?? 1;
  for (const [name, what] of [
    ["fullyLabeledReplicas", "exist"],
    ["availableReplicas", "are available"],
    ["readyReplicas", "are ready"],
  ] as const) {
    if (count(name) < wanted) return progressing(`${count(name)} of ${wanted} replicas ${what}`);
  }
  if (count("replicas") > wanted) return progressing(`${count("replicas") - wanted} replicas are still to go`);
  return wanted === 0 ? suspended("is scaled to nothing") : healthy;
};
