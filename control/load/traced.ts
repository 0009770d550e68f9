/**
 * Values that know where they came from. Documents are read into such trees, merged and rendered as such, and turned into
 * plain data at the very end, so that every field of a manifest leads back to the line that set it.
 */
import type { RuleName } from "./rules.ts";

export type Origin =
  | { readonly kind: "field"; readonly file: string; readonly line: number; readonly column: number }
  /** Set by a rule of the engine. */
  | { readonly kind: "rule"; readonly rule: RuleName };

export type Scalar = string | number | boolean | null;
export type TracedScalar = { readonly kind: "scalar"; readonly value: Scalar; readonly origin: Origin };
export type TracedMap = {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, Traced>;
  readonly origin: Origin;
};
export type TracedList = { readonly kind: "list"; readonly items: readonly Traced[]; readonly origin: Origin };
export type Traced = TracedScalar | TracedMap | TracedList;

/** Plain data to a tree whose every node has one origin. Undefined entries are left out. */
export function trace(value: unknown, origin: Origin): Traced {
  if (Array.isArray(value)) return { kind: "list", items: value.map((item) => trace(item, origin)), origin };
  if (typeof value === "object" && value !== null) {
    const present = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return { kind: "map", entries: new Map(present.map(([key, inner]) => [key, trace(inner, origin)])), origin };
  }
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean" || value === null) {
    return { kind: "scalar", value, origin };
  }
  throw new TypeError(`a ${typeof value} has no place in a document`);
}

export function ruled(value: unknown, rule: RuleName): Traced {
  return trace(value, { kind: "rule", rule });
}

/** A map of trees made by a rule; undefined entries are left out. */
export function tracedMap(entries: Readonly<Record<string, Traced | undefined>>, origin: Origin): TracedMap {
  const present = Object.entries(entries).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  return { kind: "map", entries: new Map(present), origin };
}

/** The same; undefined where nothing is left. */
export function filledMap(
  entries: Readonly<Record<string, Traced | undefined>>,
  origin: Origin,
): TracedMap | undefined {
  const map = tracedMap(entries, origin);
  return map.entries.size === 0 ? undefined : map;
}

export function tracedList(items: readonly Traced[], origin: Origin): TracedList {
  return { kind: "list", items, origin };
}

/** The map with one field set anew, whatever stood there; another kind of tree as it is. */
export function withField(tree: Traced, field: string, value: Traced): Traced {
  return tree.kind === "map" ? { ...tree, entries: new Map([...tree.entries, [field, value]]) } : tree;
}

/** The map without a field; another kind of tree as it is. */
export function withoutField(tree: Traced, field: string): Traced {
  return tree.kind === "map" ? { ...tree, entries: new Map([...tree.entries].filter(([key]) => key !== field)) } : tree;
}

/** The tree below a path of keys and indexes, or undefined. */
export function at(tree: Traced | undefined, ...path: readonly (string | number)[]): Traced | undefined {
  let node = tree;
  for (const key of path) {
    if (node?.kind === "map" && typeof key === "string") node = node.entries.get(key);
    else if (node?.kind === "list" && typeof key === "number") node = node.items[key];
    else return undefined;
  }
  return node;
}

/** The items of a list; none of anything else. */
export function itemsOf(tree: Traced | undefined): readonly Traced[] {
  return tree?.kind === "list" ? tree.items : [];
}

export function scalarOf(tree: Traced | undefined): Scalar | undefined {
  return tree?.kind === "scalar" ? tree.value : undefined;
}

/** Plain data. Nulls in maps are left out, as the API server reads them; a key named `__proto__` stays a key. */
export function toPlain(tree: Traced): unknown {
  switch (tree.kind) {
    case "scalar":
      return tree.value;
    case "list":
      return tree.items.map(toPlain);
    case "map": {
      const plain: Record<string, unknown> = {};
      for (const [key, value] of tree.entries) {
        if (value.kind === "scalar" && value.value === null) continue;
        if (key === "__proto__") setOwn(plain, key, toPlain(value));
        else plain[key] = toPlain(value);
      }
      return plain;
    }
  }
}

/** Assignment would set the prototype; defining is slower, so it is kept for this. */
function setOwn(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Origin of every leaf (scalars, and empty maps and lists) by its JSON Pointer (RFC 6901), in document order. */
export function leafOrigins(tree: Traced): ReadonlyMap<string, Origin> {
  const origins = new Map<string, Origin>();
  collect(tree, "", origins);
  return origins;
}

function collect(tree: Traced, pointer: string, origins: Map<string, Origin>): void {
  const children = childrenOf(tree);
  if (children.length === 0) origins.set(pointer, tree.origin);
  for (const [key, child] of children) collect(child, `${pointer}/${escapePointer(key)}`, origins);
}

function childrenOf(tree: Traced): readonly (readonly [string, Traced])[] {
  switch (tree.kind) {
    case "scalar":
      return [];
    case "list":
      return tree.items.map((item, index) => [String(index), item] as const);
    case "map":
      return [...tree.entries].filter(([, value]) => value.kind !== "scalar" || value.value !== null);
  }
}

function escapePointer(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
