import type { z } from "zod";
import { documentOf } from "./metadata.ts";
import { BindingSpec } from "./service-binding.ts";

/** A WebApplication placed in one environment. */
export const WebApplicationBinding = documentOf("WebApplicationBinding", BindingSpec);
export type WebApplicationBinding = z.infer<typeof WebApplicationBinding>;
