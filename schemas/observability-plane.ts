import { z } from "zod";
import { documentOf } from "./metadata.ts";
import { KubernetesCluster } from "./plane-fields.ts";

export const ObservabilityPlane = documentOf(
  "ObservabilityPlane",
  z.strictObject({
    observerURL: z
      .url({ protocol: /^https?$/, error: "must be an http or https URL" })
      .describe("The Observer's address."),
    kubernetesCluster: KubernetesCluster.exactOptional().describe("The cluster, where it is one."),
    clusterAgent: z
      .unknown()
      .exactOptional()
      .describe("Upstream's tunnel into the cluster. Accepted and not used: agents pull."),
  }),
).describe("Where logs are kept and searched, with an agent that pulls.");
export type ObservabilityPlane = z.infer<typeof ObservabilityPlane>;
