/**
 * `admissions.yaml` of a plane's branch: paths for which the specs alone do not decide what stands in the tree, and what they
 * were decided by. An entry changes only with its decision, so that waiting makes no commits.
 */
import { z } from "zod";

export const admissionsFile = "admissions.yaml";

const Oid = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, "an object id of 40 or 64 hexadecimal digits");
const plane = z.string().max(200);

export const Admission = z.discriminatedUnion("decision", [
  /** Its environment moved to another plane, where it is not seen to be healthy yet: it stays here as it was. */
  z.strictObject({ decision: z.literal("kept"), movedTo: plane }),
  /** It left this plane, because the other plane's receipts said so; they stood at this commit. */
  z.strictObject({ decision: z.literal("withdrawn"), movedTo: plane, receipts: Oid }),
]);
export type Admission = z.infer<typeof Admission>;

export const Admissions = z.strictObject({ format: z.literal(1), paths: z.record(z.string(), Admission) });
export type Admissions = z.infer<typeof Admissions>;
