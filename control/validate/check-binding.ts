/** What a Binding says that cannot be rendered: refused with its place, never dropped (upstream drops most of it in silence). */
import { compareText } from "../../schemas/compare.ts";
import type { Place, Problem } from "../../schemas/problem.ts";
import { exposeLevelsOf, type ServiceApis } from "../../schemas/service.ts";
import type { Endpoint } from "../../schemas/workload.ts";
import type { Binding } from "../deploy/binding.ts";
import { nearestName } from "../problems/nearest.ts";
import { relatedTo } from "../problems/related.ts";
import { isWeb } from "../resolve/visibility.ts";
import { at } from "../load/traced.ts";
import { placeOr } from "../load/tree-reader.ts";

export function checkBinding(binding: Binding): readonly Problem[] {
  return [...checkApis(binding), ...checkDomains(binding)];
}

function error(place: Place, what: Pick<Problem, "code" | "message" | "remedy" | "related">): Problem {
  return { ...what, severity: "error", place };
}

/** An API is an endpoint's, under the endpoint's name: its route leads to that endpoint's port or nowhere. */
function checkApis(binding: Binding): readonly Problem[] {
  return Object.keys(binding.apis).flatMap((name) => checkEndpoint(binding, name));
}

/** The endpoints of a Binding's workload, for who names one that it has not. */
export function suggestEndpoint(binding: Binding, name: string, remedy: string): Pick<Problem, "remedy" | "related"> {
  const known = Object.keys(binding.workload.endpoints).toSorted(compareText);
  const near = nearestName(name, known);
  const places = known.map((endpoint) => ({
    place: placeOr(at(binding.workloadTree, "endpoints", endpoint), binding.place),
    message: `endpoint ${endpoint} stands here`,
  }));
  const others = known.length === 0 ? "it has none" : known.slice(0, 10).join(", ");
  return { remedy: near === undefined ? `${remedy}: ${others}` : `did you mean ${near}?`, ...relatedTo(places) };
}

function checkEndpoint(binding: Binding, name: string): readonly Problem[] {
  const { endpoints } = binding.workload;
  const tree = at(binding.apisTree, name);
  const endpoint = Object.hasOwn(endpoints, name) ? endpoints[name] : undefined;
  if (endpoint === undefined) {
    return [
      error(placeOr(tree, binding.place), {
        code: "unknown-endpoint",
        message: `the Workload of ${binding.component} has no endpoint ${name}, which this API would publish`,
        ...suggestEndpoint(binding, name, "name the API like one of its endpoints"),
      }),
    ];
  }
  const api = binding.apis[name];
  if (api === undefined) return [];
  const exposure = checkExposure(binding, name, endpoint);
  if (exposure.length > 0 || api.rest === undefined) return exposure;
  const { port } = api.rest.backend;
  if (port === endpoint.port) return [];
  const place = placeOr(at(binding.workloadTree, "endpoints", name, "port"), binding.place);
  return [
    error(placeOr(at(tree, "rest", "backend", "port"), binding.place), {
      code: "unknown-endpoint",
      message: `endpoint ${name} of ${binding.component} listens on ${endpoint.port}, not on ${port}`,
      remedy: `write ${endpoint.port}`,
      ...relatedTo([{ place, message: `the port of endpoint ${name} stands here` }]),
    }),
  ];
}

/** What is said of routes must be what a route of the type has. */
function checkExposure(binding: Binding, name: string, endpoint: Endpoint): readonly Problem[] {
  const api = binding.apis[name];
  if (api === undefined) return [];
  const { type, rest, exposeLevels, gatewayPort } = api;
  const isByPort = type === "TCP" || type === "UDP";
  const isHttp = isWeb(type);
  const isRouted = exposeLevelsOf(api).some((level) => level !== "Project");
  if (exposeLevels !== undefined && rest?.exposeLevels !== undefined)
    return [
      ofApi(binding, [name, "rest", "exposeLevels"], {
        code: "unsupported-endpoint",
        message: `API ${name} of ${binding.component} says twice to whom it is exposed`,
        remedy: "keep exposeLevels of the API, or those in rest",
      }),
    ];
  if (!isHttp && rest !== undefined)
    return [
      ofApi(binding, [name, "rest"], {
        code: "unsupported-endpoint",
        message: `rest says how an API of HTTP is published, and ${name} of ${binding.component} is ${type}`,
        remedy: "remove it, and write exposeLevels beside the type",
      }),
    ];
  if (isRouted && !servedBy[type].includes(endpoint.type)) return [unroutable(binding, { name, type, endpoint })];
  if (isByPort && isRouted && gatewayPort === undefined)
    return [
      ofApi(binding, [name, "exposeLevels"], {
        code: "unsupported-endpoint",
        message: `API ${name} of ${binding.component} speaks ${type}, which has no host names, and asks for no port of the gateway`,
        remedy: "add gatewayPort",
      }),
    ];
  if (isByPort || gatewayPort === undefined) return [];
  return [
    ofApi(binding, [name, "gatewayPort"], {
      code: "unsupported-endpoint",
      message: `API ${name} of ${binding.component} is found by its host name, and asks for a port of the gateway`,
      remedy: "remove gatewayPort; it is for TCP and UDP",
    }),
  ];
}

function ofApi(
  binding: Binding,
  path: readonly string[],
  what: Pick<Problem, "code" | "message" | "remedy" | "related">,
): Problem {
  const [name = ""] = path;
  const tree = at(binding.apisTree, ...path) ?? at(binding.apisTree, name);
  return error(placeOr(tree, binding.place), what);
}

type ApiType = ServiceApis[string]["type"];

const http = ["HTTP", "REST", "GraphQL", "Websocket"] as const;
const overTcp = [...http, "gRPC", "TCP"] as const;

/**
 * What an endpoint speaks that a route of the API's type leads to. A Service has its port for UDP or for TCP. Envoy Gateway
 * speaks HTTP/1.1 to what an HTTPRoute leads to and HTTP/2 to what a GRPCRoute leads to; routes of TLS and TCP pass bytes on.
 */
const servedBy: Readonly<Record<ApiType, readonly Endpoint["type"][]>> = {
  REST: http,
  HTTP: http,
  GraphQL: http,
  Websocket: http,
  gRPC: ["gRPC"],
  TLS: overTcp,
  TCP: overTcp,
  UDP: ["UDP"],
};

type Unroutable = { readonly name: string; readonly type: ApiType; readonly endpoint: Endpoint };

function unroutable(binding: Binding, { name, type, endpoint }: Unroutable): Problem {
  const place = placeOr(at(binding.workloadTree, "endpoints", name, "type"), binding.place);
  return ofApi(binding, [name, "type"], {
    code: "unsupported-endpoint",
    message: `endpoint ${name} of ${binding.component} speaks ${endpoint.type}, and a route of ${type} leads to ${servedBy[type].join(", ")}`,
    remedy: "remove the API, or mend its type or the endpoint's",
    ...relatedTo([{ place, message: `the type of endpoint ${name} stands here` }]),
  });
}

/** A domain leads to an endpoint with a route that is found by host names. */
function checkDomains(binding: Binding): readonly Problem[] {
  return Object.keys(binding.domains)
    .filter((name) => !hasHost(binding, name))
    .map((name) =>
      error(placeOr(at(binding.domainsTree, name), binding.place), {
        code: "unknown-endpoint",
        message: `${binding.component} has no endpoint ${name} that is reached from outside by a host name, and gives it a domain`,
        remedy: "expose the endpoint, mend its name, or remove the domain",
      }),
    );
}

function hasHost({ claimKind, workload, apis }: Binding, name: string): boolean {
  if (claimKind === "WebApplication") return Object.hasOwn(workload.endpoints, name);
  const api = Object.hasOwn(apis, name) ? apis[name] : undefined;
  if (api === undefined || api.type === "TCP" || api.type === "UDP") return false;
  return exposeLevelsOf(api).some((level) => level !== "Project");
}
