/** What every document of the specs repository starts with. `metadata.namespace` is the organization, `default` when absent. */
import { z } from "zod";
import { isDnsLabel } from "./names.ts";

export const apiVersion = "openchoreo.dev/v1alpha1";
export const defaultOrganization = "default";

/** Names go into label values, host names and paths of the state repository: one DNS label, no dots. */
export const Name = z.string().refine(isDnsLabel, {
  error: "must be 1 to 63 lower-case letters, digits and dashes, starting and ending with a letter or digit",
});

export const Metadata = z.strictObject({
  name: Name,
  namespace: Name.exactOptional(),
  labels: z.record(z.string(), z.string()).exactOptional(),
  annotations: z.record(z.string(), z.string()).exactOptional(),
});
export type Metadata = z.infer<typeof Metadata>;

/** A document of one kind: header, metadata, and the kind's own spec. */
export function documentOf<Kind extends string, Spec extends z.ZodType>(kind: Kind, spec: Spec) {
  return z.strictObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal(kind),
    metadata: Metadata,
    spec,
  });
}

/** The component that a Workload, claim or Binding belongs to. */
export const ComponentOwner = z.strictObject({ projectName: Name, componentName: Name });
