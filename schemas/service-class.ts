import { z } from "zod";
import { healthRules, spellings } from "./health-rules.ts";
import { ImmutableChanges } from "./immutable-changes.ts";
import { kubernetesTemplate } from "./kubernetes/template.ts";
import { documentOf } from "./metadata.ts";
import { ServedOverrideLimits, ServedOverrideNames } from "./overrides.ts";

/** What Service and WebApplication classes hold: the base that a Workload is laid over by strategic merge. */
export const WorkloadClassSpec = z.strictObject({
  deploymentTemplate: kubernetesTemplate("DeploymentSpec")
    .default({})
    .describe("A DeploymentSpec (apps/v1) without selector; images and ports come from the Workload."),
  serviceTemplate: kubernetesTemplate("ServiceSpec")
    .default({})
    .describe("A ServiceSpec (v1) without selector; ports come from the Workload's endpoints."),
  hpaTemplate: kubernetesTemplate("HorizontalPodAutoscalerSpec")
    .exactOptional()
    .describe(
      "A HorizontalPodAutoscalerSpec (autoscaling/v2) without scaleTargetRef. With it the number of pods is the autoscaler's, and replicas of the deploymentTemplate are not used.",
    ),
  pdbTemplate: kubernetesTemplate("PodDisruptionBudgetSpec")
    .exactOptional()
    .describe("A PodDisruptionBudgetSpec (policy/v1) without selector: how many pods an eviction leaves."),
  allowedOverrides: ServedOverrideNames,
  overrideLimits: ServedOverrideLimits,
  immutableChanges: ImmutableChanges,
  health: healthRules(
    spellings(
      "apps/Deployment",
      "Service",
      "gateway.networking.k8s.io/HTTPRoute",
      "autoscaling/HorizontalPodAutoscaler",
      "policy/PodDisruptionBudget",
    ),
  ),
});

export const ServiceClass = documentOf("ServiceClass", WorkloadClassSpec).describe(
  "The platform engineers' template of a service.",
);
export type ServiceClass = z.infer<typeof ServiceClass>;
