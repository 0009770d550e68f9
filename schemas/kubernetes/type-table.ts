/**
 * The Kubernetes types that class templates stand for, as a table: `types.json` is written and checked by
 * `e2e/kubernetes-types.ts` from a real API server. A table, because nine tenths of hand-written schemas would be copying,
 * and the server's own description is always right.
 */
import types from "./types.json" with { type: "json" };

export type KubernetesField =
  | "any"
  | "base64"
  | "boolean"
  | "date-time"
  | "int32"
  | "int64"
  | "integer or string"
  | "number"
  | "quantity"
  | "string"
  | { readonly enum: readonly string[] }
  /** Keys: the fields that tell items apart (`x-kubernetes-list-map-keys`), where the list is a map to the API server. */
  | { readonly list: KubernetesField; readonly keys?: readonly string[] }
  | { readonly map: KubernetesField }
  | { readonly type: string };

export type KubernetesType = {
  readonly fields: Readonly<Record<string, KubernetesField>>;
  readonly required?: readonly string[];
};

export type KubernetesTypes = Readonly<Record<string, KubernetesType>>;

const table = types as KubernetesTypes; // JSON has no literal types; a test compares the file with a server's answer

/** Throws TypeError for a name that is not in the table. */
export function kubernetesType(name: string): KubernetesType {
  const type = Object.hasOwn(table, name) ? table[name] : undefined;
  if (type === undefined) throw new TypeError(`there is no Kubernetes type ${name} in the table`);
  return type;
}
