import { z } from "zod";
import { BuildTemplate, SourceRepository } from "./build-source.ts";
import { ComponentOwner, documentOf } from "./metadata.ts";

export const Build = documentOf(
  "Build",
  z.strictObject({
    owner: ComponentOwner.describe("The component that is built."),
    repository: SourceRepository.describe("Where the source code stands."),
    templateRef: BuildTemplate.describe("What builds it."),
  }),
).describe("One run of a build of a component's image.");
export type Build = z.infer<typeof Build>;
