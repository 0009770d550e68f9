import type { z } from "zod";
import { ClaimSpec } from "./claim.ts";
import { documentOf } from "./metadata.ts";

export const ScheduledTask = documentOf("ScheduledTask", ClaimSpec).describe(
  "A developer's request for a task that a ScheduledTaskClass runs again and again.",
);
export type ScheduledTask = z.infer<typeof ScheduledTask>;
