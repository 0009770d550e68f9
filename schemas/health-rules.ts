/**
 * Rules for the health of objects as data: CEL expressions over `object`, in a class by kind, and on the object itself as the
 * annotation `gitplane.dev/health`, JSON of the same fields without the kind. The first that holds decides, in the order
 * degraded, suspended, progressing, healthy; where none does, an object with a `healthy` rule is Progressing and any other has
 * the health that its kind gives it. health-expression.ts says what an expression may do.
 */
import { z } from "zod";

export const expressionLimit = 1000;

const Expression = z.string().min(1).max(expressionLimit);

const expressions = {
  healthy: Expression.exactOptional().describe("CEL over object, true when it is Healthy."),
  progressing: Expression.exactOptional().describe("CEL over object, true while it is on its way."),
  degraded: Expression.exactOptional().describe("CEL over object, true when something is wrong. Looked at first."),
  suspended: Expression.exactOptional().describe("CEL over object, true when somebody has stopped it on purpose."),
  reason: Expression.exactOptional().describe(
    "CEL that gives a text: why it is not Healthy. Cut after 300 characters.",
  ),
};

/** What the annotation holds. */
export const HealthRule = z.strictObject(expressions);
export type HealthRule = z.infer<typeof HealthRule>;

/** The fields that decide, in the order in which they are looked at, with what they decide. */
export const ruleVerdicts = [
  ["degraded", "Degraded"],
  ["suspended", "Suspended"],
  ["progressing", "Progressing"],
  ["healthy", "Healthy"],
] as const;

/** What a class holds: at most one rule a kind, of the kinds that are rendered from it. */
export function healthRules(kinds: readonly [string, ...string[]]) {
  return z
    .array(
      z.strictObject({
        kind: z.enum(kinds).describe("Whose health it says; the group may be left out."),
        ...expressions,
      }),
    )
    .min(1)
    .max(10)
    .exactOptional()
    .describe("Rules for the health of what is rendered from the class, in place of the agent's own.");
}

/** Both spellings of a kind, `[group/]Kind` and `Kind`. */
export function spellings(...kinds: readonly [string, ...string[]]): [string, ...string[]] {
  const both = kinds.flatMap((kind) => [kind.slice(kind.lastIndexOf("/") + 1), kind]);
  return [...new Set(both)] as [string, ...string[]]; // at least one a kind
}
