/** What is wrong with a policy: at which of its fields, not yet at which line. */
import type { Problem } from "../../schemas/problem.ts";

export type PolicyFault = Pick<Problem, "message" | "remedy"> & {
  readonly code: "schema" | "unsupported-policy";
  /** From the policy down to the field, or to where it should stand. */
  readonly path: readonly (string | number)[];
};
