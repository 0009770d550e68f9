/**
 * Health of a Job. Other than in kstatus, which takes a Job that runs for current, it is Progressing until its end: Healthy is
 * that it did what it is for. `SuccessCriteriaMet` and `FailureTarget` say how it will end while its pods still go
 * (Kubernetes: Job, "Termination of Job pods").
 */
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

export const assessJob: Assess = (object) => {
  const conditions = conditionsOf(object);
  const conditionOf = (type: string) => conditions.find((each) => each.type === type && each.status === "True");
  const failed = conditionOf("Failed");
  if (failed !== undefined) return degraded(sayCondition(failed));
  if (conditionOf("Complete") !== undefined) return healthy;
  const failing = conditionOf("FailureTarget");
  if (failing !== undefined) return progressing(`is failing: ${sayCondition(failing)}`);
  if (conditionOf("SuccessCriteriaMet") !== undefined) return progressing("has succeeded; its last pods are going");
  const spec = mappingAt(object, "spec");
  const status = mappingAt(object, "status");
  if (spec["suspend"] === true) return suspended("is suspended");
  if (status["startTime"] === undefined) return progressing("has not started");
  const wanted = numberOf(spec["completions"]) ?? numberOf(spec["parallelism"]) ?? 1;
  return progressing(`runs: ${numberOf(status["succeeded"]) ?? 0} of ${wanted} pods have succeeded`);
};
