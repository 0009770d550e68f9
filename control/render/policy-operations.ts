/** The operations that a policy speaks of, as the gateway sees them: methods, and paths below the route's own. */
import { at, itemsOf, type Origin, type Traced, tracedMap } from "../load/traced.ts";
import type { EffectivePolicy, Policy } from "./effective-policy.ts";

type Said = NonNullable<Policy["operations"]>[number];

export type PolicyOperation = {
  readonly said: Said;
  readonly tree: Traced;
  readonly methods: Traced | undefined;
  /** `{type, value}`, as Envoy Gateway's PathMatch. */
  readonly path: Traced | undefined;
};

const rule: Origin = { kind: "rule", rule: "policy" };

/** `base` is the path of the route. */
export function operationsOf({ policy, tree }: EffectivePolicy, base: string): readonly PolicyOperation[] {
  const trees = itemsOf(at(tree, "operations"));
  return (policy.operations ?? []).flatMap((said, index) => {
    const one = trees[index];
    if (one === undefined) return [];
    const path = "service" in said ? callPath(said, one) : pathBelow(base, said, one);
    return [{ said, tree: one, methods: at(one, "methods"), path }];
  });
}

/** gRPC over HTTP/2: `/<package>.<service>/<method>`. */
function callPath({ service, method }: Extract<Said, { readonly service: string }>, tree: Traced): Traced {
  const origin = at(tree, method === undefined ? "service" : "method")?.origin ?? rule;
  const [type, value] = method === undefined ? ["PathPrefix", `/${service}`] : ["Exact", `/${service}/${method}`];
  return pathMatch({ type, value, origin });
}

function pathBelow(base: string, said: Exclude<Said, { readonly service: string }>, tree: Traced): Traced | undefined {
  if (said.path === undefined) return undefined;
  const below = said.path.value === "/" && base !== "/" ? "" : said.path.value;
  const value = base === "/" ? below : `${base}${below}`;
  return pathMatch({ type: said.path.type, value, origin: at(tree, "path", "value")?.origin ?? rule });
}

function pathMatch({ type, value, origin }: { type: string; value: string; origin: Origin }): Traced {
  return tracedMap({ type: { kind: "scalar", value: type, origin }, value: { kind: "scalar", value, origin } }, origin);
}
