import { z } from "zod";
import { Duration } from "./duration.ts";
import { Annotations, DataKey, Labels } from "./kubernetes/formats.ts";
import { documentOf } from "./metadata.ts";
import { isEngineKey, isEngineLabel, withoutKeys } from "./reserved-keys.ts";

export const SecretReference = documentOf(
  "SecretReference",
  z.strictObject({
    template: z
      .strictObject({
        type: z
          .string()
          .exactOptional()
          .describe("Type of the Secret that is made in the cluster. Opaque when absent."),
        metadata: z
          .strictObject({
            labels: withoutKeys(Labels, isEngineLabel)
              .exactOptional()
              .describe("Its labels, without keys that the engine sets."),
            annotations: withoutKeys(Annotations, isEngineKey)
              .exactOptional()
              .describe("Its annotations, without keys that the engine sets."),
          })
          .exactOptional()
          .describe("Labels and annotations of the Secret."),
      })
      .exactOptional()
      .describe("What the Secret in the cluster looks like."),
    data: z
      .array(
        z.strictObject({
          secretKey: DataKey.describe("The key in the Secret."),
          remoteRef: z
            .strictObject({
              key: z.string().min(1).describe("The entry in the store."),
              property: z.string().exactOptional().describe("The part of the entry."),
              version: z.string().exactOptional().describe("The entry's version. The newest when absent."),
            })
            .describe("Where the value is kept."),
        }),
      )
      .min(1)
      .meta({ "x-kubernetes-list-map-keys": ["secretKey"] })
      .describe("Keys and where their values are kept; the values never pass through Git."),
    refreshInterval: Duration.exactOptional().describe("How often the value is read anew."),
  }),
).describe("A secret that is kept in a store outside Git, by reference.");
export type SecretReference = z.infer<typeof SecretReference>;
