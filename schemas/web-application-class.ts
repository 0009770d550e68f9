import type { z } from "zod";
import { documentOf } from "./metadata.ts";
import { WorkloadClassSpec } from "./service-class.ts";

export const WebApplicationClass = documentOf("WebApplicationClass", WorkloadClassSpec).describe(
  "The platform engineers' template of a web application.",
);
export type WebApplicationClass = z.infer<typeof WebApplicationClass>;
