/**
 * What of a policy cannot be rendered or contradicts itself. Each is an error: the Release is not written, so there is never
 * a route without the guard that its class asks for.
 */
import type { RestPolicy } from "../../schemas/api-policy.ts";
import { durationMs } from "../../schemas/duration.ts";
import { at, type Traced } from "../load/traced.ts";
import { checkAuthentication } from "./check-authentication.ts";
import { checkRateLimits } from "./check-rate-limit.ts";
import { type EffectivePolicy, isBlank, type Policy } from "./effective-policy.ts";
import { gatewayDurationLimitMs } from "./gateway-duration.ts";
import { checkMediation } from "./header-filters.ts";
import type { PolicyFault } from "./policy-fault.ts";

export function checkPolicy({ policy, tree }: EffectivePolicy): readonly PolicyFault[] {
  return [
    ...findBlanks(tree, []),
    ...checkAuthentication(policy),
    ...checkRateLimits(policy),
    ...checkCors(policy.cors),
    ...checkAddresses(policy.security),
    ...checkMediation(policy.mediation),
    ...checkCircuitBreaker(policy.circuitBreaker, at(tree, "circuitBreaker", "enabled") !== undefined),
    ...checkDurations(policy),
    ...checkOperations(policy.operations),
  ];
}

/** What is left of a list whose lines are all comments: read as absent it would let everybody in. */
function findBlanks(tree: Traced, path: readonly string[]): readonly PolicyFault[] {
  if (tree.kind === "list") return [];
  if (tree.kind === "map") return [...tree.entries].flatMap(([field, value]) => findBlanks(value, [...path, field]));
  if (!isBlank(tree)) return [];
  const message = `${path.join(".")} has no value, and a route without it may be more open than is meant`;
  return [{ code: "schema", path, message, remedy: "give it a value, or remove the line" }];
}

function checkCors(cors: RestPolicy["cors"]): readonly PolicyFault[] {
  if (cors === undefined) return [];
  if (cors.allowOrigins === undefined) {
    const message = "cors without allowOrigins lets no page call";
    return [{ code: "schema", path: ["cors"], message, remedy: "name the origins that may call, or remove cors" }];
  }
  const open = cors.allowOrigins.find(isOfAnybody);
  if (cors.allowCredentials !== true || open === undefined) return [];
  const message = `cors lets every page of ${open} call with a user's cookies`;
  const remedy = "name the origins that may call, or remove allowCredentials";
  return [{ code: "schema", path: ["cors", "allowCredentials"], message, remedy }];
}

/** Envoy Gateway makes a pattern of every `*` and answers with the page's own origin, so browsers do not stop one for all, or for all of `.com`. */
function isOfAnybody(origin: string): boolean {
  return /^(\*|[^:]+:\/\/\*(\.[^.:]+)?(:\d+)?)$/.test(origin);
}

function checkAddresses(security: RestPolicy["security"]): readonly PolicyFault[] {
  const allowed = new Set(security?.allowedIPs);
  const both = security?.blockedIPs?.find((block) => allowed.has(block));
  if (both === undefined) return [];
  return [
    {
      code: "schema",
      path: ["security", "blockedIPs"],
      message: `${both} is both allowed and blocked`,
      remedy: "keep it in one of the two lists",
    },
  ];
}

/** An `enabled` that says nothing is no switch: limits would be dropped without a word. */
function checkCircuitBreaker(breaker: RestPolicy["circuitBreaker"], isSwitched: boolean): readonly PolicyFault[] {
  if (breaker === undefined || isSwitched) return [];
  const message = "the circuit breaker does not say whether it is enabled";
  return [{ code: "schema", path: ["circuitBreaker"], message, remedy: "add enabled: true or enabled: false" }];
}

function checkDurations({ timeouts, retries }: Policy): readonly PolicyFault[] {
  const { base, max } = retries?.backoff ?? {};
  const said = [
    { path: ["timeouts", "request"], text: timeouts?.request, mayBeNone: true },
    { path: ["timeouts", "connect"], text: timeouts?.connect, mayBeNone: false },
    { path: ["timeouts", "idle"], text: timeouts?.idle, mayBeNone: true },
    { path: ["retries", "perTry"], text: retries?.perTry, mayBeNone: true },
    { path: ["retries", "backoff", "base"], text: base, mayBeNone: false },
    { path: ["retries", "backoff", "max"], text: max, mayBeNone: false },
  ];
  const faults = said.flatMap(({ text, ...one }) => (text === undefined ? [] : checkLength(text, one)));
  if (base === undefined || max === undefined || durationMs(max) >= durationMs(base)) return faults;
  const message = `the longest pause between tries, ${max}, is shorter than the first, ${base}`;
  return [...faults, { code: "schema", path: ["retries", "backoff", "max"], message, remedy: "make it longer" }];
}

/**
 * 0 stands for without end, but for a connection and for pauses: there Envoy Gateway refuses the policy, or finds its own translation
 * wrong and publishes nothing of the whole gateway any more (v1.9.1, `skipped publishing xds resources`).
 */
function checkLength(
  text: string,
  { path, mayBeNone }: { readonly path: PolicyFault["path"]; readonly mayBeNone: boolean },
): readonly PolicyFault[] {
  const lengthMs = durationMs(text);
  if (lengthMs > gatewayDurationLimitMs) {
    const message = `${text} is longer than a gateway counts`;
    return [{ code: "schema", path, message, remedy: "write at most 99999h" }];
  }
  if (mayBeNone || lengthMs > 0) return [];
  const message = `${text} is no time at all`;
  return [{ code: "schema", path, message, remedy: "write 1ms at least, or remove the line" }];
}

function checkOperations(operations: Policy["operations"] = []): readonly PolicyFault[] {
  return operations.flatMap((operation, index): readonly PolicyFault[] => {
    const path = ["operations", index];
    if (!("service" in operation) && operation.methods === undefined && operation.path === undefined) {
      const message = "an operation without methods and without a path is every one";
      return [{ code: "schema", path, message, remedy: "name methods or a path, or say it for the whole policy" }];
    }
    if (operation.access === "Deny" && (operation.scopes !== undefined || operation.rateLimit !== undefined)) {
      const message = "an operation that nobody may call has scopes or a limit";
      return [{ code: "schema", path, message, remedy: "remove them, or access: Deny" }];
    }
    return "service" in operation ? [] : checkPath(operation.path?.value, [...path, "path", "value"]);
  });
}

/** Envoy Gateway has Envoy normalize paths and merge slashes (v1.9, `NormalizePath` and `MergeSlashes`), so a Deny of such a path would be of nothing. */
function checkPath(value: string | undefined, path: PolicyFault["path"]): readonly PolicyFault[] {
  if (value === undefined || !/\/(\.{0,2}\/|\.{1,2}$)/.test(value)) return [];
  const message = `a gateway takes empty and dot parts out of a path before it compares it, so nobody asks for ${value}`;
  return [{ code: "schema", path, message, remedy: "write the path without them" }];
}
