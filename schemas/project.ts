import { z } from "zod";
import { documentOf, Name } from "./metadata.ts";

/** A group of components that run together: one Cell per environment. */
export const Project = documentOf("Project", z.strictObject({ deploymentPipelineRef: Name }));
export type Project = z.infer<typeof Project>;
