import { z } from "zod";
import { documentOf, Name } from "./metadata.ts";

export const componentTypes = [
  "Service",
  "WebApplication",
  "ScheduledTask",
  "ManualTask",
  "Webhook",
  "APIProxy",
  "TestRunner",
  "EventHandler",
] as const;

/** A deployable part of a project. What runs is its Workload; how, its claim (Service, WebApplication). */
export const Component = documentOf(
  "Component",
  z.strictObject({
    owner: z.strictObject({ projectName: Name }),
    type: z.enum(componentTypes),
    build: z
      .strictObject({
        repository: z.strictObject({
          url: z.string(),
          revision: z
            .strictObject({ branch: z.string().exactOptional(), commit: z.string().exactOptional() })
            .exactOptional(),
          appPath: z.string().exactOptional(),
        }),
        templateRef: z.strictObject({
          engine: z.string().exactOptional(),
          name: z.string(),
          parameters: z.array(z.strictObject({ name: z.string(), value: z.string() })).exactOptional(),
        }),
      })
      .exactOptional(),
  }),
);
export type Component = z.infer<typeof Component>;
