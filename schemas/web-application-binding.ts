import type { z } from "zod";
import { autoDeployed, BindingSpec } from "./binding.ts";
import { documentOf } from "./metadata.ts";

export const WebApplicationBinding = documentOf("WebApplicationBinding", BindingSpec).describe(
  `A WebApplication placed in one environment. ${autoDeployed}`,
);
export type WebApplicationBinding = z.infer<typeof WebApplicationBinding>;
