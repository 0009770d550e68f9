import { z } from "zod";
import { healthRules, spellings } from "./health-rules.ts";
import { ImmutableChanges } from "./immutable-changes.ts";
import { kubernetesTemplate } from "./kubernetes/template.ts";
import { documentOf } from "./metadata.ts";
import { TaskOverrideLimits, TaskOverrideNames } from "./overrides.ts";

export const ScheduledTaskClass = documentOf(
  "ScheduledTaskClass",
  z.strictObject({
    cronJobTemplate: kubernetesTemplate("CronJobSpec").describe(
      "A CronJobSpec (batch/v1) with its schedule; images come from the Workload.",
    ),
    allowedOverrides: TaskOverrideNames,
    overrideLimits: TaskOverrideLimits,
    immutableChanges: ImmutableChanges,
    health: healthRules(spellings("batch/CronJob")),
  }),
).describe("The platform engineers' template of a task that runs on a schedule.");
export type ScheduledTaskClass = z.infer<typeof ScheduledTaskClass>;
