import { z } from "zod";
import { healthRules, spellings } from "./health-rules.ts";
import { kubernetesTemplate } from "./kubernetes/template.ts";
import { documentOf } from "./metadata.ts";

/** What Service and WebApplication classes hold: the base that a Workload is laid over by strategic merge. */
export const WorkloadClassSpec = z.strictObject({
  deploymentTemplate: kubernetesTemplate("DeploymentSpec")
    .default({})
    .describe("A DeploymentSpec (apps/v1) without selector; images and ports come from the Workload."),
  serviceTemplate: kubernetesTemplate("ServiceSpec")
    .default({})
    .describe("A ServiceSpec (v1) without selector; ports come from the Workload's endpoints."),
  health: healthRules(spellings("apps/Deployment", "Service", "gateway.networking.k8s.io/HTTPRoute")),
});

export const ServiceClass = documentOf("ServiceClass", WorkloadClassSpec).describe(
  "The platform engineers' template of a service.",
);
export type ServiceClass = z.infer<typeof ServiceClass>;
