/**
 * Health of kinds whose controllers say with one condition whether the object works, and mean it: False is an error and not a
 * step on the way (cert-manager: issuers; External Secrets: stores; Kubernetes: APIService).
 */
import { type Assess, byCondition, conditionsOf, degraded, unknown } from "./verdict.ts";

export function assessWhenReady(type: string): Assess {
  return (object) => byCondition(conditionsOf(object), type, degraded) ?? unknown("no controller has reported on it");
}
