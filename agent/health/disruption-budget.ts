/** Health of a PodDisruptionBudget: that its controller could compute it. Allowing no disruption is what a budget may do. */
import { type Assess, conditionsOf, degraded, healthy, mappingAt, numberOf, sayCondition, unknown } from "./verdict.ts";

export const assessDisruptionBudget: Assess = (object) => {
  const allowed = conditionsOf(object).find(({ type }) => type === "DisruptionAllowed");
  if (allowed?.reason === "SyncFailed") return degraded(sayCondition(allowed));
  const isReported = numberOf(mappingAt(object, "status")["observedGeneration"]) !== undefined;
  return isReported ? healthy : unknown("no controller has reported on it");
};
