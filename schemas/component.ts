import { z } from "zod";
import { BuildTemplate, SourceRepository } from "./build-source.ts";
import { documentOf, Name } from "./metadata.ts";
import { reservedComponentName } from "./names.ts";

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

export const Component = documentOf(
  "Component",
  z.strictObject({
    owner: z.strictObject({ projectName: Name.describe("The Project.") }).describe("Whose it is."),
    type: z
      .enum(componentTypes)
      .describe("What it is. Service, WebApplication and ScheduledTask are deployed; the others are accepted."),
    build: z
      .strictObject({
        repository: SourceRepository.describe("Where the source code stands."),
        templateRef: BuildTemplate.describe("What builds it."),
      })
      .exactOptional()
      .describe("How its image is built from source, where it is."),
  }),
).meta({
  description: "A deployable part of a project. What runs is its Workload; how, its claim.",
  "x-kubernetes-validations": [
    {
      rule: "self.metadata.name.matches('^[a-z]')",
      message: "a component's name starts with a letter, because its Service is named so (RFC 1035)",
      fieldPath: ".metadata.name",
    },
    {
      rule: `!self.metadata.name.matches('${reservedComponentName.source}')`,
      message:
        "names such as cell-0123abcd, from-…-0123abcd and …-public-0123abcd are of policies and routes that stand beside components",
      fieldPath: ".metadata.name",
    },
  ],
});
export type Component = z.infer<typeof Component>;
