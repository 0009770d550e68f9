/**
 * What somebody else changed in an object: the fields of its manifest that are ours no more, as a JSON Patch (RFC 6902) from
 * the manifest to the live object, and who owns them now. Pure.
 */
import { isDeepStrictEqual } from "node:util";
import type { KubernetesObject } from "../../schemas/object-id.ts";
import type { PatchOperation } from "../../schemas/receipt.ts";
import { type FieldPath, innerOf, lostFields, type ManagedFields, ownersOf } from "../managed-fields.ts";
import { isAutoscaled } from "../settle-conflict.ts";

export type Difference = {
  /** In the manifest. */
  readonly path: FieldPath;
  readonly operation: PatchOperation;
  readonly owners: readonly ManagedFields[];
};

export type Comparison = {
  readonly manifest: KubernetesObject;
  readonly live: KubernetesObject;
  readonly managed: readonly ManagedFields[];
  readonly manager: string;
  /** Fields that are left to others, as the API server names them. */
  readonly leftOut: readonly FieldPath[];
};

export type Compared = {
  readonly differences: readonly Difference[];
  /** Fields of the manifest that are left to others: whoever applies the manifest by force takes them out first. */
  readonly untouched: readonly FieldPath[];
};

/** Where the live object differs in fields that were ours. Taken by others with the same value, a field does not differ. */
export function compareFields({ manifest, live, managed, manager, leftOut }: Comparison): Compared {
  const differences: Difference[] = [];
  const untouched: FieldPath[] = [];
  const isLeft = (path: FieldPath): boolean => leftOut.some((other) => isDeepStrictEqual(other, path));
  for (const path of lostFields(manifest, managed, manager)) {
    const owners = ownersOf(live, { managed, path, manager });
    const isScaled = owners.some((owner) => isAutoscaled(`.${path.join(".")}`, owner.manager, managed));
    const operation = compareAt(manifest, live, path);
    if (isLeft(path) || isScaled) untouched.push(path);
    else if (operation !== undefined) differences.push({ path, operation, owners });
  }
  return { differences, untouched };
}

function compareAt(manifest: unknown, live: unknown, path: FieldPath): PatchOperation | undefined {
  let wanted = manifest;
  let found = live;
  for (const step of path) {
    const next = innerOf(wanted, step);
    found = typeof step === "number" ? counterpart(found, next, step) : innerOf(found, step);
    wanted = next;
  }
  if (found === undefined) return { op: "remove", path: pointer(path) };
  return includes(found, wanted) ? undefined : { op: "replace", path: pointer(path), value: found };
}

/** The names that items of lists in Kubernetes are known by; an item without one is known by its place. */
const itemNames = [
  "name",
  "mountPath",
  "devicePath",
  "containerPort",
  "port",
  "ip",
  "topologyKey",
  "uid",
  "type",
  "key",
];

function counterpart(list: unknown, item: unknown, place: number): unknown {
  if (!Array.isArray(list)) return undefined;
  const name = itemNames.find((each) => innerOf(item, each) !== undefined);
  if (name === undefined) return (list as readonly unknown[])[place];
  return (list as readonly unknown[]).find((other) => innerOf(other, name) === innerOf(item, name));
}

/** Whether a live value holds all that is wanted: the server fills in defaults. */
function includes(found: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(found) &&
      found.length === wanted.length &&
      wanted.every((item, place) => includes(found[place], item))
    );
  }
  if (typeof wanted !== "object" || wanted === null) return isDeepStrictEqual(found, wanted);
  return Object.entries(wanted).every(([name, inner]) => includes(innerOf(found, name), inner));
}

/** RFC 6901. */
function pointer(path: FieldPath): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
