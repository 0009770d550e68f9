/**
 * Which Releases of a plan wait for which others: for the cell they are in, for their objects' namespaces and for the
 * definitions of their kinds, when the plan changes those. Only upwards (platform, first what others may wait for, then cells, then
 * the rest), so never in a circle. Pure.
 */
import { parseStatePath, statePath } from "../schemas/layout.ts";
import { compareText } from "../schemas/compare.ts";
import type { ApplyStep } from "./step.ts";
import { kindName } from "./inventory.ts";

/** Paths by path, sorted; a path without needs is absent. */
export function findNeeds(chains: ReadonlyMap<string, readonly ApplyStep[]>): ReadonlyMap<string, readonly string[]> {
  const providers = findProviders(chains);
  const brings = new Set(providers.values());
  const needs = new Map<string, readonly string[]>();
  for (const [path, steps] of chains) {
    const wanted = new Set(steps.flatMap((step) => wantedThings(step).map((thing) => providers.get(thing))));
    const cell = cellOf(path);
    if (cell !== undefined && chains.has(cell)) wanted.add(cell);
    const above = [...wanted].filter((other) => other !== undefined && rank(other, brings) < rank(path, brings));
    if (above.length > 0) needs.set(path, above.filter((other) => other !== undefined).sort(compareText));
  }
  return needs;
}

/** Namespaces and kinds, each with the path whose steps bring it. */
function findProviders(chains: ReadonlyMap<string, readonly ApplyStep[]>): ReadonlyMap<string, string> {
  const providers = new Map<string, string>();
  for (const [path, steps] of chains) {
    for (const { key, object } of steps) {
      if (kindName(key) === "Namespace") providers.set(`namespace ${key.name}`, path);
      const defined = definedKinds(object)[0];
      if (defined !== undefined) providers.set(`kind ${kindName(defined)}`, path);
    }
  }
  return providers;
}

function wantedThings({ key }: ApplyStep): readonly string[] {
  const kind = `kind ${kindName(key)}`;
  return key.namespace === undefined ? [kind] : [kind, `namespace ${key.namespace}`];
}

/** The cell that a Release or a Build's project is in. */
function cellOf(path: string): string | undefined {
  const place = parseStatePath(path);
  if (place?.kind !== "release") return undefined;
  return statePath({ kind: "cell", project: place.project, environment: place.environment });
}

function rank(path: string, brings: ReadonlySet<string>): number {
  const kind = parseStatePath(path)?.kind;
  if (kind === "platform") return brings.has(path) ? 0 : 1;
  return kind === "cell" ? 2 : 3;
}

type DefinedKind = { readonly group: string; readonly version: string; readonly kind: string };

/** The kinds that a CustomResourceDefinition brings, one a served version; none for anything else or anything malformed. */
export function definedKinds(object: ApplyStep["object"]): readonly DefinedKind[] {
  if (object.kind !== "CustomResourceDefinition") return [];
  const spec = object["spec"] as { group?: unknown; names?: { kind?: unknown }; versions?: unknown } | undefined;
  const group = spec?.group;
  const kind = spec?.names?.kind;
  if (typeof group !== "string" || typeof kind !== "string" || !Array.isArray(spec?.versions)) return [];
  return spec.versions.flatMap((version: { name?: unknown; served?: unknown } | null): DefinedKind[] =>
    typeof version?.name === "string" && version.served !== false ? [{ group, version: version.name, kind }] : [],
  );
}
