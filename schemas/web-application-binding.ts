import type { z } from "zod";
import { autoDeployed, BindingSpec, planeOverrides } from "./binding.ts";
import { documentOf } from "./metadata.ts";
import { overridesDescription, ServedOverrides } from "./overrides.ts";

export const WebApplicationBinding = documentOf(
  "WebApplicationBinding",
  BindingSpec.extend({
    environmentOverrides: ServedOverrides.exactOptional().describe(overridesDescription),
    planeOverrides: planeOverrides(ServedOverrides),
  }),
).describe(`A WebApplication placed in one environment. ${autoDeployed}`);
export type WebApplicationBinding = z.infer<typeof WebApplicationBinding>;
