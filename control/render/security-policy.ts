/**
 * The part of a policy that says who may call, as the spec of an Envoy Gateway SecurityPolicy (API reference of v1.9:
 * `jwt`, `authorization`, `cors`). It has no target yet, and is undefined where the policy says nothing of the kind.
 */
import { at, type Origin, ruled, type Traced, tracedList, tracedMap, type TracedMap } from "../load/traced.ts";
import type { EffectivePolicy } from "./effective-policy.ts";

const rule: Origin = { kind: "rule", rule: "policy" };
const provider = ruled("default", "policy");

export function securityPolicy(effective: EffectivePolicy): TracedMap | undefined {
  const jwt = tokenCheck(effective);
  const authorization = authorizationOf(effective);
  const cors = corsOf(effective);
  const isEmpty = jwt === undefined && authorization === undefined && cors === undefined;
  return isEmpty ? undefined : tracedMap({ jwt, authorization, cors }, rule);
}

function tokenCheck({ tree }: EffectivePolicy): Traced | undefined {
  const jwt = at(tree, "authentication", "jwt");
  if (jwt === undefined) return undefined;
  const audiences = at(jwt, "audience");
  const isNamed = audiences?.kind === "list" && audiences.items.length > 0;
  const remoteJWKS = tracedMap({ uri: at(jwt, "jwks") }, rule);
  const one = tracedMap(
    { name: provider, issuer: at(jwt, "issuer"), audiences: isNamed ? audiences : undefined, remoteJWKS },
    rule,
  );
  return tracedMap({ providers: tracedList([one], rule) }, rule);
}

/**
 * The first rule that matches decides, so the blocked stand first. What a principal names must all match, so address and
 * scopes stand in one: upstream's two rules let in whoever has either.
 */
function authorizationOf({ tree }: EffectivePolicy): Traced | undefined {
  const blocked = addressBlocks(at(tree, "security", "blockedIPs"));
  const allowed = addressBlocks(at(tree, "security", "allowedIPs"));
  const scopes = at(tree, "authentication", "oauth2", "scopes");
  const isOpen = allowed === undefined && scopes === undefined;
  if (isOpen && blocked === undefined) return undefined;
  const jwt = scopes === undefined ? undefined : tracedMap({ provider, scopes }, rule);
  const rules = [
    ...(blocked === undefined ? [] : [authorizationRule("Deny", { clientCIDRs: blocked })]),
    ...(isOpen ? [] : [authorizationRule("Allow", { clientCIDRs: allowed, jwt })]),
  ];
  return tracedMap({ defaultAction: ruled(isOpen ? "Allow" : "Deny", "policy"), rules: tracedList(rules, rule) }, rule);
}

function authorizationRule(action: "Allow" | "Deny", principal: Readonly<Record<string, Traced | undefined>>): Traced {
  return tracedMap({ action: ruled(action, "policy"), principal: tracedMap(principal, rule) }, rule);
}

/** Envoy Gateway takes blocks only, so an address becomes the block of it alone. Undefined for no addresses. */
function addressBlocks(list: Traced | undefined): Traced | undefined {
  if (list?.kind !== "list" || list.items.length === 0) return undefined;
  const items = list.items.map((item): Traced => {
    if (item.kind !== "scalar" || typeof item.value !== "string" || item.value.includes("/")) return item;
    return { ...item, value: `${item.value}/${item.value.includes(":") ? 128 : 32}` };
  });
  return { ...list, items };
}

function corsOf({ policy, tree }: EffectivePolicy): Traced | undefined {
  if (policy.cors === undefined) return undefined;
  const cors = at(tree, "cors");
  const maxAge = at(cors, "maxAge");
  return tracedMap(
    {
      allowOrigins: at(cors, "allowOrigins"),
      allowMethods: at(cors, "allowMethods"),
      allowHeaders: at(cors, "allowHeaders"),
      exposeHeaders: at(cors, "exposeHeaders"),
      maxAge:
        policy.cors.maxAge === undefined || maxAge === undefined
          ? undefined
          : { kind: "scalar", value: gatewayDuration(policy.cors.maxAge), origin: maxAge.origin },
    },
    rule,
  );
}

/** Gateway API's durations (GEP-2257) have at most five digits a unit, so seconds alone do not do for a year. */
function gatewayDuration(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 3600), "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ] as const;
  const text = parts.flatMap(([count, unit]) => (count === 0 ? [] : [`${count}${unit}`])).join("");
  return text === "" ? "0s" : text;
}
