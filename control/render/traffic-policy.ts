/**
 * The part of a policy that says how much may be asked, as the spec of an Envoy Gateway BackendTrafficPolicy (API reference
 * of v1.9: `rateLimit`, `circuitBreaker`). It has no target yet, and is undefined where the policy says nothing of the kind.
 */
import { durationMs } from "../../schemas/duration.ts";
import { at, type Origin, ruled, type Traced, tracedList, tracedMap, type TracedMap } from "../load/traced.ts";
import { rateLimitUnits } from "./check-policy.ts";
import type { EffectivePolicy } from "./effective-policy.ts";

const rule: Origin = { kind: "rule", rule: "policy" };

export function trafficPolicy(effective: EffectivePolicy): TracedMap | undefined {
  const rateLimit = rateLimitOf(effective);
  const circuitBreaker = circuitBreakerOf(effective);
  return rateLimit === undefined && circuitBreaker === undefined
    ? undefined
    : tracedMap({ rateLimit, circuitBreaker }, rule);
}

/** Local: each Envoy counts for itself. A count for all of them would need a service beside the gateway. */
function rateLimitOf({ policy, tree }: EffectivePolicy): Traced | undefined {
  const window = at(tree, "rateLimit", "window");
  if (policy.rateLimit === undefined || window === undefined) return undefined;
  const unit = rateLimitUnits.get(durationMs(policy.rateLimit.window)) ?? null;
  const limit = tracedMap(
    { requests: at(tree, "rateLimit", "requests"), unit: { kind: "scalar", value: unit, origin: window.origin } },
    rule,
  );
  const local = tracedMap({ rules: tracedList([tracedMap({ limit }, rule)], rule) }, rule);
  return tracedMap({ type: ruled("Local", "policy"), local }, rule);
}

function circuitBreakerOf({ policy, tree }: EffectivePolicy): Traced | undefined {
  if (policy.circuitBreaker?.enabled !== true) return undefined;
  const breaker = at(tree, "circuitBreaker");
  return tracedMap(
    {
      maxConnections: at(breaker, "maxConnections"),
      maxPendingRequests: at(breaker, "maxPendingRequests"),
      maxParallelRequests: at(breaker, "maxParallelRequests"),
      maxParallelRetries: at(breaker, "maxParallelRetries"),
    },
    breaker?.origin ?? rule,
  );
}
