import { z } from "zod";
import { documentOf } from "./metadata.ts";
import { KubernetesCluster, Observer } from "./plane-fields.ts";

export const BuildPlane = documentOf(
  "BuildPlane",
  z.strictObject({
    kubernetesCluster: KubernetesCluster.exactOptional().describe("The cluster."),
    observer: Observer.exactOptional().describe("Where logs of builds are asked for."),
  }),
).describe("A cluster that builds images, with an agent that pulls.");
export type BuildPlane = z.infer<typeof BuildPlane>;
