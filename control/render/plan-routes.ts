/** Which routes a component has: for each API one a level and kind, and one more for its custom domains. */
import { compareText } from "../../schemas/compare.ts";
import { apiHost, apiPath, endpointHostName, hashParts, normalPath, webApplicationHost } from "../../schemas/names.ts";
import type { Problem } from "../../schemas/problem.ts";
import { exposeLevelsOf, type RoutedLevel, type ServiceApis } from "../../schemas/service.ts";
import { at, itemsOf, type Origin, ruled, type Traced } from "../load/traced.ts";
import { placeOr } from "../load/tree-reader.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { isWeb } from "../resolve/visibility.ts";
import type { Claimed } from "./claimed.ts";
import { checkDomain, checkGateway, checkHolders } from "./check-gateway.ts";
import { endpointHost, type Host } from "./endpoint-host.ts";
import { type Gateway, gatewaySides } from "./gateway-sides.ts";

/** What is matched: a path below hosts, whole hosts, or a port. */
export type Match =
  | {
      readonly kind: "HTTPRoute";
      readonly hosts: readonly Host[];
      readonly path: string;
      /** What stands in the path's place towards the component; undefined where it is the same. */
      readonly rewrite: Traced | undefined;
    }
  | { readonly kind: "GRPCRoute"; readonly hosts: readonly Host[] }
  | { readonly kind: "TLSRoute"; readonly hosts: readonly Host[] }
  | { readonly kind: "TCPRoute"; readonly gatewayPort: Traced }
  | { readonly kind: "UDPRoute"; readonly gatewayPort: Traced };

export type RouteKind = Match["kind"];

export type PlannedRoute = {
  readonly name: string;
  readonly gateway: Gateway;
  readonly match: Match;
  /** The component's port. */
  readonly port: Traced;
  readonly claims: readonly Claimed[];
  /** The API and level that its policies are of; a web application has none. */
  readonly guarded?: { readonly api: string; readonly level: RoutedLevel };
};

type Planned = readonly (PlannedRoute | Problem)[];

const rule: Origin = { kind: "rule", rule: "route" };

export function planRoutes(resolved: Resolved): Planned {
  return resolved.binding.claimKind === "Service" ? apiRoutes(resolved) : webApplicationRoutes(resolved);
}

export function isPlanned(planned: PlannedRoute | Problem): planned is PlannedRoute {
  return !("code" in planned);
}

type Api = {
  readonly name: string;
  readonly api: ServiceApis[string];
  readonly tree: Traced | undefined;
  /** What says to whom it is exposed. */
  readonly cause: Traced | undefined;
};

function apiRoutes(resolved: Resolved): Planned {
  const { binding } = resolved;
  return Object.entries(binding.apis)
    .toSorted(([a], [b]) => compareText(a, b))
    .flatMap(([name, api]) => {
      const tree = at(binding.apisTree, name);
      const cause = at(tree, "exposeLevels") ?? at(tree, "rest", "exposeLevels") ?? tree;
      const levels = new Set(exposeLevelsOf(api).filter((level) => level !== "Project"));
      const outermost = levels.has("Public") ? "Public" : "Organization";
      return [...levels].flatMap((level) => {
        const own = apiRoute(resolved, { name, api, tree, cause }, level);
        return level === outermost ? [...own, ...domainRoute(resolved, { name, api, tree, cause }, level)] : own;
      });
    });
}

function apiRoute(resolved: Resolved, api: Api, level: RoutedLevel): Planned {
  const match = ownMatch(resolved, api, level);
  if ("code" in match) return [match];
  const route = plannedApi(resolved, { api, level, match, suffix: "" });
  const cause = "gatewayPort" in match ? match.gatewayPort : api.cause;
  return [route, ...checkGateway(resolved, route, cause), ...checkHolders(resolved, route, cause)];
}

function ownMatch(resolved: Resolved, { name, api, tree, cause }: Api, level: RoutedLevel): Match | Problem {
  const { binding } = resolved;
  switch (api.type) {
    case "REST":
    case "HTTP":
    case "GraphQL":
    case "Websocket": {
      const host = endpointHost(resolved, { level, cause, name: apiHost });
      const basePath = api.rest?.backend.basePath ?? "/";
      const origin = at(tree, "rest", "backend", "basePath")?.origin ?? rule;
      const rewrite: Traced = { kind: "scalar", value: normalPath(basePath), origin };
      return "code" in host ? host : { kind: "HTTPRoute", hosts: [host], path: apiPath(binding, basePath), rewrite };
    }
    case "gRPC":
    case "TLS": {
      const host = endpointHost(resolved, { level, cause, name: (parts) => endpointHostName(name, binding, parts) });
      return "code" in host ? host : { kind: api.type === "gRPC" ? "GRPCRoute" : "TLSRoute", hosts: [host] };
    }
    case "TCP":
    case "UDP":
      return { kind: `${api.type}Route`, gatewayPort: at(tree, "gatewayPort") ?? ruled(api.gatewayPort ?? 0, "route") };
  }
}

/** At a domain of its own an API's paths are those of the container. */
function domainRoute(resolved: Resolved, api: Api, level: RoutedLevel): Planned {
  const hosts = domainsOf(resolved, api.name);
  const [first] = hosts;
  if (first === undefined) return [];
  const match = ownMatch(resolved, api, level);
  if ("code" in match || match.kind === "TCPRoute" || match.kind === "UDPRoute") return [];
  const path = normalPath(api.api.rest?.backend.basePath ?? "/");
  const own: Match =
    match.kind === "HTTPRoute" ? { kind: "HTTPRoute", hosts, path, rewrite: undefined } : { ...match, hosts };
  const route = plannedApi(resolved, { api, level, match: own, suffix: "-domains" });
  return [route, ...checkDomains(resolved, route, api.name)];
}

function checkDomains(resolved: Resolved, route: Pick<PlannedRoute, "gateway">, endpoint: string): readonly Problem[] {
  const domains = itemsOf(at(resolved.binding.domainsTree, endpoint));
  return domains.flatMap((domain) => checkDomain(resolved, route, domain));
}

function domainsOf({ binding }: Resolved, endpoint: string): readonly Host[] {
  const names = Object.hasOwn(binding.domains, endpoint) ? (binding.domains[endpoint] ?? []) : [];
  return names.map((name, index) => {
    const origin = at(binding.domainsTree, endpoint, index)?.origin ?? rule;
    return { name, origin, from: "domain" };
  });
}

type PlannedApi = { readonly api: Api; readonly level: RoutedLevel; readonly match: Match; readonly suffix: string };

function plannedApi(resolved: Resolved, { api, level, match, suffix }: PlannedApi): PlannedRoute {
  const { binding } = resolved;
  const { gateway } = gatewaySides[level];
  const endpoint = at(binding.workloadTree, "endpoints", api.name, "port");
  return {
    name: `${binding.component}-${api.name}-${level.toLowerCase()}${suffix}-${hashParts([binding.component, api.name, level], 8)}`,
    gateway,
    match,
    port: at(api.tree, "rest", "backend", "port") ?? endpoint ?? ruled(0, "route"),
    claims: claimsOf(resolved, gateway, match),
    guarded: { api: api.name, level },
  };
}

/** A GRPCRoute answers all of its hosts. */
function claimsOf({ gateways: { standing } }: Resolved, gateway: Gateway, match: Match): readonly Claimed[] {
  const common = { gateway, gateways: standing };
  switch (match.kind) {
    case "HTTPRoute":
    case "GRPCRoute": {
      const [route, path] = match.kind === "HTTPRoute" ? (["HTTP", match.path] as const) : (["gRPC", "/"] as const);
      return match.hosts.map(({ name, from }) => {
        return { kind: "path", ...common, host: name, path, route, hostFrom: from };
      });
    }
    case "TLSRoute":
      return match.hosts.map(({ name }) => ({ kind: "server-name", ...common, host: name }));
    case "TCPRoute":
    case "UDPRoute": {
      const protocol = match.kind === "TCPRoute" ? "TCP" : "UDP";
      const port = match.gatewayPort.kind === "scalar" ? Number(match.gatewayPort.value) : 0;
      return [{ kind: "port", ...common, protocol, port }];
    }
  }
}

/** A web application has one host and so one endpoint behind it; upstream routes every endpoint, of any type, to that host. */
function webApplicationRoutes(resolved: Resolved): Planned {
  const { binding } = resolved;
  const served = Object.entries(binding.workload.endpoints)
    .filter(([, { type }]) => isWeb(type))
    .toSorted(([a], [b]) => compareText(a, b));
  const [only, second] = served;
  if (only === undefined || second !== undefined) {
    const names = served.map(([name]) => name).join(", ") || "none";
    const message = `a web application needs exactly one endpoint that speaks HTTP; ${binding.component} has ${names}`;
    const remedy = "keep one, or make a Service of it";
    const place = placeOr(at(binding.workloadTree, "endpoints"), binding.place);
    return [{ code: "unsupported-endpoint", severity: "error", message, remedy, place }];
  }
  const name = (parts: Parameters<typeof apiHost>[0]): string => webApplicationHost(binding, parts);
  const host = endpointHost(resolved, { level: "Public", cause: undefined, name });
  if ("code" in host) return [host];
  const match: Match = {
    kind: "HTTPRoute",
    hosts: [host, ...domainsOf(resolved, only[0])],
    path: "/",
    rewrite: undefined,
  };
  const { gateway } = gatewaySides.Public;
  const port = at(binding.workloadTree, "endpoints", only[0], "port") ?? ruled(only[1].port, "route");
  const route = { name: binding.component, gateway, match, port, claims: claimsOf(resolved, gateway, match) } as const;
  return [
    route,
    ...checkGateway(resolved, route, undefined),
    ...checkHolders(resolved, route, undefined),
    ...checkDomains(resolved, route, only[0]),
  ];
}
