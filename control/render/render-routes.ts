/** HTTPRoutes with what guards them: one for each API and expose level of a Service, one for a web application. */
import { compareText } from "../../schemas/compare.ts";
import { podLabels } from "../../schemas/labels.ts";
import { apiHost, apiPath, dnsLabelLimit, hashParts, webApplicationHost } from "../../schemas/names.ts";
import type { Problem } from "../../schemas/problem.ts";
import { exposeLevelsOf } from "../../schemas/service.ts";
import type { Level } from "./effective-policy.ts";
import { type Destination, makeManifest, type Manifest } from "./manifest.ts";
import { renderPolicies } from "./render-policies.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { relatedTo } from "../problems/related.ts";
import { at, type Origin, ruled, type Traced, tracedList, tracedMap } from "../load/traced.ts";
import { placeOf, placeOr } from "../load/tree-reader.ts";

/** A host and path that a route answers at a gateway, by which two Releases may collide. */
export type Claimed = { readonly gateway: Gateway; readonly host: string; readonly path: string };
type Gateway = "gateway-external" | "gateway-internal";
export type Routes = {
  readonly manifests: readonly Manifest[];
  readonly claimed: readonly Claimed[];
  readonly problems: readonly Problem[];
};

type RouteParts = Claimed & {
  readonly name: string;
  readonly hostOrigin: Origin;
  readonly rewrite: Traced;
  readonly port: Traced;
  /** The API and level that its policies are of; a web application has none. */
  readonly guarded?: { readonly api: string; readonly level: Level };
};

const gatewayNamespace = "openchoreo-data-plane";
const rule: Origin = { kind: "rule", rule: "route" };

export function renderRoutes(resolved: Resolved, destination: Destination): Routes {
  const parts = partsOf(resolved);
  const routes = parts.filter(isRoute);
  const clash = findClash(routes);
  const policies = routes.flatMap(({ name, guarded }) =>
    guarded === undefined ? [] : [renderPolicies({ name, ...guarded }, resolved, destination)],
  );
  const problems = [
    ...parts.filter((part): part is Problem => "code" in part),
    ...policies.flatMap((policy) => policy.problems),
  ];
  return {
    manifests: [
      ...routes.map((route) => makeRoute(route, resolved, destination)),
      ...policies.flatMap(({ manifests }) => manifests),
    ],
    claimed: routes.map(claimOf),
    problems:
      clash === undefined
        ? problems
        : [
            ...problems,
            problemOf(resolved, {
              code: "host-conflict",
              message: `two APIs of the component answer ${clash.host}${clash.path}`,
              remedy: "give one of them another basePath",
            }),
          ],
  };
}

/** What the routes answer, without rendering them. */
export function claimedBy(resolved: Resolved): readonly Claimed[] {
  return partsOf(resolved).filter(isRoute).map(claimOf);
}

function partsOf(resolved: Resolved): readonly (RouteParts | Problem)[] {
  return resolved.binding.claimKind === "Service" ? apiRoutes(resolved) : webApplicationRoute(resolved);
}

function isRoute(part: RouteParts | Problem): part is RouteParts {
  return !("code" in part);
}

function claimOf({ gateway, host, path }: RouteParts): Claimed {
  return { gateway, host, path };
}

/** Two gateways of one host name are still two: each has an address of its own. */
export function claimedKey({ gateway, host, path }: Claimed): string {
  return `${gateway} ${host}${path}`;
}

function findClash(routes: readonly Claimed[]): Claimed | undefined {
  const seen = new Set<string>();
  return routes.find((route) => {
    const key = claimedKey(route);
    const isTaken = seen.has(key);
    seen.add(key);
    return isTaken;
  });
}

function problemOf(
  { binding }: Resolved,
  what: Pick<Problem, "code" | "message" | "remedy" | "related">,
  node?: Traced,
): Problem {
  return { ...what, severity: "error", place: placeOr(node, binding.place) };
}

function apiRoutes(resolved: Resolved): readonly (RouteParts | Problem)[] {
  const { binding } = resolved;
  return Object.entries(binding.apis)
    .toSorted(([a], [b]) => compareText(a, b))
    .flatMap(([name, api]) => {
      const tree = at(binding.apisTree, name);
      const levels = exposeLevelsOf(api).filter((level) => level !== "Project");
      if (api.type !== "REST" && api.type !== "HTTP") {
        const message = `an API of type ${api.type} is not routed by this version`;
        return [
          problemOf(
            resolved,
            {
              code: "unsupported-endpoint",
              message,
              remedy: "remove the API; the endpoint stays reachable inside the project",
            },
            at(tree, "type"),
          ),
        ];
      }
      return [...new Set(levels)].map((level) =>
        apiRoute(resolved, { name, tree, level, basePath: api.rest?.backend.basePath ?? "/" }),
      );
    });
}

type Api = {
  readonly name: string;
  readonly tree: Traced | undefined;
  readonly level: Level;
  readonly basePath: string;
};

function apiRoute(resolved: Resolved, { name, tree, level, basePath }: Api): RouteParts | Problem {
  const { binding } = resolved;
  const host = virtualHost(resolved, level, at(tree, "rest", "exposeLevels") ?? tree);
  if ("code" in host) return host;
  const full = apiHost({ label: environmentLabel(resolved), virtualHost: host.virtualHost });
  const tooLong = checkHost(full, resolved);
  if (tooLong !== undefined) return tooLong;
  const base = `/${basePath
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/")}`;
  const node = at(tree, "rest", "backend", "basePath");
  const port = at(tree, "rest", "backend", "port");
  return {
    name: `${binding.component}-${name}-${level.toLowerCase()}-${hashParts([binding.component, name, level], 8)}`,
    gateway: level === "Public" ? "gateway-external" : "gateway-internal",
    host: full,
    hostOrigin: host.origin,
    path: apiPath(binding, basePath),
    rewrite: { kind: "scalar", value: base, origin: node?.origin ?? rule },
    port: port ?? ruled(0, "route"),
    guarded: { api: name, level },
  };
}

function environmentLabel({ binding, environment }: Resolved): string {
  return environment.gateway?.dnsPrefix ?? binding.environment;
}

function virtualHost(
  resolved: Resolved,
  level: Level,
  cause: Traced | undefined,
): { virtualHost: string; origin: Origin } | Problem {
  const field = level === "Public" ? "publicVirtualHost" : "organizationVirtualHost";
  const host = resolved.planeSpec.gateway?.[field];
  const node = at(resolved.planeTree, "spec", "gateway", field);
  if (host !== undefined) return { virtualHost: host, origin: node?.origin ?? rule };
  const plane = `DataPlane ${resolved.plane.name}`;
  const message = `${resolved.binding.component} is exposed to ${level}, and ${plane} has no gateway.${field}`;
  const place = placeOf(
    (at(resolved.planeTree, "metadata", "name") ?? resolved.planeTree).origin,
    resolved.binding.place.file,
  );
  const related = relatedTo([{ place, message: `${plane} stands here` }]);
  const remedy = `add spec.gateway.${field} to the DataPlane`;
  return problemOf(resolved, { code: "missing-virtual-host", message, remedy, ...related }, cause);
}

/** RFC 1035: 63 octets a label, 253 characters of a host name in all. */
function checkHost(host: string, resolved: Resolved): Problem | undefined {
  if (host.length <= 253 && host.split(".").every((label) => label.length <= dnsLabelLimit)) return undefined;
  const message = `the host ${host} is longer than DNS allows`;
  const remedy = "shorten the component's or the project's name, or the virtual host";
  return problemOf(resolved, { code: "name-too-long", message, remedy });
}

/** A web application has one host and so one endpoint behind it; upstream routes every endpoint, of any type, to that host. */
function webApplicationRoute(resolved: Resolved): readonly (RouteParts | Problem)[] {
  const { binding } = resolved;
  const served = Object.entries(binding.workload.endpoints)
    .filter(([, { type }]) => type === "HTTP" || type === "REST" || type === "GraphQL" || type === "Websocket")
    .toSorted(([a], [b]) => compareText(a, b));
  const [only, second] = served;
  if (only === undefined || second !== undefined) {
    const names = served.map(([name]) => name).join(", ") || "none";
    const message = `a web application needs exactly one endpoint that speaks HTTP; ${binding.component} has ${names}`;
    return [
      problemOf(
        resolved,
        { code: "unsupported-endpoint", message, remedy: "keep one, or make a Service of it" },
        at(binding.workloadTree, "endpoints"),
      ),
    ];
  }
  const host = virtualHost(resolved, "Public", undefined);
  if ("code" in host) return [host];
  const full = webApplicationHost(binding, { label: environmentLabel(resolved), virtualHost: host.virtualHost });
  const tooLong = checkHost(full, resolved);
  if (tooLong !== undefined) return [tooLong];
  const port = at(binding.workloadTree, "endpoints", only[0], "port");
  return [
    {
      name: binding.component,
      gateway: "gateway-external",
      host: full,
      hostOrigin: host.origin,
      path: "/",
      rewrite: ruled("/", "route"),
      port: port ?? ruled(only[1].port, "route"),
    },
  ];
}

function makeRoute(route: RouteParts, { binding, cell }: Resolved, destination: Destination): Manifest {
  const prefix = ruled({ type: "PathPrefix", value: route.path }, "route-path");
  const rewrite = tracedMap({ type: ruled("ReplacePrefixMatch", "route"), replacePrefixMatch: route.rewrite }, rule);
  const routed = tracedMap(
    {
      matches: tracedList([tracedMap({ path: prefix }, rule)], rule),
      filters:
        route.path === "/"
          ? undefined
          : tracedList(
              [tracedMap({ type: ruled("URLRewrite", "route"), urlRewrite: tracedMap({ path: rewrite }, rule) }, rule)],
              rule,
            ),
      backendRefs: tracedList(
        [tracedMap({ name: ruled(binding.component, "route-backend"), port: route.port }, rule)],
        rule,
      ),
    },
    rule,
  );
  const spec = tracedMap(
    {
      parentRefs: ruled([{ name: route.gateway, namespace: gatewayNamespace }], "route-gateway"),
      hostnames: tracedList([{ kind: "scalar", value: route.host, origin: route.hostOrigin }], rule),
      rules: tracedList([routed], rule),
    },
    rule,
  );
  return makeManifest(
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      name: route.name,
      namespace: cell.namespace,
      labels: podLabels(binding),
      spec,
    },
    destination,
  );
}
