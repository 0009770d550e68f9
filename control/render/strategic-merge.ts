/**
 * Strategic merge of traced trees: the overlay wins, maps merge by key, and lists merge by the key fields of their items
 * where Kubernetes knows some (Kubernetes docs, "Update API Objects in Place Using kubectl patch"). Other lists are replaced
 * whole. Result order: the base's items, then what only the overlay has. Both trees are documents and no patches: a field
 * without a value says nothing (`toPlain`), so it takes nothing away, such as a default of the engine's.
 */
import { kubernetesType } from "../../schemas/kubernetes/type-table.ts";
import { fieldType, type FieldType, itemKey, listType } from "./keyed-lists.ts";
import type { Traced, TracedList, TracedMap } from "../load/traced.ts";

/** `type` is the type that both trees stand for; undefined for one whose lists are all replaced whole. */
export function strategicMerge(base: Traced | undefined, overlay: Traced, type: FieldType): Traced {
  if (base?.kind === "map" && overlay.kind === "map") return mergeMaps(base, overlay, type);
  if (base?.kind === "list" && overlay.kind === "list") return mergeLists(base, overlay, type);
  return overlay.kind === "scalar" && overlay.value === null ? (base ?? overlay) : overlay;
}

function mergeMaps(base: TracedMap, overlay: TracedMap, type: FieldType): TracedMap {
  const entries = new Map(base.entries);
  for (const field of excludedFields(overlay, type)) entries.delete(field);
  for (const [field, value] of overlay.entries)
    entries.set(field, strategicMerge(base.entries.get(field), value, fieldType(type, field)));
  return { kind: "map", entries, origin: overlay.origin };
}

/** What a type has instead of each other: the API server refuses an object that has both. */
const alternatives: ReadonlyMap<string, readonly string[]> = new Map([
  ["EnvVar", ["value", "valueFrom"]],
  ["Probe", ["exec", "grpc", "httpGet", "tcpSocket"]],
  ["Volume", Object.keys(kubernetesType("Volume").fields).filter((field) => field !== "name")],
]);

/** The base's other way to say what the overlay says. */
function excludedFields(overlay: TracedMap, type: FieldType): readonly string[] {
  const either = (typeof type === "object" && "type" in type && alternatives.get(type.type)) || [];
  return either.some((field) => overlay.entries.has(field))
    ? either.filter((field) => !overlay.entries.has(field))
    : [];
}

/** Each item of the overlay goes into the base's item of its key; items without a key, or of no base item, follow. */
function mergeLists(base: TracedList, overlay: TracedList, type: FieldType): TracedList {
  const { item, keys } = listType(type);
  if (keys === undefined) return overlay;
  const items = [...base.items];
  const positions = new Map(base.items.map((one, position) => [itemKey(one, keys), position]));
  for (const over of overlay.items) {
    const key = itemKey(over, keys);
    const position = key === undefined ? undefined : positions.get(key);
    if (position === undefined) items.push(over);
    else items[position] = strategicMerge(items[position], over, item);
  }
  return { kind: "list", items, origin: overlay.origin };
}
