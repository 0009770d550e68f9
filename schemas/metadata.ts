/** What every document of the specs repository starts with. `metadata.namespace` is the organization, `default` when absent. */
import { z } from "zod";
import { Annotations, Labels } from "./kubernetes/formats.ts";
import { dnsLabel, dnsLabelLimit } from "./names.ts";

export const apiVersion = "openchoreo.dev/v1alpha1";
export const defaultOrganization = "default";

/** Names go into label values, host names and paths of the state repository: one DNS label, no dots. */
export const Name = z
  .string()
  .regex(dnsLabel, {
    error: "must be 1 to 63 lower-case letters, digits and dashes, starting and ending with a letter or digit",
  })
  .meta({ maxLength: dnsLabelLimit });

export const Metadata = z.strictObject({
  name: Name.describe("The name, by which others refer to it."),
  namespace: Name.exactOptional().describe("The organization. `default` when absent."),
  labels: Labels.exactOptional().describe(
    "Labels of the document. Kept for people and tools; nothing is rendered of them.",
  ),
  annotations: Annotations.exactOptional().describe(
    "Annotations, such as `openchoreo.dev/display-name` and `openchoreo.dev/description`.",
  ),
});
export type Metadata = z.infer<typeof Metadata>;

/** A document of one kind: header, metadata, and the kind's own spec. */
export function documentOf<Kind extends string, Spec extends z.ZodType>(kind: Kind, spec: Spec) {
  return z.strictObject({
    apiVersion: z.literal(apiVersion).describe("The version of the vocabulary."),
    kind: z.literal(kind).describe("What kind of thing the document describes."),
    metadata: Metadata.describe("Name and organization."),
    spec: spec.describe("What is asked for."),
  });
}

/** The component that a Workload, claim or Binding belongs to. */
export const ComponentOwner = z.strictObject({
  projectName: Name.describe("The Project of the component."),
  componentName: Name.describe("The Component."),
});
