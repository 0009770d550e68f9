import type { z } from "zod";
import { BindingSpec } from "./binding.ts";
import { documentOf } from "./metadata.ts";

export const WebApplicationBinding = documentOf("WebApplicationBinding", BindingSpec).describe(
  "A WebApplication placed in one environment.",
);
export type WebApplicationBinding = z.infer<typeof WebApplicationBinding>;
