import type { z } from "zod";
import { BindingSpec } from "./binding.ts";
import { documentOf } from "./metadata.ts";
import { ServiceApis } from "./service.ts";

export const ServiceBinding = documentOf(
  "ServiceBinding",
  BindingSpec.extend({ apis: ServiceApis.default({}).describe("APIs by the name of the endpoint that serves them.") }),
).describe("A Service placed in one environment.");
export type ServiceBinding = z.infer<typeof ServiceBinding>;
