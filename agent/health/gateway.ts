/**
 * Health of Gateways and their classes from what their controller says (Gateway API: GatewayStatus). The API server itself
 * writes `Unknown`, `Pending` conditions before any controller has seen the object, so those are nobody's word. An address that
 * is still to come is awaited; everything else that is False stays so until somebody acts.
 */
import type { KubernetesObject } from "../../schemas/object-id.ts";
import {
  type Assess,
  type Condition,
  conditionsOf,
  degraded,
  healthy,
  listOf,
  mappingAt,
  notSeen,
  progressing,
  sayCondition,
  textOf,
  unknown,
  type Verdict,
} from "./verdict.ts";

const nobody = unknown("no controller has reported on it");

export const assessGatewayClass: Assess = (object) => assessConditions(conditionsOf(object), ["Accepted"]) ?? nobody;

export const assessGateway: Assess = (object) => {
  const own = assessConditions(conditionsOf(object), ["Accepted", "Programmed"]);
  if (own === undefined) return nobody;
  const parts = [own, ...listOf(mappingAt(object, "status")["listeners"]).map((each) => assessListener(object, each))];
  return (
    parts.find(({ health }) => health === "Degraded") ?? parts.find(({ health }) => health === "Progressing") ?? healthy
  );
};

function assessListener(object: KubernetesObject, listener: unknown): Verdict {
  const conditions = conditionsOf(object, mappingAt(listener));
  const name = textOf(mappingAt(listener)["name"]);
  const conflict = conditions.find(({ type, status, isOld }) => type === "Conflicted" && status === "True" && !isOld);
  const verdict =
    conflict === undefined
      ? (assessConditions(conditions, ["Accepted", "ResolvedRefs", "Programmed"]) ?? healthy)
      : degraded(sayCondition(conflict));
  return verdict.reason === undefined ? verdict : { ...verdict, reason: `listener ${name}: ${verdict.reason}` };
}

const passing = new Set(["Pending", "AddressNotAssigned"]);

/** Undefined when no controller has set any of these types. */
function assessConditions(conditions: readonly Condition[], types: readonly string[]): Verdict | undefined {
  const found = types.flatMap((type) => conditions.filter((each) => each.type === type));
  const said = found.filter(({ status, reason }) => status !== "Unknown" || reason !== "Pending");
  if (said.length === 0) return undefined;
  const wanting = said.find(({ status, isOld }) => isOld || status !== "True");
  if (wanting === undefined) return found.length === said.length ? healthy : progressing("its controller is not done");
  if (wanting.isOld) return progressing(notSeen);
  const mayPass = wanting.status !== "False" || passing.has(wanting.reason);
  return mayPass ? progressing(sayCondition(wanting)) : degraded(sayCondition(wanting));
}
