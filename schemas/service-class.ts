import { z } from "zod";
import { documentOf, Name } from "./metadata.ts";

/** Pieces of Kubernetes specs, as far as a Workload is laid over them; the API server is the judge of the other fields. */
const Containers = z.array(z.looseObject({ name: Name }));
const PodSpec = z.looseObject({ containers: Containers.exactOptional(), initContainers: Containers.exactOptional() });
const PodMetadata = z.looseObject({ labels: z.record(z.string(), z.string()).exactOptional() });
const DeploymentTemplate = z.looseObject({
  replicas: z.int().min(0).exactOptional(),
  template: z.looseObject({ metadata: PodMetadata.exactOptional(), spec: PodSpec.exactOptional() }).exactOptional(),
});
const ServiceTemplate = z.looseObject({
  ports: z.array(z.looseObject({ port: z.int().min(1).max(65535) })).exactOptional(),
});

/** What Service and WebApplication classes hold: the base that a Workload is laid over by strategic merge. */
export const WorkloadClassSpec = z.strictObject({
  /** A DeploymentSpec. */
  deploymentTemplate: DeploymentTemplate.default({}),
  /** A ServiceSpec. */
  serviceTemplate: ServiceTemplate.default({}),
});
export type WorkloadClassSpec = z.infer<typeof WorkloadClassSpec>;

/** The platform engineers' template of a service. */
export const ServiceClass = documentOf("ServiceClass", WorkloadClassSpec);
export type ServiceClass = z.infer<typeof ServiceClass>;
