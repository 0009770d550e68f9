/** Metadata of live objects as the API server answers it, when asked for nothing else. */
import { z } from "zod";
import { ManagedFields } from "../managed-fields.ts";
import type { LiveMetadata } from "../target.ts";

/** Asks for metadata alone; about half the bytes of a whole object (Kubernetes: "API concepts, Metadata-only fetches"). */
export const metadataAccept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
export const metadataListAccept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

const Answer = z.object({
  metadata: z.object({
    uid: z.string(),
    /** Empty in a dry run of a creation. */
    resourceVersion: z.string().optional(),
    generation: z.number().optional(),
    labels: z.record(z.string(), z.string()).nullish(),
    annotations: z.record(z.string(), z.string()).nullish(),
    deletionTimestamp: z.string().nullish(),
    finalizers: z.array(z.string()).nullish(),
    ownerReferences: z
      .array(z.object({ kind: z.string(), name: z.string(), controller: z.boolean().nullish() }))
      .nullish(),
    managedFields: z.array(ManagedFields).nullish(),
  }),
});

/** Undefined for what is no object. */
export function parseMetadata(body: unknown): LiveMetadata | undefined {
  const result = Answer.safeParse(body);
  if (!result.success) return undefined;
  const { uid, resourceVersion, generation, labels, annotations, deletionTimestamp } = result.data.metadata;
  const { finalizers, ownerReferences, managedFields } = result.data.metadata;
  const controller = ownerReferences?.find((owner) => owner.controller === true);
  return {
    uid,
    resourceVersion: resourceVersion ?? "",
    generation,
    labels: labels ?? {},
    annotations: annotations ?? {},
    deleting: typeof deletionTimestamp === "string",
    finalizers: finalizers ?? [],
    controller: controller === undefined ? undefined : `${controller.kind}/${controller.name}`,
    managedFields: managedFields ?? [],
  };
}
