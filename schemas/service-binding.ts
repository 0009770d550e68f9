import type { z } from "zod";
import { autoDeployed, BindingSpec, planeOverrides } from "./binding.ts";
import { documentOf } from "./metadata.ts";
import { overridesDescription, ServedOverrides } from "./overrides.ts";
import { ServiceApis } from "./service.ts";

/** As `control/validate/check-binding.ts` checks it: an API leads to the endpoint of its name, or nowhere. */
const apiRules = [
  {
    rule: "self.apis.all(name, name in self.workloadSpec.endpoints)",
    message: "an API is called like the endpoint that serves it",
    fieldPath: ".apis",
  },
  {
    rule: "self.apis.all(name, !has(self.apis[name].rest) || !(name in self.workloadSpec.endpoints) || self.apis[name].rest.backend.port == self.workloadSpec.endpoints[name].port)",
    message: "the port of an API is its endpoint's",
    fieldPath: ".apis",
  },
];

export const ServiceBinding = documentOf(
  "ServiceBinding",
  BindingSpec.extend({
    environmentOverrides: ServedOverrides.exactOptional().describe(overridesDescription),
    planeOverrides: planeOverrides(ServedOverrides),
    apis: ServiceApis.default({}).describe("APIs by the name of the endpoint that serves them."),
  }).meta({ "x-kubernetes-validations": apiRules }),
).describe(`A Service placed in one environment. ${autoDeployed}`);
export type ServiceBinding = z.infer<typeof ServiceBinding>;
