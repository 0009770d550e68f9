/** Limits as Envoy Gateway counts them (API reference of v1.9: `rateLimit`). */
import { at, itemsOf, type Origin, ruled, scalarOf, type Traced, tracedList, tracedMap } from "../load/traced.ts";
import type { EffectivePolicy } from "./effective-policy.ts";
import { countedPath, operationsOf, type PolicyOperation } from "./policy-operations.ts";
import { unitOf } from "./rate-limit-unit.ts";

type Limit = { readonly requests: number; readonly window: string };

const rule: Origin = { kind: "rule", rule: "policy" };
const everything = ruled([{ path: { type: "PathPrefix", value: "/" } }], "policy");

/** Undefined where nothing is limited. */
export function rateLimitOf(effective: EffectivePolicy, base: string): Traced | undefined {
  const { policy, tree } = effective;
  const whole = limitOf(policy.rateLimit, at(tree, "rateLimit"));
  const operations = operationsOf(effective, base).flatMap((operation) => {
    const limit = limitOf(operation.said.rateLimit, at(operation.tree, "rateLimit"));
    return limit === undefined
      ? []
      : [tracedMap({ clientSelectors: tracedList([selectorOf(operation)], rule), limit }, rule)];
  });
  const scope = policy.rateLimit?.scope ?? "Local";
  const wholes = whole === undefined ? [] : [scope === "Local" ? localRule(whole, operations) : wholeRule(whole)];
  const all = [...wholes, ...operations];
  if (all.length === 0) return undefined;
  const type: Traced = { kind: "scalar", value: scope, origin: at(tree, "rateLimit", "scope")?.origin ?? rule };
  const rules = tracedMap({ rules: tracedList(all, rule) }, rule);
  return tracedMap({ type, [scope === "Local" ? "local" : "global"]: rules }, rule);
}

function wholeRule(limit: Traced): Traced {
  return tracedMap({ limit }, rule);
}

/**
 * Of rules that match Envoy takes from all. A local one without a selector is no such rule, it is the default: it counts only what no
 * other matches, and its window must divide all others (v1.9.1, `buildLocalRateLimit`). So beside others it selects everything.
 */
function localRule(limit: Traced, others: readonly Traced[]): Traced {
  return others.length === 0 ? wholeRule(limit) : tracedMap({ clientSelectors: everything, limit }, rule);
}

function selectorOf({ methods, path }: PolicyOperation): Traced {
  return tracedMap({ ...methodMatch(itemsOf(methods)), path: path && countedPath(path) }, rule);
}

/**
 * Of several methods Envoy Gateway makes as many local counters of one name (v1.9.1, `buildRouteLocalRateLimits`), and Envoy
 * takes no route of the listener any more. So several are one pattern.
 */
function methodMatch(methods: readonly Traced[]): Readonly<Record<string, Traced>> {
  const [first, ...more] = methods;
  if (first === undefined) return {};
  if (more.length === 0) return { methods: tracedList([tracedMap({ value: first }, first.origin)], rule) };
  const [name, type] = [ruled(":method", "policy"), ruled("RegularExpression", "policy")];
  const value: Traced = { kind: "scalar", value: methods.map(scalarOf).join("|"), origin: first.origin };
  return { headers: tracedList([tracedMap({ name, type, value }, rule)], rule) };
}

function limitOf(limit: Limit | undefined, tree: Traced | undefined): Traced | undefined {
  const window = at(tree, "window");
  const unit = limit && unitOf(limit.window)?.unit;
  if (window === undefined || unit === undefined) return undefined;
  return tracedMap(
    { requests: at(tree, "requests"), unit: { kind: "scalar", value: unit, origin: window.origin } },
    rule,
  );
}
