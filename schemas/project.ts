import { z } from "zod";
import { documentOf, Name } from "./metadata.ts";

export const Project = documentOf(
  "Project",
  z.strictObject({ deploymentPipelineRef: Name.describe("The DeploymentPipeline that its components follow.") }),
).describe("A group of components that run together: one cell per environment.");
export type Project = z.infer<typeof Project>;
