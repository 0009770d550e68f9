/**
 * A Binding as it is on one of the DataPlanes of its environment: what `planeOverrides` says of the plane laid over what the
 * environment changes, so that whatever comes after, the class's limits too, sees one set of overrides.
 */
import type { EnvironmentOverrides } from "../../schemas/overrides.ts";
import type { Binding } from "../deploy/binding.ts";
import { at, toPlain, type Traced, withoutField } from "../load/traced.ts";
import { itemKey } from "../render/keyed-lists.ts";
import { strategicMerge } from "../render/strategic-merge.ts";

/** The Binding itself where nothing is different on the plane. */
export function layPlaneOverrides(binding: Binding, plane: string): Binding {
  const own = Object.hasOwn(binding.planeOverrides, plane) ? binding.planeOverrides[plane] : undefined;
  const tree = at(binding.planeOverridesTree, plane);
  if (own === undefined || tree === undefined) return binding;
  const overridesTree = layOverrides(binding.overridesTree, withoutField(tree, "domains"));
  return {
    ...binding,
    overridesTree,
    overrides: toPlain(overridesTree) as EnvironmentOverrides, // of parts that the schema passed, which changes nothing in them
    domains: { ...binding.domains, ...own.domains },
    domainsTree: layDomains(binding.domainsTree, at(tree, "domains")),
  };
}

/** Lays one value of a field over another. */
type Lay = (base: Traced, over: Traced) => Traced;

const replace: Lay = (_base, over) => over;
const mergeAs =
  (type: string): Lay =>
  (base, over) =>
    strategicMerge(base, over, { type });
const probe = mergeAs("Probe");

const layContainer: Lay = (base, over) => layFields(base, over, (field) => ofContainer[field] ?? replace);

const ofContainer: Readonly<Record<string, Lay>> = {
  env: (base, over) => layList(base, over, ["key"]),
  files: (base, over) => layList(base, over, ["key", "mountPath"]),
  resources: mergeAs("ResourceRequirements"),
  securityContext: mergeAs("SecurityContext"),
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
};

const ofOverrides: Readonly<Record<string, Lay>> = {
  autoscaling: (base, over) => strategicMerge(base, over, undefined),
  volumes: (base, over) => strategicMerge(base, over, undefined),
  containers: (base, over) => layFields(base, over, () => layContainer),
};

function layOverrides(base: Traced | undefined, over: Traced): Traced {
  return base === undefined ? over : layFields(base, over, (field) => ofOverrides[field] ?? replace);
}

function layDomains(base: Traced | undefined, over: Traced | undefined): Traced | undefined {
  return base === undefined || over === undefined ? (over ?? base) : layFields(base, over, () => replace);
}

/** Field by field. A field without a value says nothing, here as elsewhere. */
function layFields(base: Traced, over: Traced, layOf: (field: string) => Lay): Traced {
  if (base.kind !== "map" || over.kind !== "map") return over;
  const entries = new Map(base.entries);
  for (const [field, value] of over.entries) {
    if (value.kind === "scalar" && value.value === null) continue;
    const before = entries.get(field);
    entries.set(field, before === undefined ? value : layOf(field)(before, value));
  }
  return { ...over, entries };
}

/**
 * What is said anew takes the place of what it is said of; the rest follows, and so does what says the same once more: that is a
 * Problem, which is found in what is laid.
 */
function layList(base: Traced, over: Traced, keys: readonly string[]): Traced {
  if (base.kind !== "list" || over.kind !== "list") return over;
  const keyOf = (item: Traced): string | undefined => itemKey(item, keys);
  const said = new Map(over.items.toReversed().map((item) => [keyOf(item), item]));
  const kept = base.items.map((item) => said.get(keyOf(item)) ?? item);
  const used = new Set(kept);
  return { ...over, items: [...kept, ...over.items.filter((item) => !used.has(item))] };
}
