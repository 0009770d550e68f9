import { z } from "zod";
import { kubernetesTemplate } from "./kubernetes/template.ts";
import { documentOf } from "./metadata.ts";

export const ScheduledTaskClass = documentOf(
  "ScheduledTaskClass",
  z.strictObject({
    cronJobTemplate: kubernetesTemplate("CronJobSpec").describe(
      "A CronJobSpec (batch/v1) with its schedule; images come from the Workload.",
    ),
  }),
).describe("The platform engineers' template of a task that runs on a schedule.");
export type ScheduledTaskClass = z.infer<typeof ScheduledTaskClass>;
