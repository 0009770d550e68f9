/** What one look at an object says about its health, and how a status is read that anything may have written. */
import type { Health } from "../../schemas/health.ts";
import type { KubernetesObject } from "../../schemas/object-id.ts";

export type Verdict = { readonly health: Health; readonly reason?: string };

/** A function of one kind. Gets an object that is neither being deleted nor waiting for its controller to see its generation. */
export type Assess = (object: KubernetesObject) => Verdict;

export type Condition = {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number | undefined;
};

/** A mapping at a path of names; empty for anything else there. */
export function mappingAt(value: unknown, ...names: readonly string[]): Readonly<Record<string, unknown>> {
  let current = value;
  for (const name of names) current = isMapping(current) ? current[name] : undefined;
  return isMapping(current) ? current : {};
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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

/** The conditions of a status, or of one entry in it. */
export function conditionsOf(holder: Readonly<Record<string, unknown>>): readonly Condition[] {
  return listOf(holder["conditions"]).map((entry) => {
    const condition = mappingAt(entry);
    return {
      type: textOf(condition["type"]),
      status: textOf(condition["status"]),
      reason: textOf(condition["reason"]),
      message: textOf(condition["message"]),
      observedGeneration: numberOf(condition["observedGeneration"]),
    };
  });
}
