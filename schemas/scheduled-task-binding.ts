import type { z } from "zod";
import { BindingSpec } from "./binding.ts";
import { documentOf } from "./metadata.ts";

export const ScheduledTaskBinding = documentOf("ScheduledTaskBinding", BindingSpec).describe(
  "A ScheduledTask placed in one environment.",
);
export type ScheduledTaskBinding = z.infer<typeof ScheduledTaskBinding>;
