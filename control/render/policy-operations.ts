/** The operations that a policy speaks of, as the gateway sees them: methods, and paths below the route's own. */
import { at, itemsOf, type Origin, scalarOf, type Traced, tracedMap } from "../load/traced.ts";
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
/** What may follow an exact path in `:path`: as Envoy Gateway has it where it authorizes (v1.9, `PathExactRegex`). */
const rest = "([?#;].*)?";

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
  const { type, value } = said.path;
  const origin = at(tree, "path", "value")?.origin ?? rule;
  if (base === "/") return pathMatch({ type, value, origin });
  if (value !== "/") return pathMatch({ type, value: `${base}${value}`, origin });
  if (type === "PathPrefix") return pathMatch({ type, value: base, origin });
  // The route takes its path with a slash at the end and without, and where that becomes `/` the component sees one path.
  return pathMatch({ type: "RegularExpression", value: `${escapePattern(base)}/?${rest}`, origin });
}

/** RE2 escapes these as JavaScript does. */
function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`);
}

/**
 * The path as one to count by. There Envoy Gateway compares an exact one with all of `:path`, so that any query would evade
 * the limit. Envoy matches a regular expression as a whole.
 */
export function countedPath(path: Traced): Traced {
  const value = at(path, "value");
  if (value === undefined || scalarOf(at(path, "type")) !== "Exact") return path;
  const exact = escapePattern(String(scalarOf(value)));
  return pathMatch({ type: "RegularExpression", value: `${exact}${rest}`, origin: value.origin });
}

function pathMatch({ type, value, origin }: { type: string; value: string; origin: Origin }): Traced {
  return tracedMap({ type: { kind: "scalar", value: type, origin }, value: { kind: "scalar", value, origin } }, origin);
}
