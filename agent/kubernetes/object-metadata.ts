/** Metadata of live objects as the API server answers it, when asked for nothing else. */
import { isMapping, isTexts } from "../../schemas/mapping.ts";
import { type ManagedFields, readManagedFields } from "../managed-fields.ts";
import type { LiveMetadata } from "../target.ts";

/** Asks for metadata alone; about half the bytes of a whole object (Kubernetes: "API concepts, Metadata-only fetches"). */
export const metadataAccept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
export const metadataListAccept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/** Undefined for what is no object. By hand: every answer to an apply is read here. */
export function parseMetadata(body: unknown): LiveMetadata | undefined {
  const metadata = isMapping(body) ? body["metadata"] : undefined;
  if (!isMapping(metadata)) return undefined;
  // The version is empty in a dry run of a creation.
  const { uid, resourceVersion = "", generation, deletionTimestamp } = metadata;
  if (typeof uid !== "string" || typeof resourceVersion !== "string") return undefined;
  if (generation !== undefined && typeof generation !== "number") return undefined;
  if (isThere(deletionTimestamp) && typeof deletionTimestamp !== "string") return undefined;
  const parts = readParts(metadata);
  if (parts === undefined) return undefined;
  return { uid, resourceVersion, generation, deleting: isThere(deletionTimestamp), ...parts };
}

type Parts = Pick<LiveMetadata, "labels" | "annotations" | "finalizers" | "controller" | "managedFields">;

function readParts(metadata: Readonly<Record<string, unknown>>): Parts | undefined {
  const { labels, annotations, finalizers, ownerReferences, managedFields: managed } = metadata;
  const managedFields: readonly ManagedFields[] | undefined = isThere(managed) ? readManagedFields(managed) : [];
  const controller = isThere(ownerReferences) ? readController(ownerReferences) : "";
  if (managedFields === undefined || controller === undefined) return undefined;
  if (isThere(labels) && !isTexts(labels)) return undefined;
  if (isThere(annotations) && !isTexts(annotations)) return undefined;
  if (isThere(finalizers) && !isListOfTexts(finalizers)) return undefined;
  return {
    labels: labels ?? {},
    annotations: annotations ?? {},
    finalizers: finalizers ?? [],
    controller: controller === "" ? undefined : controller,
    managedFields,
  };
}

/** `Kind/name` of the owner whose controller made the object; empty without one, undefined for what are no owners. */
function readController(owners: unknown): string | undefined {
  if (!Array.isArray(owners)) return undefined;
  let controller = "";
  for (const owner of owners as readonly unknown[]) {
    if (!isMapping(owner) || typeof owner["kind"] !== "string" || typeof owner["name"] !== "string") return undefined;
    if (owner["controller"] === true && controller === "") controller = `${owner["kind"]}/${owner["name"]}`;
  }
  return controller;
}

function isThere<T>(value: T): value is NonNullable<T> {
  return value !== undefined && value !== null;
}

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
