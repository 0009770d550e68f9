import type { z } from "zod";
import { autoDeployed, BindingSpec } from "./binding.ts";
import { documentOf } from "./metadata.ts";
import { overridesDescription, ServedOverrides } from "./overrides.ts";

export const WebApplicationBinding = documentOf(
  "WebApplicationBinding",
  BindingSpec.extend({ environmentOverrides: ServedOverrides.exactOptional().describe(overridesDescription) }),
).describe(`A WebApplication placed in one environment. ${autoDeployed}`);
export type WebApplicationBinding = z.infer<typeof WebApplicationBinding>;
