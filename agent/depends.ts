/**
 * Whether one object stands in the way of another when it fails. What everything in a place stands on (its namespace, its
 * policies, its quotas, who may do what) always does, and so does what guards routes; else only what one of the two names: a
 * workload its configuration, a route its Service. Pure.
 */
import { applyWave } from "../schemas/apply-order.ts";
import type { KubernetesObject } from "../schemas/object-id.ts";
import type { Change } from "./change.ts";
import { mappingAt } from "./health/verdict.ts";
import { kindName } from "./inventory.ts";
import { definedKinds } from "./needs.ts";
import type { ApplyStep } from "./step.ts";

const quotaWave = applyWave({ group: "", kind: "ResourceQuota" });
const guardWave = applyWave({ group: "gateway.envoyproxy.io", kind: "SecurityPolicy" });
const roleWave = applyWave({ group: "rbac.authorization.k8s.io", kind: "Role" });

/** Whether the step must not be taken while this failed object is not as wanted. Only of later waves than its own. */
export function dependsOn({ key, object }: ApplyStep, { step: failed }: Change): boolean {
  if (applyWave(failed.key) >= applyWave(key)) return false;
  const kind = kindName(failed.key);
  const body = "object" in failed ? failed.object : undefined;
  if (kind === "Namespace") return key.namespace === failed.key.name;
  if (body !== undefined && definedKinds(body).length > 0) {
    return definedKinds(body).some((defined) => kindName(defined) === kindName(key));
  }
  const isSamePlace = failed.key.namespace === undefined || failed.key.namespace === key.namespace;
  const wave = applyWave(failed.key);
  if (wave === quotaWave && kind !== "scheduling.k8s.io/PriorityClass") return isSamePlace;
  if (wave === guardWave) return isSamePlace;
  if (wave === roleWave && kind !== "ServiceAccount") return isSamePlace;
  return mentions(object, namesOf(failed.key.name, body)) || (body !== undefined && mentions(body, [key.name]));
}

/** Its own, and that of the Secret that it makes (External Secrets: `spec.target.name`). */
function namesOf(name: string, body: KubernetesObject | undefined): readonly string[] {
  const target = mappingAt(body, "spec", "target")["name"];
  return typeof target === "string" ? [name, target] : [name];
}

/** Whether one of the names stands in the object, as a value and not as part of one. */
function mentions(object: KubernetesObject, names: readonly string[]): boolean {
  const { metadata: _, ...rest } = object;
  const search = (value: unknown): boolean => {
    if (typeof value === "string") return names.includes(value);
    return typeof value === "object" && value !== null && Object.values(value).some(search);
  };
  return search(rest);
}
