/**
 * Health of a HorizontalPodAutoscaler by its conditions (Kubernetes: "Horizontal Pod Autoscaling, Appendix: Status
 * conditions"). Being at a limit is what the limits are for. It cannot scale what is scaled to nothing, and somebody meant that.
 */
import { type Assess, conditionsOf, degraded, healthy, sayCondition, suspended, unknown } from "./verdict.ts";

export const assessAutoscaler: Assess = (object) => {
  const conditions = conditionsOf(object);
  if (conditions.length === 0) return unknown("no controller has reported on it");
  for (const type of ["AbleToScale", "ScalingActive"]) {
    const condition = conditions.find((each) => each.type === type);
    if (condition?.status !== "False") continue;
    if (condition.reason === "ScalingDisabled") return suspended("what it scales is scaled to nothing");
    return degraded(sayCondition(condition));
  }
  return healthy;
};
