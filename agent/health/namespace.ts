/** Health of a Namespace by its phase (Kubernetes: Namespaces, "phase"). */
import { type Assess, mappingAt, textOf } from "./verdict.ts";

export const assessNamespace: Assess = (object) => {
  const phase = textOf(mappingAt(object, "status")["phase"]);
  if (phase === "Active") return { health: "Healthy" };
  if (phase === "Terminating") return { health: "Progressing", reason: "is being deleted" };
  return { health: "Unknown", reason: "has no phase" };
};
