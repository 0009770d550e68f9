/** What the in-memory target would not take, as an API server would not. */
import type { KubernetesObject } from "../schemas/object-id.ts";
import type { MemoryKind } from "./memory-kinds.ts";
import { isChanged } from "./memory-live.ts";
import type { Failure } from "./target.ts";

export function failed(kind: Failure["class"], reason: string): Failure {
  return { kind: "failed", class: kind, reason };
}

type Surroundings = {
  /** Undefined for one that is not served. */
  readonly kind: MemoryKind | undefined;
  readonly live: KubernetesObject | undefined;
  readonly hasNamespace: boolean;
};

/** Why the API server would not take an object; undefined when it would. */
export function refusalOf(object: KubernetesObject, { kind, live, hasNamespace }: Surroundings): Failure | undefined {
  const { name, namespace } = object.metadata;
  if (kind === undefined) return failed("blocked", `${object.apiVersion} ${object.kind} is not served`);
  if (kind.namespaced !== (namespace !== undefined)) {
    return failed("permanent", `${kind.kind} "${name}" ${kind.namespaced ? "needs" : "must not have"} a namespace`);
  }
  if (!hasNamespace) return failed("blocked", `namespaces "${namespace}" not found`);
  const fields = kind.fields;
  const unknown = fields === undefined ? undefined : Object.keys(object).find((field) => !fields.includes(field));
  if (unknown !== undefined) return failed("permanent", `.${unknown}: field not declared in schema`);
  const sealed = kind.immutable?.find((field) => live !== undefined && isChanged(field, live, object));
  return sealed === undefined
    ? undefined
    : { ...failed("permanent", `${sealed}: field is immutable`), isImmutable: true };
}
