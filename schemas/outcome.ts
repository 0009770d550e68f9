/** Past-tense words for what happened to an object or to a Release. One word per outcome, in logs, receipts and screens. */
import { z } from "zod";

export const outcomes = [
  "created",
  "configured",
  "replaced",
  "pruned",
  "unchanged",
  "skipped",
  "handed",
  "held",
  "failed",
] as const;
export const Outcome = z.enum(outcomes);
export type Outcome = z.infer<typeof Outcome>;

/** Gravest first: one failed object makes its Release failed, one held makes it held. */
const gravity: readonly Outcome[] = [
  "failed",
  "held",
  "handed",
  "skipped",
  "replaced",
  "created",
  "configured",
  "pruned",
  "unchanged",
];

/** The outcome of a whole from its parts: the gravest one; unchanged for none. */
export function gravestOutcome(parts: Iterable<Outcome>): Outcome {
  const present = new Set(parts);
  return gravity.find((outcome) => present.has(outcome)) ?? "unchanged";
}
