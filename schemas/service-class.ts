import { z } from "zod";
import { documentOf } from "./metadata.ts";

/** A piece of a Kubernetes spec; the API server is the judge of its fields. */
const Template = z.record(z.string(), z.unknown());

/** What Service and WebApplication classes hold: the base that a Workload is laid over by strategic merge. */
export const WorkloadClassSpec = z.strictObject({
  /** A DeploymentSpec. */
  deploymentTemplate: Template.default({}),
  /** A ServiceSpec. */
  serviceTemplate: Template.default({}),
});
export type WorkloadClassSpec = z.infer<typeof WorkloadClassSpec>;

/** The platform engineers' template of a service. */
export const ServiceClass = documentOf("ServiceClass", WorkloadClassSpec);
export type ServiceClass = z.infer<typeof ServiceClass>;
