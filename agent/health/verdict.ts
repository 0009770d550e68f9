/** What one look at an object says about its health, and how a status is read that anything may have written. */
import type { Health } from "../../schemas/health.ts";
import { isMapping } from "../../schemas/mapping.ts";
import type { KubernetesObject } from "../../schemas/object-id.ts";

export type Verdict = { readonly health: Health; readonly reason?: string };

/**
 * A function of one kind. Gets an object that is neither being deleted nor stalled nor reconciling by its own word, and whose
 * `status.observedGeneration`, where there is one, is its generation.
 */
export type Assess = (object: KubernetesObject) => Verdict;

export const healthy: Verdict = { health: "Healthy" };
export const notSeen = "its controller has not seen this generation";

export function progressing(reason: string): Verdict {
  return { health: "Progressing", reason };
}

export function degraded(reason: string): Verdict {
  return { health: "Degraded", reason };
}

export function suspended(reason: string): Verdict {
  return { health: "Suspended", reason };
}

export function unknown(reason: string): Verdict {
  return { health: "Unknown", reason };
}

export type Condition = {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number | undefined;
  /** It speaks of an older generation of the object, and so says nothing about this one. */
  readonly isOld: boolean;
};

/** A mapping at a path of names; empty for anything else there. */
export function mappingAt(value: unknown, ...names: readonly string[]): Readonly<Record<string, unknown>> {
  let current = value;
  for (const name of names) current = isMapping(current) ? current[name] : undefined;
  return isMapping(current) ? current : {};
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function generationOf(object: KubernetesObject): number | undefined {
  return numberOf(mappingAt(object, "metadata")["generation"]);
}

/** The conditions of an object's status, or of one entry in it. */
export function conditionsOf(
  object: KubernetesObject,
  holder: Readonly<Record<string, unknown>> = mappingAt(object, "status"),
): readonly Condition[] {
  const generation = generationOf(object);
  return listOf(holder["conditions"]).map((entry) => {
    const condition = mappingAt(entry);
    const observedGeneration = numberOf(condition["observedGeneration"]);
    return {
      type: textOf(condition["type"]),
      status: textOf(condition["status"]),
      reason: textOf(condition["reason"]),
      message: textOf(condition["message"]),
      observedGeneration,
      isOld: generation !== undefined && observedGeneration !== undefined && observedGeneration < generation,
    };
  });
}

/** What a condition says in words; its type where it says nothing. */
export function sayCondition({ type, status, reason, message }: Condition): string {
  return message || reason || `${type} is ${status}`;
}

/** By one condition that is True when all is well; undefined where nobody has set it. */
export function byCondition(
  conditions: readonly Condition[],
  type: string,
  whenFalse: (reason: string) => Verdict,
): Verdict | undefined {
  const condition = conditions.find((each) => each.type === type);
  if (condition === undefined) return undefined;
  if (condition.isOld) return progressing(notSeen);
  if (condition.status === "True") return healthy;
  const reason = sayCondition(condition);
  return condition.status === "False" ? whenFalse(reason) : progressing(reason);
}
