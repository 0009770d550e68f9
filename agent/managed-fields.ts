/**
 * Who owns which field of a live object (Kubernetes: "Server-Side Apply, Field management"; the encoding is FieldsV1 of
 * meta/v1): `f:name` is a field, `k:{…}` an item of a list by its keys, `v:…` one by its value, `i:n` one by its place.
 */
import { hash } from "node:crypto";
import { isMapping } from "../schemas/mapping.ts";
import { type PlaneId, planeKey } from "../schemas/layout.ts";
import type { KubernetesObject } from "../schemas/object-id.ts";

export type ManagedFields = {
  readonly manager: string;
  readonly operation: string;
  readonly subresource: string;
  /** Of the manager's request, which the names of its fields are of. */
  readonly apiVersion?: string | undefined;
  /** RFC 3339, when the manager last changed its part. */
  readonly time?: string | undefined;
  readonly fieldsV1?: unknown;
};

/** The names of planes' managers begin so; the plane's key follows. */
export const planePrefix = "gitplane.";

/** The name under which a plane owns fields. */
export function managerOf(plane: PlaneId): string {
  return `${planePrefix}${planeKey(plane)}`;
}

/** The second name of a manager: it holds fields that the manager gives up until somebody else sets them. */
export function keeperOf(manager: string): string {
  return `${manager}.keeper`;
}

/** Of a whole object or its metadata; none where nothing readable stands. */
export function managedFieldsOf(object: KubernetesObject): readonly ManagedFields[] {
  return readManagedFields(object.metadata["managedFields"]) ?? [];
}

/** `metadata.managedFields`; undefined for what is no such list. By hand: every answer about an object holds one. */
export function readManagedFields(value: unknown): readonly ManagedFields[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const read: ManagedFields[] = [];
  for (const entry of value as readonly unknown[]) {
    if (!isMapping(entry)) return undefined;
    const { manager = "", operation = "", subresource = "", apiVersion, time, fieldsV1 } = entry;
    if (typeof manager !== "string" || typeof operation !== "string" || typeof subresource !== "string")
      return undefined;
    if (time !== undefined && typeof time !== "string") return undefined;
    if (apiVersion !== undefined && typeof apiVersion !== "string") return undefined;
    read.push({ manager, operation, subresource, apiVersion, time, fieldsV1 });
  }
  return read;
}

/** What a manager applied, in a few characters: the same as long as nobody takes any of it away. */
export function printOfApplied(managed: readonly ManagedFields[], manager: string): string {
  const entry = appliedBy(managed, manager);
  return entry === undefined ? "" : hash("sha1", JSON.stringify(entry.fieldsV1), "base64url").slice(0, 11);
}

export function appliedBy(managed: readonly ManagedFields[], manager: string): ManagedFields | undefined {
  return managed.find((entry) => entry.manager === manager && entry.operation === "Apply" && entry.subresource === "");
}

/** A field of an object: names and places in lists from the root. */
export type FieldPath = readonly (string | number)[];

/**
 * The fields of a manifest that this manager does not own in the live object: somebody took them, or took them away. A list
 * or mapping that the server keeps as one is one field. Identity (apiVersion, kind, name, namespace) is nobody's.
 */
export function lostFields(
  manifest: Readonly<Record<string, unknown>>,
  managed: readonly ManagedFields[],
  manager: string,
): readonly FieldPath[] {
  const owned = appliedBy(managed, manager)?.fieldsV1 ?? {};
  const lost: FieldPath[] = [];
  /** Of a mapping that is not ours at all (`node` undefined), every field is lost by itself. */
  const walk = (value: unknown, node: unknown, path: FieldPath): void => {
    if (Array.isArray(value)) walkList(value, node, path);
    else if (isMapping(value) && Object.keys(value).length > 0) walkMapping(value, node, path);
  };
  const walkMapping = (value: Readonly<Record<string, unknown>>, node: unknown, path: FieldPath): void => {
    if (isAtomic(node) && path.length > 0) return;
    for (const [name, inner] of Object.entries(value)) {
      if (isIdentity(path, name) || inner === null || inner === undefined) continue;
      const child = entryOf(node, `f:${name}`);
      const isLeaf = !isMapping(inner) || Object.keys(inner).length === 0;
      if (child === undefined && isLeaf) lost.push([...path, name]);
      else walk(inner, child, [...path, name]);
    }
  };
  const walkList = (items: readonly unknown[], node: unknown, path: FieldPath): void => {
    if (isAtomic(node)) return;
    for (const [place, item] of items.entries()) {
      const child = findItem(node, item, place);
      if (child === undefined) lost.push([...path, place]);
      else walk(item, child, [...path, place]);
    }
  };
  walk(manifest, owned, []);
  return lost;
}

function isIdentity(path: FieldPath, name: string): boolean {
  if (path.length === 0) return name === "apiVersion" || name === "kind";
  return path.length === 1 && path[0] === "metadata" && (name === "name" || name === "namespace");
}

/** A node without children is owned as a whole; the dot alone is a mapping or a list of which every item is another's. */
function isAtomic(node: unknown): boolean {
  return isMapping(node) && Object.keys(node).length === 0;
}

function entryOf(node: unknown, key: string): unknown {
  return isMapping(node) && Object.hasOwn(node, key) ? node[key] : undefined;
}

/** Keys that the manifest leaves to a default (a port's protocol) do not tell items apart. */
function findItem(node: unknown, item: unknown, place: number): unknown {
  if (!isMapping(node)) return undefined;
  const byPlace = entryOf(node, `i:${place}`);
  if (byPlace !== undefined) return byPlace;
  for (const [key, child] of Object.entries(node)) {
    if (key.startsWith("k:") && hasKeys(item, parse(key.slice(2)))) return child;
    if (key.startsWith("v:") && parse(key.slice(2)) === item) return child;
  }
  return undefined;
}

function hasKeys(item: unknown, keys: unknown): boolean {
  if (!isMapping(item) || !isMapping(keys)) return false;
  const entries = Object.entries(keys);
  const isSame = ([name, value]: [string, unknown]): boolean => !Object.hasOwn(item, name) || item[name] === value;
  return entries.every(isSame) && entries.some(([name]) => Object.hasOwn(item, name));
}

/** Whoever owns a field or something in it, our own manager left out. */
export function ownersOf(
  object: Readonly<Record<string, unknown>>,
  {
    managed,
    path,
    manager,
  }: { readonly managed: readonly ManagedFields[]; readonly path: FieldPath; readonly manager: string },
): readonly ManagedFields[] {
  return managed.filter((entry) => entry.manager !== manager && ownsField(entry.fieldsV1, object, path));
}

/** Whether a part of managed fields has the field, or something in it, of this object. */
export function ownsField(fields: unknown, object: unknown, path: FieldPath): boolean {
  let node = fields;
  let value: unknown = object;
  for (const step of path) {
    if (isMapping(node) && isAtomic(node) && node !== fields) return true;
    const inner = innerOf(value, step);
    node = typeof step === "string" ? entryOf(node, `f:${step}`) : findItem(node, inner, step);
    if (node === undefined) return false;
    value = inner;
  }
  return true;
}

/** What stands at one step below a value; undefined where nothing does. */
export function innerOf(value: unknown, step: string | number): unknown {
  if (Array.isArray(value)) return typeof step === "number" ? (value as readonly unknown[])[step] : undefined;
  return isMapping(value) && typeof step === "string" && Object.hasOwn(value, step) ? value[step] : undefined;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
