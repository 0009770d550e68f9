/** One object of the in-memory target, and what is told of it. */
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { KubernetesObject, ObjectKey } from "../schemas/object-id.ts";
import { innerOf, printOfApplied } from "./managed-fields.ts";
import type { FieldSet } from "./memory-fields.ts";
import type { ApplyOutcome, LiveMetadata } from "./target.ts";

export type Live = {
  readonly key: ObjectKey;
  readonly uid: string;
  readonly fields: FieldSet;
  version: number;
  generation: number;
};

/** Whether an apply would give a field, as `spec.selector`, another value. */
export function isChanged(field: string, live: KubernetesObject, next: KubernetesObject): boolean {
  const valueIn = (object: unknown): unknown => field.split(".").reduce(innerOf, object);
  return valueIn(next) !== undefined && !isDeepStrictEqual(valueIn(live), valueIn(next));
}

/** Undefined for a creation that was only tried. */
export function applied(live: Live | undefined, manager: string): ApplyOutcome {
  return {
    kind: "applied",
    print: live === undefined ? "" : printOfApplied(live.fields.managedFields(), manager),
    uid: live?.uid ?? randomUUID(),
    resourceVersion: live === undefined ? "" : String(live.version),
    generation: live === undefined || live.generation === 0 ? undefined : live.generation,
  };
}

export function whole(live: Live): KubernetesObject {
  const object = live.fields.build(live.key);
  const managedFields = live.fields.managedFields();
  const metadata = { ...object.metadata, uid: live.uid, resourceVersion: String(live.version), managedFields };
  return { ...object, metadata };
}

export function metadataOnly({ apiVersion, kind, metadata }: KubernetesObject): KubernetesObject {
  return { apiVersion, kind, metadata };
}

export function metadataOf(live: Live): LiveMetadata {
  const { labels, annotations } = live.fields.build(live.key).metadata;
  return {
    uid: live.uid,
    resourceVersion: String(live.version),
    generation: live.generation === 0 ? undefined : live.generation,
    labels: labels ?? {},
    annotations: annotations ?? {},
    deleting: false,
    finalizers: [],
    controller: undefined,
    managedFields: live.fields.managedFields(),
  };
}
