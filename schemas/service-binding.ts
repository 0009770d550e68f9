import { z } from "zod";
import { ComponentOwner, documentOf, Name } from "./metadata.ts";
import { ServiceApis, UnusedOverrides } from "./service.ts";
import { WorkloadTemplate } from "./workload.ts";

export const releaseStates = ["Active", "Suspend", "Undeploy"] as const;

/** What Bindings of every claim kind share: where, how, and the frozen workload. */
export const BindingSpec = z.strictObject({
  owner: ComponentOwner,
  environment: Name,
  className: Name.default("default"),
  /** The pin: hash of the class's canonical spec. Without it the Binding follows the class. */
  classHash: z
    .string()
    .regex(/^[0-9a-f]{32}$/, { error: "must be 32 hexadecimal digits" })
    .exactOptional(),
  workloadSpec: WorkloadTemplate,
  overrides: UnusedOverrides.exactOptional(),
  releaseState: z.enum(releaseStates).default("Active"),
});

/** A Service placed in one environment. */
export const ServiceBinding = documentOf("ServiceBinding", BindingSpec.extend({ apis: ServiceApis.default({}) }));
export type ServiceBinding = z.infer<typeof ServiceBinding>;
