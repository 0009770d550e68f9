/**
 * Limits as Envoy Gateway counts them (API reference of v1.9: `rateLimit`). A window is one of its units or a Problem: a
 * limit over two minutes is neither one over one minute nor one over an hour.
 */
import { durationMs } from "../../schemas/duration.ts";
import { at, itemsOf, type Origin, type Traced, tracedList, tracedMap } from "../load/traced.ts";
import type { EffectivePolicy, Policy } from "./effective-policy.ts";
import type { PolicyFault } from "./policy-fault.ts";
import { operationsOf } from "./policy-operations.ts";

type Limit = { readonly requests: number; readonly window: string };

const rule: Origin = { kind: "rule", rule: "policy" };
const secondMs = 1000;
const dayMs = 86_400 * secondMs;

/** By length; months and years are of as many days as Envoy Gateway counts. */
const units = [
  { unit: "Second", window: "1s", lengthMs: secondMs },
  { unit: "Minute", window: "1m", lengthMs: 60 * secondMs },
  { unit: "Hour", window: "1h", lengthMs: 3600 * secondMs },
  { unit: "Day", window: "1d", lengthMs: dayMs },
  { unit: "Week", window: "7d", lengthMs: 7 * dayMs },
  { unit: "Month", window: "30d", lengthMs: 30 * dayMs },
  { unit: "Year", window: "365d", lengthMs: 365 * dayMs },
] as const;

/** Undefined where nothing is limited. */
export function rateLimitOf(effective: EffectivePolicy, base: string): Traced | undefined {
  const { policy, tree } = effective;
  const whole = limitOf(policy.rateLimit, at(tree, "rateLimit"));
  const operations = operationsOf(effective, base).flatMap(({ said, tree: one, methods, path }) => {
    const limit = limitOf(said.rateLimit, at(one, "rateLimit"));
    if (limit === undefined) return [];
    const values = itemsOf(methods).map((value) => tracedMap({ value }, value.origin));
    const selector = tracedMap({ methods: values.length === 0 ? undefined : tracedList(values, rule), path }, rule);
    return [tracedMap({ clientSelectors: tracedList([selector], rule), limit }, rule)];
  });
  const all = [...(whole === undefined ? [] : [tracedMap({ limit: whole }, rule)]), ...operations];
  if (all.length === 0) return undefined;
  const scope = policy.rateLimit?.scope ?? "Local";
  const type: Traced = { kind: "scalar", value: scope, origin: at(tree, "rateLimit", "scope")?.origin ?? rule };
  const rules = tracedMap({ rules: tracedList(all, rule) }, rule);
  return tracedMap({ type, [scope === "Local" ? "local" : "global"]: rules }, rule);
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

function unitOf(window: string): (typeof units)[number] | undefined {
  const lengthMs = durationMs(window);
  return units.find((unit) => unit.lengthMs === lengthMs);
}

export function checkRateLimits(policy: Policy): readonly PolicyFault[] {
  const { rateLimit, operations = [] } = policy;
  return [
    ...(rateLimit === undefined ? [] : checkWindow(rateLimit, ["rateLimit", "window"])),
    ...operations.flatMap((operation, index) =>
      operation.rateLimit === undefined
        ? []
        : [
            ...checkWindow(operation.rateLimit, ["operations", index, "rateLimit", "window"]),
            ...checkBeside(rateLimit, operation.rateLimit, ["operations", index, "rateLimit", "window"]),
          ],
    ),
  ];
}

function checkWindow({ requests, window }: Limit, path: PolicyFault["path"]): readonly PolicyFault[] {
  if (unitOf(window) !== undefined) return [];
  const message = `a rate limit counts by the second, minute, hour, day, week (7d), month (30d) or year (365d), and ${window} is none of them`;
  return [{ code: "unsupported-policy", path, message, remedy: suggestLimits(requests, durationMs(window)) }];
}

/** The same rate by the next shorter and the next longer unit, where it comes out even; which of the two is for a person to say. */
function suggestLimits(requests: number, windowMs: number): string {
  const shorter = units.findLast(({ lengthMs }) => lengthMs < windowMs);
  const longer = units.find(({ lengthMs }) => lengthMs > windowMs);
  const said = [
    { unit: shorter, what: "which lets bursts through less" },
    { unit: longer, what: "which lets bursts through more" },
  ].flatMap(({ unit, what }) => {
    const scaled = unit === undefined || windowMs === 0 ? undefined : (requests * unit.lengthMs) / windowMs;
    const isWhole = scaled !== undefined && Number.isInteger(scaled) && scaled > 0;
    return unit === undefined || !isWhole ? [] : [`${scaled} per ${unit.window}, ${what}`];
  });
  return said.length === 0 ? "write one of these windows, and the requests for it" : `write ${said.join(", or ")}`;
}

/** Envoy's local limit: a narrower one is counted by a multiple of the wider one's time, or the whole policy is refused. */
function checkBeside(whole: Policy["rateLimit"], limit: Limit, path: PolicyFault["path"]): readonly PolicyFault[] {
  const [wide, narrow] = [whole && unitOf(whole.window), unitOf(limit.window)];
  if (whole?.scope === "Global" || wide === undefined || narrow === undefined) return [];
  if (narrow.lengthMs % wide.lengthMs === 0) return [];
  const message = `beside a limit per ${wide.window} a gateway cannot count an operation per ${narrow.window}: only by a multiple of that`;
  const remedy = "give both the same window, or the policy's limit a shorter one";
  return [{ code: "unsupported-policy", path, message, remedy }];
}
