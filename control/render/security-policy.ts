/**
 * The part of a policy that says who may call, as the spec of an Envoy Gateway SecurityPolicy (API reference of v1.9: `jwt`,
 * `apiKeyAuth`, `basicAuth`, `authorization`, `cors`). It has no target yet, and is undefined where the policy says nothing
 * of the kind.
 */
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
import { secretNameOf } from "../resolve/stored-secret.ts";
import type { EffectivePolicy } from "./effective-policy.ts";
import { gatewayDuration } from "./gateway-duration.ts";
import { operationsOf, type PolicyOperation } from "./policy-operations.ts";

const rule: Origin = { kind: "rule", rule: "policy" };
const provider = ruled("default", "policy");
/** A rule needs a principal (its CRD says so), and has no word for everybody. */
const anybody = ruled({ clientCIDRs: ["0.0.0.0/0", "::/0"] }, "policy");

/** `base` is the path of the route; Secrets are called as the component calls them. */
export function securityPolicy(
  effective: EffectivePolicy,
  { base, component }: { readonly base: string; readonly component: string },
): TracedMap | undefined {
  const { tree } = effective;
  return filledMap(
    {
      jwt: tokenCheck(at(tree, "authentication", "jwt")),
      apiKeyAuth: keyCheck(at(tree, "authentication", "apikey"), component),
      basicAuth: passwordCheck(at(tree, "authentication", "basic"), component),
      authorization: authorizationOf(effective, base),
      cors: corsOf(effective),
    },
    rule,
  );
}

function tokenCheck(jwt: Traced | undefined): Traced | undefined {
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

/** Sanitized, because the component need not know what opens its door. */
function keyCheck(apikey: Traced | undefined, component: string): Traced | undefined {
  if (apikey === undefined) return undefined;
  const sources = [
    { field: "headers", name: at(apikey, "header") },
    { field: "params", name: at(apikey, "queryParam") },
  ].flatMap(({ field, name }) => (name === undefined ? [] : [tracedMap({ [field]: tracedList([name], rule) }, rule)]));
  return tracedMap(
    {
      credentialRefs: tracedList([secretOf(apikey, component)], rule),
      extractFrom: tracedList(sources, rule),
      sanitize: ruled(true, "policy"),
    },
    rule,
  );
}

function passwordCheck(basic: Traced | undefined, component: string): Traced | undefined {
  return basic && tracedMap({ users: secretOf(basic, component) }, rule);
}

function secretOf(authentication: Traced, component: string): Traced {
  const reference = at(authentication, "secretRef", "name");
  const value = secretNameOf(component, String(scalarOf(reference)));
  const name: Traced = { kind: "scalar", value, origin: reference?.origin ?? rule };
  return tracedMap({ group: ruled("", "policy"), kind: ruled("Secret", "policy"), name }, rule);
}

/**
 * The first rule that matches decides, so the blocked stand first, then the operations. What a principal names must all
 * match, so address and scopes stand in one: upstream's two rules let in whoever has either.
 */
function authorizationOf(effective: EffectivePolicy, base: string): Traced | undefined {
  const { tree } = effective;
  const blocked = addressBlocks(at(tree, "security", "blockedIPs"));
  const allowed = addressBlocks(at(tree, "security", "allowedIPs"));
  const scopes = itemsOf(at(tree, "authentication", "oauth2", "scopes"));
  const callers = { allowed, scopes };
  const operations = operationRules(operationsOf(effective, base), callers);
  const principal = principalOf(callers);
  const isOpen = principal === undefined;
  const rules = [
    ...(blocked === undefined
      ? []
      : [authorizationRule("Deny", { principal: tracedMap({ clientCIDRs: blocked }, rule) })]),
    ...operations,
    ...(isOpen ? [] : [authorizationRule("Allow", { principal })]),
  ];
  if (rules.length === 0) return undefined;
  return tracedMap({ defaultAction: ruled(isOpen ? "Allow" : "Deny", "policy"), rules: tracedList(rules, rule) }, rule);
}

type Callers = { readonly allowed: Traced | undefined; readonly scopes: readonly Traced[] };

/** None where no operation says who may: then the rest of the policy says it for all. */
function operationRules(operations: readonly PolicyOperation[], callers: Callers): readonly Traced[] {
  if (!operations.some(({ said }) => said.access === "Deny" || said.scopes !== undefined)) return [];
  return operations.flatMap(({ said, tree, methods, path }) => {
    const operation = tracedMap({ methods, path }, rule);
    if (said.access === "Deny") return [authorizationRule("Deny", { operation, principal: anybody })];
    const principal = principalOf({ ...callers, scopes: [...callers.scopes, ...itemsOf(at(tree, "scopes"))] });
    const allow = authorizationRule("Allow", { operation, principal: principal ?? anybody });
    // Whoever the operation does not take must not be taken by what follows.
    return principal === undefined ? [allow] : [allow, authorizationRule("Deny", { operation, principal: anybody })];
  });
}

/** Undefined for anybody. */
function principalOf({ allowed, scopes }: Callers): TracedMap | undefined {
  const jwt = scopes.length === 0 ? undefined : tracedMap({ provider, scopes: tracedList(scopes, rule) }, rule);
  return filledMap({ clientCIDRs: allowed, jwt }, rule);
}

function authorizationRule(
  action: "Allow" | "Deny",
  parts: { readonly operation?: Traced; readonly principal: Traced },
): Traced {
  return tracedMap({ action: ruled(action, "policy"), ...parts }, rule);
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
      allowCredentials: at(cors, "allowCredentials"),
      maxAge:
        policy.cors.maxAge === undefined || maxAge === undefined
          ? undefined
          : { kind: "scalar", value: gatewayDuration(policy.cors.maxAge * 1000), origin: maxAge.origin },
    },
    rule,
  );
}
