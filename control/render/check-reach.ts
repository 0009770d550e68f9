/** Whether a policy holds for what is spoken, and whether the plane's gateway keeps what it promises of TLS and of limits. */
import { planeKey } from "../../schemas/layout.ts";
import { tlsVersions } from "../../schemas/managed-gateways.ts";
import type { ApiClass } from "../resolve/api-classes.ts";
import type { Gateways } from "../resolve/gateways.ts";
import { checkKeyAddress } from "./check-key-address.ts";
import { type EffectivePolicy, type Guarded, guardsHttp, type PolicyField } from "./effective-policy.ts";
import { gatewaySides } from "./gateway-sides.ts";
import type { PolicyFault } from "./policy-fault.ts";

export type Reach = Guarded & { readonly apiClass: ApiClass; readonly gateways: Gateways };

export function checkReach({ field, policy }: EffectivePolicy, reach: Reach): readonly PolicyFault[] {
  return [
    ...checkUnguarded(field, reach),
    ...checkKeyAddress(policy, reach.gateways),
    ...checkStream(policy, reach),
    ...checkTls(policy.security ?? {}, reach),
    ...checkScope(policy, reach),
  ];
}

/** A class that guards APIs of HTTP was not written for an endpoint that is then open. */
function checkUnguarded(field: PolicyField, { apiClass, level, type }: Reach): readonly PolicyFault[] {
  const isSaid = field === "restPolicy" || apiClass.resource.spec[field] !== undefined;
  if (isSaid || !guardsHttp(apiClass, level)) return [];
  const message = `it guards APIs of HTTP and says nothing of ${type}, so an API of that type would be open`;
  const remedy = `add ${field}, with nothing in it if it should be open`;
  return [{ code: "unsupported-policy", path: [], message, remedy }];
}

/** Which of Envoy Gateway's policies may have a route of the kind as their target (their CRDs say so). */
function checkStream(policy: EffectivePolicy["policy"], { type }: Reach): readonly PolicyFault[] {
  const without = (path: readonly string[], what: string): PolicyFault => ({
    code: "unsupported-policy",
    path,
    message: `Envoy Gateway has no ${what} for ${type}`,
    remedy: "remove it, or keep it in a class of its own for endpoints that can have it",
  });
  const { allowedIPs, blockedIPs = [] } = policy.security ?? {};
  const isFiltered = allowedIPs !== undefined || blockedIPs.length > 0;
  return [
    ...(isFiltered && (type === "UDP" || type === "TLS") ? [without(["security"], "lists of addresses")] : []),
    ...(policy.circuitBreaker?.enabled === true && type === "UDP"
      ? [without(["circuitBreaker"], "circuit breaker")]
      : []),
    ...(policy.timeouts?.connect !== undefined && type === "UDP" ? [without(["timeouts"], "timeout")] : []),
  ];
}

/** Without the service Envoy Gateway takes the policy for invalid and answers 500 for the route (v1.9.1, `buildGlobalRateLimit`). */
function checkScope({ rateLimit }: EffectivePolicy["policy"], { gateways }: Reach): readonly PolicyFault[] {
  if (rateLimit?.scope !== "Global" || gateways.hasRateLimitService) return [];
  const plane = planeKey(gateways.standing.plane);
  return [
    {
      code: "unsupported-policy",
      path: ["rateLimit", "scope"],
      message: `a limit with scope Global is counted by the rate limit service of Envoy Gateway, and DataPlane ${plane} says of none`,
      remedy:
        "write scope: Local, which each instance of the gateway counts for itself, or say spec.gateway.rateLimitService: true in the DataPlane where Envoy Gateway has it enabled",
    },
  ];
}

type Asked = NonNullable<EffectivePolicy["policy"]["security"]>;

function checkTls({ requireTLS, minTLSVersion }: Asked, { gateways, level }: Reach): readonly PolicyFault[] {
  if (requireTLS !== true && minTLSVersion === undefined) return [];
  const path = ["security", requireTLS === true ? "requireTLS" : "minTLSVersion"];
  const { gateway, field } = gatewaySides[level];
  const plane = planeKey(gateways.standing.plane);
  const short = (message: string, remedy: string): PolicyFault[] => [
    { code: "unsupported-policy", path, message, remedy },
  ];
  if (gateways.kind === "unknown")
    return short(
      `it asks for TLS, and what ${gateway} of ${plane} listens to is not known`,
      "say spec.gateway.manage in the DataPlane, or remove it",
    );
  const https = gateways[field]?.https;
  if (https === undefined)
    return short(`it asks for TLS, and ${gateway} of ${plane} has none`, "give the gateway https, or remove it");
  const wanted = tlsVersions.find((version) => version === minTLSVersion);
  if (minTLSVersion !== undefined && wanted === undefined)
    return [
      {
        code: "schema",
        path: ["security", "minTLSVersion"],
        message: `there is no TLS ${minTLSVersion} that a gateway can insist on`,
        remedy: `write ${tlsVersions.map((version) => `"${version}"`).join(" or ")}`,
      },
    ];
  if (wanted === undefined || wanted <= https.minTLSVersion) return [];
  return short(
    `it asks for TLS ${wanted}, and ${gateway} of ${plane} takes ${https.minTLSVersion}`,
    `raise minTLSVersion of the gateway to "${wanted}"`,
  );
}
