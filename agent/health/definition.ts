/** Health of a CustomResourceDefinition, by kstatus (`core.go`, CRDConditions): its names are accepted and it is served. */
import { type Assess, byCondition, conditionsOf, degraded, healthy, progressing } from "./verdict.ts";

export const assessDefinition: Assess = (object) => {
  const conditions = conditionsOf(object);
  const names = byCondition(conditions, "NamesAccepted", degraded);
  if (names?.health === "Degraded") return names;
  const isInstalling = conditions.some(({ type, reason }) => type === "Established" && reason === "Installing");
  const established = byCondition(conditions, "Established", isInstalling ? progressing : degraded);
  if (established?.health === "Healthy") return names?.health === "Progressing" ? names : healthy;
  return established ?? progressing("is being installed");
};
