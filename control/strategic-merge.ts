/**
 * Strategic merge of traced trees: the overlay wins, maps merge by key, and lists merge by Kubernetes' merge keys where its
 * types have one (`patchMergeKey` in the API types; Kubernetes docs, "Update API Objects in Place Using kubectl patch").
 * Other lists are replaced whole. Result order: the base's items, then what only the overlay has.
 */
import { at, type Traced, type TracedList, type TracedMap } from "./traced.ts";

/** Merge key by the name of the list's field. Ports differ by kind and are given by the caller. */
const mergeKeys: Readonly<Record<string, string>> = {
  containers: "name",
  initContainers: "name",
  ephemeralContainers: "name",
  env: "name",
  volumes: "name",
  volumeMounts: "mountPath",
  volumeDevices: "devicePath",
  imagePullSecrets: "name",
  hostAliases: "ip",
  topologySpreadConstraints: "topologyKey",
};

export type MergeRules = { readonly portKey: "containerPort" | "port" };

export function strategicMerge(base: Traced | undefined, overlay: Traced, rules: MergeRules): Traced {
  return mergeField({ base, overlay, field: "" }, rules);
}

type Field = { readonly base: Traced | undefined; readonly overlay: Traced; readonly field: string };

function mergeField({ base, overlay, field }: Field, rules: MergeRules): Traced {
  if (base?.kind === "map" && overlay.kind === "map") return mergeMaps(base, overlay, rules);
  const key = field === "ports" ? rules.portKey : Object.hasOwn(mergeKeys, field) ? mergeKeys[field] : undefined;
  if (base?.kind === "list" && overlay.kind === "list" && key !== undefined)
    return mergeLists({ base, overlay, key }, rules);
  return overlay;
}

function mergeMaps(base: TracedMap, overlay: TracedMap, rules: MergeRules): TracedMap {
  const entries = new Map(base.entries);
  for (const [field, value] of overlay.entries)
    entries.set(field, mergeField({ base: base.entries.get(field), overlay: value, field }, rules));
  return { kind: "map", entries, origin: overlay.origin };
}

function mergeLists(
  { base, overlay, key }: { base: TracedList; overlay: TracedList; key: string },
  rules: MergeRules,
): TracedList {
  const overlaid = new Map(overlay.items.map((item) => [keyValue(item, key), item]));
  const merged = base.items.map((item) => {
    const over = overlaid.get(keyValue(item, key));
    return over === undefined ? item : mergeField({ base: item, overlay: over, field: "" }, rules);
  });
  const known = new Set(base.items.map((item) => keyValue(item, key)));
  return {
    kind: "list",
    items: [...merged, ...overlay.items.filter((item) => !known.has(keyValue(item, key)))],
    origin: overlay.origin,
  };
}

/** Items without the key get a value of their own, so that two of them never merge. */
function keyValue(item: Traced, key: string): unknown {
  const value = at(item, key);
  return value?.kind === "scalar" ? value.value : item;
}
