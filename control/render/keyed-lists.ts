/**
 * Lists whose items Kubernetes tells apart by fields, not by position. The keys are those of server-side apply
 * (`listMapKey` in the API types), which refuses a list where one key stands twice; strategic merge uses the same, with
 * the protocol beside the port, so that 53/TCP and 53/UDP stay two ports.
 */
import { at, type Traced, type TracedList } from "../load/traced.ts";

export type ListRules = { readonly portKey: "containerPort" | "port" };

const keysByField: ReadonlyMap<string, readonly string[]> = new Map([
  ["containers", ["name"]],
  ["initContainers", ["name"]],
  ["ephemeralContainers", ["name"]],
  ["env", ["name"]],
  ["volumes", ["name"]],
  ["volumeMounts", ["mountPath"]],
  ["volumeDevices", ["devicePath"]],
  ["imagePullSecrets", ["name"]],
  ["hostAliases", ["ip"]],
  ["topologySpreadConstraints", ["topologyKey", "whenUnsatisfiable"]],
]);

const defaults: ReadonlyMap<string, string> = new Map([["protocol", "TCP"]]);

/** Key fields of the list under this field name; undefined for a list that is replaced whole. */
export function listKeys(field: string, { portKey }: ListRules): readonly string[] | undefined {
  return field === "ports" ? [portKey, "protocol"] : keysByField.get(field);
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
export function findDuplicates(tree: Traced | undefined, rules: ListRules): readonly Duplicate[] {
  if (tree?.kind === "list") return tree.items.flatMap((item) => findDuplicates(item, rules));
  if (tree?.kind !== "map") return [];
  return [...tree.entries].flatMap(([field, value]) => {
    const keys = value.kind === "list" ? listKeys(field, rules) : undefined;
    const own = value.kind === "list" && keys !== undefined ? duplicatesOf(field, value, keys) : [];
    return [...own, ...findDuplicates(value, rules)];
  });
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
