/**
 * A Release: the complete manifests of one Binding, one Cell or one part of the platform for one plane, one YAML document. It carries no revision and
 * no time, so an unchanged Release is an unchanged blob.
 */
import { z } from "zod";
import { KubernetesObject, objectId, objectKey } from "./object-id.ts";

export const Release = z
  .strictObject({
    apiVersion: z.literal("openchoreo.dev/v1alpha1"),
    kind: z.literal("Release"),
    metadata: z.strictObject({
      name: z.string().min(1),
      namespace: z.string().min(1),
      labels: z.record(z.string(), z.string()),
    }),
    spec: z.strictObject({
      /** Nobody's but the organization's for what is of the plane itself. */
      owner: z.strictObject({
        projectName: z.string().min(1).exactOptional(),
        componentName: z.string().min(1).exactOptional(),
      }),
      environmentName: z.string().min(1).exactOptional(),
      /** In apply order. */
      resources: z.array(z.strictObject({ id: z.string().min(1), object: KubernetesObject })).max(5000),
    }),
  })
  .superRefine((release, context) => {
    const seen = new Set<string>();
    for (const [index, { id, object }] of release.spec.resources.entries()) {
      const path = ["spec", "resources", index, "id"];
      if (id !== objectId(objectKey(object)))
        context.addIssue({ code: "custom", path, message: `${id} is not the id of its object` });
      if (seen.has(id)) context.addIssue({ code: "custom", path, message: `${id} stands twice` });
      seen.add(id);
    }
  });
export type Release = z.infer<typeof Release>;

/** A file of the state repository larger than this is refused by whoever reads it. */
export const releaseLimitBytes = 4 * 1024 * 1024;
