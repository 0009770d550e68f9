/**
 * Health of an HTTPRoute from what each parent's controller says (Gateway API: RouteParentStatus). A parent that no
 * controller knows is never reported, so only those reported count, and none means Unknown. `observedGeneration` stands in
 * each condition: one about an older generation says nothing about this one.
 */
import type { KubernetesObject } from "../../schemas/object-id.ts";
import { type Assess, conditionsOf, listOf, mappingAt, numberOf, textOf, type Verdict } from "./verdict.ts";

export const assessHttpRoute: Assess = (object) => {
  const parents = listOf(mappingAt(object, "status")["parents"]).map((parent) => assessParent(parent, object));
  const decisive = (["Degraded", "Progressing", "Unknown"] as const)
    .map((health) => parents.find((parent) => parent.health === health))
    .find((parent) => parent !== undefined);
  return decisive ?? parents[0] ?? { health: "Unknown", reason: "no gateway has reported on it" };
};

function assessParent(parent: unknown, object: KubernetesObject): Verdict {
  const name = textOf(mappingAt(parent, "parentRef")["name"]);
  const generation = numberOf(mappingAt(object, "metadata")["generation"]);
  const conditions = conditionsOf(mappingAt(parent));
  if (conditions.length === 0) return { health: "Unknown", reason: `${name} has not reported on it` };
  const isOld = conditions.some(
    ({ observedGeneration }) =>
      generation !== undefined && observedGeneration !== undefined && observedGeneration < generation,
  );
  if (isOld) return { health: "Progressing", reason: `${name} has not seen this generation` };
  for (const type of ["Accepted", "ResolvedRefs"]) {
    const condition = conditions.find((each) => each.type === type);
    if (condition?.status === "False") {
      return { health: "Degraded", reason: `${name}: ${condition.message || condition.reason}` };
    }
  }
  const isAccepted = conditions.some(({ type, status }) => type === "Accepted" && status === "True");
  return isAccepted ? { health: "Healthy" } : { health: "Progressing", reason: `${name} has not accepted it` };
}
