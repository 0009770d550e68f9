/** Health of a Namespace by its phase (Kubernetes: Namespaces, "phase"). */
import { type Assess, healthy, mappingAt, progressing, textOf, unknown } from "./verdict.ts";

export const assessNamespace: Assess = (object) => {
  const phase = textOf(mappingAt(object, "status")["phase"]);
  if (phase === "Active") return healthy;
  return phase === "Terminating" ? progressing("is being deleted") : unknown("has no phase");
};
