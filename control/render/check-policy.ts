/**
 * What of a policy is not rendered or contradicts itself. Each is an error: the Release is not written, so there is never a
 * route without the guard that its class asks for.
 */
import type { RestPolicy } from "../../schemas/api-class.ts";
import { durationMs } from "../../schemas/duration.ts";
import type { Problem } from "../../schemas/problem.ts";
import { at, type Traced } from "../load/traced.ts";
import { type EffectivePolicy, isBlank } from "./effective-policy.ts";

export type PolicyFault = Pick<Problem, "message" | "remedy"> & {
  readonly code: "schema" | "unsupported-policy";
  /** From the policy down to the field, or to where it should stand. */
  readonly path: readonly string[];
};

export function checkPolicy({ policy, tree }: EffectivePolicy): readonly PolicyFault[] {
  return [
    ...findBlanks(tree, []),
    ...checkAuthentication(policy.authentication),
    ...checkRateLimit(policy.rateLimit),
    ...checkCors(policy.cors),
    ...checkSecurity(policy.security),
    ...checkMediation(policy.mediation),
    ...checkCircuitBreaker(policy.circuitBreaker, at(tree, "circuitBreaker", "enabled") !== undefined),
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

function unrendered(path: readonly string[], what: string, remedy: string): PolicyFault {
  const message = `${what} is not rendered by this version, and a route without it would be more open than the class says`;
  return { code: "unsupported-policy", path, message, remedy };
}

function checkAuthentication(authentication: RestPolicy["authentication"]): readonly PolicyFault[] {
  if (authentication === undefined) return [];
  const { type, jwt, apikey } = authentication;
  if (type === "apikey" || type === "basic")
    return [unrendered(["authentication", "type"], `authentication by ${type}`, "use jwt or oauth2")];
  const faults: PolicyFault[] = [];
  if (jwt === undefined)
    faults.push({
      code: "schema",
      path: ["authentication", "type"],
      message: `authentication of type ${type} has no keys to check tokens with`,
      remedy: "add jwt.jwks, the address of the issuer's keys",
    });
  if (apikey !== undefined)
    faults.push(unrendered(["authentication", "apikey"], "an API key", "remove it; tokens are checked as jwt says"));
  return faults;
}

/** Units of Envoy Gateway's limits, by their length. */
export const rateLimitUnits: ReadonlyMap<number, string> = new Map([
  [1000, "Second"],
  [60_000, "Minute"],
  [3_600_000, "Hour"],
  [86_400_000, "Day"],
]);

function checkRateLimit(rateLimit: RestPolicy["rateLimit"]): readonly PolicyFault[] {
  if (rateLimit === undefined || rateLimitUnits.has(durationMs(rateLimit.window))) return [];
  const message = `a rate limit counts by the second, minute, hour or day, and ${rateLimit.window} is none of them`;
  const remedy = "write 1s, 1m, 1h or 1d, and the requests for that";
  return [{ code: "unsupported-policy", path: ["rateLimit", "window"], message, remedy }];
}

function checkCors(cors: RestPolicy["cors"]): readonly PolicyFault[] {
  if (cors === undefined || cors.allowOrigins !== undefined) return [];
  const message = "cors without allowOrigins lets no page call";
  return [{ code: "schema", path: ["cors"], message, remedy: "name the origins that may call, or remove cors" }];
}

function checkSecurity(security: RestPolicy["security"]): readonly PolicyFault[] {
  if (security === undefined) return [];
  const faults: PolicyFault[] = [];
  const allowed = new Set(security.allowedIPs);
  const both = security.blockedIPs?.find((block) => allowed.has(block));
  if (both !== undefined)
    faults.push({
      code: "schema",
      path: ["security", "blockedIPs"],
      message: `${both} is both allowed and blocked`,
      remedy: "keep it in one of the two lists",
    });
  const tls = "remove it; what listens and with which TLS is said by the gateway";
  if (security.requireTLS === true) faults.push(unrendered(["security", "requireTLS"], "requireTLS", tls));
  if (security.minTLSVersion !== undefined)
    faults.push(unrendered(["security", "minTLSVersion"], "minTLSVersion", tls));
  return faults;
}

function checkMediation(mediation: RestPolicy["mediation"]): readonly PolicyFault[] {
  const { requestTransformations = [], responseTransformations = [] } = mediation ?? {};
  if (requestTransformations.length + responseTransformations.length === 0) return [];
  const message = "mediation is not rendered by this version";
  const remedy = "remove it, and transform in the component";
  return [{ code: "unsupported-policy", path: ["mediation"], message, remedy }];
}

/** An `enabled` that says nothing is no switch: limits would be dropped without a word. */
function checkCircuitBreaker(breaker: RestPolicy["circuitBreaker"], isSwitched: boolean): readonly PolicyFault[] {
  if (breaker === undefined || isSwitched) return [];
  const message = "the circuit breaker does not say whether it is enabled";
  return [{ code: "schema", path: ["circuitBreaker"], message, remedy: "add enabled: true or enabled: false" }];
}
