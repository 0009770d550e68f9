/**
 * How an object passes from one plane to another of the same cluster: whoever has it gives all that planes own in it to the
 * other's name, in one write that changes nothing else. From then on the API server takes the other's apply and refuses every
 * third one's, and what the other's manifest lacks goes with its first apply, as it would from its own. Fields without an
 * owner, the other way to let go, could be taken by anybody and would stay for ever. Pure.
 */
import { isMapping } from "../schemas/mapping.ts";
import { keeperOf, type ManagedFields, planePrefix } from "./managed-fields.ts";

/** The name that a manager's fields have after they passed to the plane whose manager is `to`. Managers of no plane keep theirs. */
export function heirOf(manager: string, to: string): string {
  if (!manager.startsWith(planePrefix)) return manager;
  // `<kind>.<organization>.<name>`; a fourth part is the mark of a plane's second name.
  return manager.slice(planePrefix.length).split(".").length > 3 ? keeperOf(to) : to;
}

/** The managed fields after everything passed to `to`; undefined when nothing is left to pass. */
export function passFields(managed: readonly ManagedFields[], to: string): readonly ManagedFields[] | undefined {
  if (managed.every(({ manager }) => heirOf(manager, to) === manager)) return undefined;
  const passed = new Map<string, ManagedFields>();
  for (const entry of managed) {
    const manager = heirOf(entry.manager, to);
    const name = JSON.stringify([manager, entry.operation, entry.subresource]);
    const before = passed.get(name);
    const fieldsV1 = before === undefined ? entry.fieldsV1 : unite(before.fieldsV1, entry.fieldsV1);
    passed.set(name, { ...entry, manager, fieldsV1 });
  }
  return [...passed.values()];
}

/** Two sets of fields as one (meta/v1 FieldsV1: an empty mapping is the field itself, a dot the mapping beside its fields). */
function unite(one: unknown, other: unknown): unknown {
  if (!isMapping(one)) return other;
  if (!isMapping(other)) return one;
  const both: Record<string, unknown> = { ...one };
  for (const [name, fields] of Object.entries(other)) both[name] = name in both ? unite(both[name], fields) : fields;
  return both;
}
