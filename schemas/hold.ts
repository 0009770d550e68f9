/**
 * A Hold: steps that an agent refuses to take until a person approves exactly these. Its hash covers the steps and nothing
 * else, so commits that have to do with other objects leave it as it is.
 */
import { z } from "zod";
import { compareText } from "./compare.ts";
import { hashParts } from "./names.ts";

/** One thing to approve: what would be done to which live object. Another object under the same name is another step. */
export const HeldStep = z.strictObject({
  action: z.enum(["prune", "replace"]),
  id: z.string().min(1).max(600),
  uid: z.string().min(1).max(128),
});
export type HeldStep = z.infer<typeof HeldStep>;

/** More steps than this make several Holds. */
export const holdLimit = 500;

const holdHashPattern = /^[0-9a-f]{32}$/;

export const Hold = z.strictObject({
  hash: z.string().regex(holdHashPattern),
  reason: z.string().max(2000),
  steps: z.array(HeldStep).min(1).max(holdLimit),
});
export type Hold = z.infer<typeof Hold>;

/** The steps in their one order: by id, then action, then uid. */
export function sortHeldSteps(steps: readonly HeldStep[]): HeldStep[] {
  return steps.toSorted(
    (a, b) => compareText(a.id, b.id) || compareText(a.action, b.action) || compareText(a.uid, b.uid),
  );
}

/** 32 hexadecimal digits over the steps, whatever order they come in. */
export function holdHash(steps: readonly HeldStep[]): string {
  return hashParts(
    sortHeldSteps(steps).flatMap(({ action, id, uid }) => [action, id, uid]),
    32,
  );
}

/** What a person types to approve it, with as many digits as everybody shows. */
export function approveCommand({ hash }: Pick<Hold, "hash">): string {
  return `gitplane approve ${hash.slice(0, 12)}`;
}
