/**
 * Fields of one live object with their owners, as server-side apply keeps them (Kubernetes: "Server-Side Apply, Field
 * management"), without its merge keys: a list is one field here.
 */
import { isDeepStrictEqual } from "node:util";
import { KubernetesObject, type ObjectKey } from "../schemas/object-id.ts";
import type { ManagedFields } from "./managed-fields.ts";
import type { FieldOwner } from "./target.ts";

type Leaf = { readonly value: unknown; readonly owners: ReadonlySet<string> };
type Path = readonly string[];

const identity: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata/name", "metadata/namespace"]);

export class FieldSet {
  readonly #leaves = new Map<string, Leaf>();

  /** What of the object somebody else owns with another value, by owner. */
  conflicts(object: KubernetesObject, manager: string): readonly FieldOwner[] {
    const fields = new Map<string, string[]>();
    for (const [path, value] of flatten(object)) {
      const leaf = this.#leaves.get(JSON.stringify(path));
      if (leaf === undefined || isDeepStrictEqual(leaf.value, value)) continue;
      for (const owner of leaf.owners) {
        if (owner !== manager) fields.set(owner, [...(fields.get(owner) ?? []), `.${path.join(".")}`]);
      }
    }
    return [...fields]
      .map(([owner, owned]) => ({ manager: owner, fields: owned.sort() }))
      .sort((a, b) => (a.manager < b.manager ? -1 : 1));
  }

  /** Writes the object as its manager, by force; fields that only this manager owned and left out go. Answers the top-level fields that changed. */
  take(object: KubernetesObject, manager: string): ReadonlySet<string> {
    const changed = new Set<string>();
    const wanted = new Map([...flatten(object)].map(([path, value]) => [JSON.stringify(path), value]));
    for (const [key, leaf] of this.#leaves) {
      if (wanted.has(key) || !leaf.owners.has(manager)) continue;
      const owners = new Set([...leaf.owners].filter((owner) => owner !== manager));
      if (owners.size > 0) {
        this.#leaves.set(key, { ...leaf, owners });
      } else {
        this.#leaves.delete(key);
      }
      changed.add(topLevel(key));
    }
    for (const [key, value] of wanted) {
      const leaf = this.#leaves.get(key);
      const isSame = leaf !== undefined && isDeepStrictEqual(leaf.value, value);
      if (isSame && leaf.owners.has(manager)) continue;
      this.#leaves.set(key, { value, owners: new Set(isSame ? [...leaf.owners, manager] : [manager]) });
      changed.add(topLevel(key));
    }
    return changed;
  }

  /** Every owner goes by another name now, or by the same. */
  rename(nameOf: (manager: string) => string): void {
    for (const [key, leaf] of this.#leaves) {
      this.#leaves.set(key, { ...leaf, owners: new Set([...leaf.owners].map(nameOf)) });
    }
  }

  /** As the API server tells them: one entry a manager, by name. */
  managedFields(): readonly ManagedFields[] {
    const byManager = new Map<string, Record<string, unknown>>();
    for (const [key, { owners }] of this.#leaves) {
      const path = (JSON.parse(key) as Path).map((name) => `f:${name}`);
      for (const manager of owners) {
        const fields = byManager.get(manager) ?? {};
        byManager.set(manager, fields);
        place(fields, path, {});
      }
    }
    return [...byManager]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([manager, fieldsV1]) => ({ manager, operation: "Apply", subresource: "", fieldsV1 }));
  }

  build(key: ObjectKey): KubernetesObject {
    const object: Record<string, unknown> = {
      apiVersion: key.group === "" ? key.version : `${key.group}/${key.version}`,
      kind: key.kind,
      metadata: { name: key.name, ...(key.namespace === undefined ? {} : { namespace: key.namespace }) },
    };
    for (const [path, leaf] of this.#leaves) place(object, JSON.parse(path) as Path, leaf.value);
    return KubernetesObject.parse(structuredClone(object));
  }
}

function topLevel(key: string): string {
  return (JSON.parse(key) as Path)[0] ?? "";
}

function* flatten(value: unknown, path: Path = []): Generator<readonly [Path, unknown]> {
  if (identity.has(path.join("/"))) return;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    yield [path, value];
    return;
  }
  const entries = Object.entries(value);
  if (entries.length === 0 && path.length > 1) yield [path, value];
  for (const [name, inner] of entries) yield* flatten(inner, [...path, name]);
}

function place(object: Record<string, unknown>, path: Path, value: unknown): void {
  let folder = object;
  for (const part of path.slice(0, -1)) {
    const next = folder[part];
    const inner = typeof next === "object" && next !== null ? (next as Record<string, unknown>) : {};
    folder[part] = inner;
    folder = inner;
  }
  folder[path.at(-1) ?? ""] = value;
}
