import { z } from "zod";
import { HttpUrl } from "./http-url.ts";
import { documentOf } from "./metadata.ts";
import { KubernetesCluster, planeNameRule } from "./plane-fields.ts";

export const ObservabilityPlane = documentOf(
  "ObservabilityPlane",
  z.strictObject({
    observerURL: HttpUrl.describe("The Observer's address."),
    kubernetesCluster: KubernetesCluster.exactOptional().describe("The cluster, where it is one."),
    clusterAgent: z
      .unknown()
      .exactOptional()
      .describe("Upstream's tunnel into the cluster. Accepted and not used: agents pull."),
  }),
).meta({
  description: "Where logs are kept and searched, with an agent that pulls.",
  "x-kubernetes-validations": [planeNameRule("observability")],
});
export type ObservabilityPlane = z.infer<typeof ObservabilityPlane>;
