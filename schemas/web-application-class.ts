import type { z } from "zod";
import { documentOf } from "./metadata.ts";
import { WorkloadClassSpec } from "./service-class.ts";

/** The platform engineers' template of a web application. */
export const WebApplicationClass = documentOf("WebApplicationClass", WorkloadClassSpec);
export type WebApplicationClass = z.infer<typeof WebApplicationClass>;
