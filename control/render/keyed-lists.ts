/**
 * Lists whose items Kubernetes tells apart by fields, not by position. Which lists, and by which fields, the table of its
 * types says (`listMapKey`): server-side apply refuses a list where one key stands twice, and strategic merge uses the
 * same keys, with the protocol beside the port, so that 53/TCP and 53/UDP stay two ports.
 */
import { type KubernetesField, kubernetesType } from "../../schemas/kubernetes/type-table.ts";
import { at, type Traced, type TracedList } from "../load/traced.ts";

/** What the table says of a field; undefined for what is in no type of it. */
export type FieldType = KubernetesField | undefined;

const defaults: ReadonlyMap<string, string> = new Map([["protocol", "TCP"]]);

/** The type of a field of a type, of an item of a map. */
export function fieldType(type: FieldType, field: string): FieldType {
  if (typeof type !== "object") return undefined;
  if ("map" in type) return type.map;
  if (!("type" in type)) return undefined;
  const { fields } = kubernetesType(type.type);
  return Object.hasOwn(fields, field) ? fields[field] : undefined;
}

/** The type of a list's items, and what tells them apart; no keys for a list that is replaced whole. */
export function listType(type: FieldType): { readonly item: FieldType; readonly keys: readonly string[] | undefined } {
  if (typeof type !== "object" || !("list" in type)) return { item: undefined, keys: undefined };
  return { item: type.list, keys: type.keys };
}

/** What tells an item apart, as text; undefined for an item without its first key field, which equals no other. */
export function itemKey(item: Traced, keys: readonly string[]): string | undefined {
  const values = keys.map((key) => {
    const value = at(item, key);
    return value?.kind === "scalar" ? value.value : defaults.get(key);
  });
  return values[0] === undefined || values[0] === null ? undefined : values.join(" ");
}

export type Duplicate = {
  readonly field: string;
  readonly key: string;
  readonly first: Traced;
  readonly second: Traced;
};

/** Items of keyed lists whose key stands earlier in the same list, in document order. */
export function findDuplicates(tree: Traced | undefined, type: FieldType, field = ""): readonly Duplicate[] {
  if (tree?.kind === "list") {
    const { item, keys } = listType(type);
    const own = keys === undefined ? [] : duplicatesOf(field, tree, keys);
    return [...own, ...tree.items.flatMap((one) => findDuplicates(one, item))];
  }
  if (tree?.kind !== "map") return [];
  return [...tree.entries].flatMap(([name, value]) => findDuplicates(value, fieldType(type, name), name));
}

function duplicatesOf(field: string, list: TracedList, keys: readonly string[]): readonly Duplicate[] {
  const seen = new Map<string, Traced>();
  return list.items.flatMap((item) => {
    const key = itemKey(item, keys);
    const first = key === undefined ? undefined : seen.get(key);
    if (key === undefined) return [];
    if (first !== undefined) return [{ field, key, first, second: item }];
    seen.set(key, item);
    return [];
  });
}
