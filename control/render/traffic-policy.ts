/**
 * The part of a policy that says how much may be asked and how long it may take, as the spec of an Envoy Gateway
 * BackendTrafficPolicy (API reference of v1.9: `rateLimit`, `circuitBreaker`, `timeout`, `retry`). It has no target yet, and
 * is undefined where the policy says nothing of the kind.
 */
import { durationMs } from "../../schemas/duration.ts";
import {
  at,
  filledMap,
  itemsOf,
  type Origin,
  ruled,
  scalarOf,
  type Traced,
  tracedList,
  tracedMap,
  type TracedMap,
} from "../load/traced.ts";
import type { EffectivePolicy } from "./effective-policy.ts";
import { gatewayDuration } from "./gateway-duration.ts";
import { rateLimitOf } from "./rate-limit.ts";

const rule: Origin = { kind: "rule", rule: "policy" };

/** `base` is the path of the route. */
export function trafficPolicy(effective: EffectivePolicy, base: string): TracedMap | undefined {
  return filledMap(
    {
      rateLimit: rateLimitOf(effective, base),
      circuitBreaker: circuitBreakerOf(effective),
      timeout: timeoutOf(at(effective.tree, "timeouts")),
      retry: retryOf(at(effective.tree, "retries")),
    },
    rule,
  );
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

function timeoutOf(timeouts: Traced | undefined): Traced | undefined {
  const http = filled({
    requestTimeout: durationOf(at(timeouts, "request")),
    connectionIdleTimeout: durationOf(at(timeouts, "idle")),
  });
  const tcp = filled({ connectTimeout: durationOf(at(timeouts, "connect")) });
  return filled({ http, tcp });
}

/** Codes count only beside the trigger that looks at them. */
function retryOf(retries: Traced | undefined): Traced | undefined {
  if (retries === undefined) return undefined;
  const codes = at(retries, "statusCodes");
  const byCode = codes === undefined ? [] : [ruled("retriable-status-codes", "policy")];
  const triggers = [...itemsOf(at(retries, "on")), ...byCode];
  const backOff = filled({
    baseInterval: durationOf(at(retries, "backoff", "base")),
    maxInterval: durationOf(at(retries, "backoff", "max")),
  });
  return filled({
    numRetries: at(retries, "attempts"),
    retryOn: filled({
      triggers: triggers.length === 0 ? undefined : tracedList(triggers, rule),
      httpStatusCodes: codes,
    }),
    perRetry: filled({ timeout: durationOf(at(retries, "perTry")), backOff }),
  });
}

function durationOf(tree: Traced | undefined): Traced | undefined {
  const text = scalarOf(tree);
  if (tree === undefined || typeof text !== "string") return undefined;
  return { kind: "scalar", value: gatewayDuration(durationMs(text)), origin: tree.origin };
}

function filled(entries: Readonly<Record<string, Traced | undefined>>): TracedMap | undefined {
  return filledMap(entries, rule);
}
