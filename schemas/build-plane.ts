import { z } from "zod";
import { documentOf } from "./metadata.ts";
import { KubernetesCluster, Observer, planeNameRule } from "./plane-fields.ts";

export const BuildPlane = documentOf(
  "BuildPlane",
  z.strictObject({
    kubernetesCluster: KubernetesCluster.exactOptional().describe("The cluster."),
    observer: Observer.exactOptional().describe("Where logs of builds are asked for."),
  }),
).meta({
  description: "A cluster that builds images, with an agent that pulls.",
  "x-kubernetes-validations": [planeNameRule("build")],
});
export type BuildPlane = z.infer<typeof BuildPlane>;
