/**
 * Health of a kind without rules of its own, by kstatus (cli-utils, `pkg/kstatus/status/status.go`): a `Ready` condition
 * decides; without one, a controller that has observed this generation and complains of nothing is content. Where kstatus
 * takes an object that nobody has reported on for current, we say Unknown: it may be waiting for a controller that is not there.
 */
import {
  type Assess,
  byCondition,
  conditionsOf,
  healthy,
  mappingAt,
  numberOf,
  progressing,
  unknown,
} from "./verdict.ts";

export const assessGeneric: Assess = (object) => {
  const ready = byCondition(conditionsOf(object), "Ready", progressing);
  if (ready !== undefined) return ready;
  const status = mappingAt(object, "status");
  if (numberOf(status["observedGeneration"]) !== undefined) return healthy;
  return unknown(
    Object.keys(status).length === 0
      ? "no controller has reported on it"
      : "its status has neither a Ready condition nor an observedGeneration",
  );
};
