import type { z } from "zod";
import { autoDeployed, BindingSpec, planeOverrides } from "./binding.ts";
import { documentOf } from "./metadata.ts";
import { overridesDescription, TaskOverrides } from "./overrides.ts";

export const ScheduledTaskBinding = documentOf(
  "ScheduledTaskBinding",
  BindingSpec.extend({
    environmentOverrides: TaskOverrides.exactOptional().describe(overridesDescription),
    planeOverrides: planeOverrides(TaskOverrides),
  }),
).describe(`A ScheduledTask placed in one environment. ${autoDeployed}`);
export type ScheduledTaskBinding = z.infer<typeof ScheduledTaskBinding>;
