/**
 * The policies of one level of exposure: the class's defaults with the level's own laid over them, as upstream does it.
 * Objects merge field by field, lists and values are replaced whole.
 */
import { RestPolicy } from "../../schemas/api-class.ts";
import type { ExposeLevel } from "../../schemas/service.ts";
import type { ApiClass } from "../resolve/api-classes.ts";
import { at, toPlain, type Traced, tracedMap } from "../load/traced.ts";

/** Levels that have a route; within the project none is needed. */
export type Level = Exclude<ExposeLevel, "Project">;

export type EffectivePolicy = {
  readonly policy: RestPolicy;
  /** The same with what set each field. */
  readonly tree: Traced;
};

const levelFields = { Organization: "organization", Public: "public" } as const;

export function effectivePolicy(apiClass: ApiClass, level: Level): EffectivePolicy {
  const levels = at(apiClass.tree, "spec", "restPolicy");
  const [defaults, own] = [at(levels, "defaults"), at(levels, levelFields[level])].map((one) =>
    isBlank(one) ? undefined : one,
  );
  const nothing = tracedMap({}, apiClass.tree.origin);
  const tree = own === undefined ? (defaults ?? nothing) : layOver(defaults, own);
  return { policy: RestPolicy.parse(toPlain(tree)), tree };
}

/** An empty key says nothing. */
export function isBlank(tree: Traced | undefined): boolean {
  return tree?.kind === "scalar" && tree.value === null;
}

/** No list of a policy has merge keys, so a list is a value. No guard may vanish for a line left blank. */
function layOver(base: Traced | undefined, own: Traced): Traced {
  if (base !== undefined && isBlank(own)) return base;
  if (base?.kind !== "map" || own.kind !== "map") return own;
  const entries = new Map(base.entries);
  for (const [key, value] of own.entries) entries.set(key, layOver(base.entries.get(key), value));
  return { ...own, entries };
}
