/** Environment variables of containers. */
import { z } from "zod";

/** Enough for any container, and few enough that an API server affords a rule for each. */
export const variableLimit = 500;

/** Kubernetes takes any printable ASCII but `=` in a variable's name; shells and this schema take the portable set. */
export const VariableName = z
  .string()
  .regex(/^[A-Za-z_.-][A-Za-z0-9_.-]*$/, { error: "must be a name of letters, digits, _, - and ." });
