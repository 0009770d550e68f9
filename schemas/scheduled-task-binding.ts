import type { z } from "zod";
import { autoDeployed, BindingSpec } from "./binding.ts";
import { documentOf } from "./metadata.ts";

export const ScheduledTaskBinding = documentOf("ScheduledTaskBinding", BindingSpec).describe(
  `A ScheduledTask placed in one environment. ${autoDeployed}`,
);
export type ScheduledTaskBinding = z.infer<typeof ScheduledTaskBinding>;
