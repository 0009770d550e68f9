import { z } from "zod";
import { CellSettings } from "./cell-settings.ts";
import { HostName } from "./host-name.ts";
import { SubdomainName } from "./kubernetes/formats.ts";
import { ManagedGateways, SharedGateways } from "./managed-gateways.ts";
import { documentOf, Name } from "./metadata.ts";
import { GatewaySources, NameServers } from "./network-peer.ts";
import { KubernetesCluster, Observer, planeNameRule } from "./plane-fields.ts";
import { TransportEncryption } from "./transport-encryption.ts";

export const DataPlane = documentOf(
  "DataPlane",
  z.strictObject({
    registry: z
      .strictObject({
        prefix: z
          .string()
          .describe("What the names of images of this plane start with. For people: Workloads name whole images."),
        secretRef: z
          .string()
          .exactOptional()
          .describe("The Secret in the cluster that may pull from it. Not rendered by this version, so a warning."),
      })
      .exactOptional()
      .describe("The image registry of the plane."),
    secretStoreRef: z
      .strictObject({ name: SubdomainName.describe("Its name in the cluster.") })
      .exactOptional()
      .describe("The ClusterSecretStore of External Secrets from which secrets of the plane are read."),
    imagePullSecretRefs: z
      .array(Name)
      .max(20)
      .exactOptional()
      .describe("SecretReferences with `.dockerconfigjson`, with which every pod of the plane pulls its images."),
    kubernetesCluster: KubernetesCluster.exactOptional().describe("The cluster."),
    gateway: z
      .strictObject({
        publicVirtualHost: HostName.exactOptional().describe(
          "The domain under which public APIs and web applications of the plane are found.",
        ),
        organizationVirtualHost: HostName.exactOptional().describe(
          "The domain under which APIs that are exposed to the organization are found.",
        ),
        manage: ManagedGateways.exactOptional().describe(
          "The gateways, where the plane brings them itself. Without it and `sharedFrom` they are somebody else's.",
        ),
        sharedFrom: SharedGateways.exactOptional().describe(
          "The plane of another organization in the same cluster whose gateways this one uses: what is cluster-wide belongs to one plane.",
        ),
        rateLimitService: z
          .boolean()
          .exactOptional()
          .describe(
            "Whether Envoy Gateway runs its rate limit service there, by which limits with scope: Global are counted. Without it such a limit is a Problem: Envoy Gateway answers 500 for the whole API.",
          ),
        sources: z
          .strictObject({
            external: GatewaySources.exactOptional().describe("Of gateway-external."),
            internal: GatewaySources.exactOptional().describe("Of gateway-internal."),
          })
          .exactOptional()
          .describe(
            "Where what the gateways pass on comes from, which network policies let in. The pods of Envoy Gateway's in openchoreo-data-plane and envoy-gateway-system when absent.",
          ),
      })
      .exactOptional()
      .describe("The plane's gateways and their domains."),
    observer: Observer.exactOptional().describe("Where logs of the plane are asked for."),
    region: Name.exactOptional().describe("Where the cluster stands. A Project may keep to some regions."),
    networkPolicy: z
      .enum(["Cilium", "Kubernetes"])
      .default("Cilium")
      .describe(
        "What network policies are written for: Cilium, or, where the cluster has none, any that keeps Kubernetes' own.",
      ),
    nameServers: NameServers.exactOptional().describe(
      "Where pods ask for names, which every cell lets out. Pods with k8s-app: kube-dns in kube-system when absent.",
    ),
    transportEncryption: TransportEncryption.exactOptional().describe(
      "How traffic between nodes must be encrypted, by Cilium. The agent looks whether it is, and says so.",
    ),
    cell: CellSettings.exactOptional().describe("How every cell on the plane is made, unless others say otherwise."),
  }),
).meta({
  description: "A cluster that runs applications, with an agent that pulls.",
  "x-kubernetes-validations": [planeNameRule("data")],
});
export type DataPlane = z.infer<typeof DataPlane>;
