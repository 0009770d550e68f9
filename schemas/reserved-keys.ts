/**
 * Keys of labels and annotations that the engine sets. Whatever takes metadata from people refuses them: an object that only
 * has them, such as a pod or a Secret that another controller makes, would seem to be one of a Release, or of another plane.
 */
import type { z } from "zod";
import { labelKeys, podLabels } from "./labels.ts";

/** Ours and upstream's whole, since agents know objects by them. */
export function isEngineKey(key: string): boolean {
  return /^(openchoreo|gitplane)\.dev\//.test(key) || key === labelKeys.managedBy;
}

const podLabelKeys: ReadonlySet<string> = new Set(
  Object.keys(podLabels({ organization: "", project: "", environment: "", component: "" })),
);

/** With those that pods are selected and logs are found by. */
export function isEngineLabel(key: string): boolean {
  return isEngineKey(key) || podLabelKeys.has(key);
}

/** The schema of a map that has none of the keys. */
export function withoutKeys<Schema extends z.ZodType<Readonly<Record<string, string>>>>(
  schema: Schema,
  isReserved: (key: string) => boolean,
  whose = "the engine, which sets it itself",
): Schema {
  return schema.superRefine((map, context) => {
    for (const key of Object.keys(map))
      if (isReserved(key)) context.addIssue({ code: "custom", path: [key], message: `must be left to ${whose}` });
  });
}
