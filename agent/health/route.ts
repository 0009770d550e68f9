/**
 * Health of routes from what each parent's controller says (Gateway API: RouteParentStatus), and of policies from what each
 * ancestor's does (PolicyAncestorStatus). One that no controller knows is never reported on, so only those reported count, and
 * none means Unknown. `observedGeneration` stands in each condition: one about an older generation says nothing about this one.
 */
import { objectAnnotations } from "../../schemas/object-annotations.ts";
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

export const assessRoute: Assess = (object) =>
  worstOf(object, { list: "parents", ref: "parentRef", isPolicy: false }) ?? unknown("no gateway has reported on it");

export const assessPolicy: Assess = (object) =>
  worstOf(object, { list: "ancestors", ref: "ancestorRef", isPolicy: true }) ??
  unknown("no gateway has reported on it");

type Place = { readonly list: string; readonly ref: string; readonly isPolicy: boolean };

function worstOf(object: KubernetesObject, place: Place): Verdict | undefined {
  const parts = listOf(mappingAt(object, "status")[place.list]).map((part) => assessPart(part, object, place));
  const decisive = (["Degraded", "Progressing", "Unknown"] as const)
    .map((health) => parts.find((part) => part.health === health))
    .find((part) => part !== undefined);
  return decisive ?? parts[0];
}

function assessPart(part: unknown, object: KubernetesObject, { ref, isPolicy }: Place): Verdict {
  const name = textOf(mappingAt(part, ref)["name"]);
  const conditions = conditionsOf(object, mappingAt(part));
  if (conditions.length === 0) return unknown(`${name} has not reported on it`);
  // A controller that sets a condition anew sets all that it still means; an old one beside it is left over.
  const current = conditions.filter(({ isOld }) => !isOld);
  const accepted = current.find(({ type }) => type === "Accepted");
  if (accepted === undefined && conditions.length > current.length) return progressing(`${name}: ${notSeen}`);
  const complaint = current.find(
    ({ type, status }) =>
      (status === "False" && (type === "Accepted" || type === "ResolvedRefs" || (isPolicy && type === "Programmed"))) ||
      (status === "True" && type === "PartiallyInvalid"),
  );
  if (complaint !== undefined) return degraded(`${name}: ${sayComplaint(complaint, object)}`);
  const isBehind = conditions.some(({ type, isOld }) => isOld && (type === "Accepted" || type === "ResolvedRefs"));
  if (isBehind) return progressing(`${name}: ${notSeen}`);
  return accepted?.status === "True" ? healthy : progressing(`${name} has not accepted it`);
}

/**
 * People label a namespace that is theirs, and whether they have is the gateway's to know (Gateway API,
 * RouteReasonNotAllowedByListeners). So the route's own status asks for it, for as long as it is needed; to read the namespace
 * the agent would need one more right.
 */
function sayComplaint(complaint: Condition, object: KubernetesObject): string {
  const { namespace } = object.metadata;
  const labels = textOf(mappingAt(object, "metadata", "annotations")[objectAnnotations.namespaceLabels]);
  if (complaint.reason !== "NotAllowedByListeners" || namespace === undefined || labels === "")
    return sayCondition(complaint);
  return `takes no routes from namespace ${namespace} until somebody labels it: kubectl label namespace ${namespace} ${labels}`;
}
