/**
 * Strategic merge of traced trees: the overlay wins, maps merge by key, and lists merge by the key fields of their items
 * where Kubernetes knows some (Kubernetes docs, "Update API Objects in Place Using kubectl patch"). Other lists are replaced
 * whole. Result order: the base's items, then what only the overlay has.
 */
import { itemKey, listKeys, type ListRules } from "./keyed-lists.ts";
import type { Traced, TracedList, TracedMap } from "../load/traced.ts";

export function strategicMerge(base: Traced | undefined, overlay: Traced, rules: ListRules): Traced {
  return mergeField({ base, overlay, field: "" }, rules);
}

type Field = { readonly base: Traced | undefined; readonly overlay: Traced; readonly field: string };

function mergeField({ base, overlay, field }: Field, rules: ListRules): Traced {
  if (base?.kind === "map" && overlay.kind === "map") return mergeMaps(base, overlay, rules);
  const keys = listKeys(field, rules);
  if (base?.kind === "list" && overlay.kind === "list" && keys !== undefined)
    return mergeLists({ base, overlay, keys }, rules);
  return overlay;
}

function mergeMaps(base: TracedMap, overlay: TracedMap, rules: ListRules): TracedMap {
  const entries = new Map(base.entries);
  for (const [field, value] of overlay.entries)
    entries.set(field, mergeField({ base: base.entries.get(field), overlay: value, field }, rules));
  return { kind: "map", entries, origin: overlay.origin };
}

/** Each item of the overlay goes into the base's item of its key; items without a key, or of no base item, follow. */
function mergeLists(
  { base, overlay, keys }: { base: TracedList; overlay: TracedList; keys: readonly string[] },
  rules: ListRules,
): TracedList {
  const items = [...base.items];
  const positions = new Map(base.items.map((item, position) => [itemKey(item, keys), position]));
  for (const over of overlay.items) {
    const key = itemKey(over, keys);
    const position = key === undefined ? undefined : positions.get(key);
    if (position === undefined) items.push(over);
    else items[position] = mergeField({ base: items[position], overlay: over, field: "" }, rules);
  }
  return { kind: "list", items, origin: overlay.origin };
}
