/** Health of a Pod, by kstatus (`core.go`, podConditions), and why it is not well. One that failed is an error to us, not an end. */
import { findPodTrouble } from "./pod-trouble.ts";
import { type Assess, conditionsOf, degraded, healthy, mappingAt, progressing, textOf } from "./verdict.ts";

export const assessPod: Assess = (object) => {
  const phase = textOf(mappingAt(object, "status")["phase"]);
  if (phase === "Succeeded") return healthy;
  const ready = conditionsOf(object).find(({ type }) => type === "Ready");
  if (phase === "Running" && ready?.status === "True") return ready.isOld ? progressing("is not ready") : healthy;
  const trouble = findPodTrouble(object);
  if (trouble?.health === "Degraded") return degraded(trouble.reason);
  if (phase === "Failed") return degraded(trouble?.reason ?? "has failed");
  return progressing(trouble?.reason ?? "is not ready");
};
