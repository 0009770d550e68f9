/** Whether the plane's gateway listens where a route would hang. Of gateways that are somebody else's nothing is known. */
import { isIP } from "node:net";
import { planeKey } from "../../schemas/layout.ts";
import type { GatewaySettings } from "../../schemas/managed-gateways.ts";
import type { Problem } from "../../schemas/problem.ts";
import { at, scalarOf, type Traced } from "../load/traced.ts";
import { placeOf } from "../load/tree-reader.ts";
import { relatedTo } from "../problems/related.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { routeProblem } from "./endpoint-host.ts";
import { fieldOf } from "./gateway-sides.ts";
import type { Match, PlannedRoute } from "./plan-routes.ts";

type Lack = { readonly what: string; readonly remedy: string };

/** `cause` is what asks for the route. */
export function checkGateway(resolved: Resolved, route: PlannedRoute, cause: Traced | undefined): readonly Problem[] {
  const { gateways, binding } = resolved;
  if (gateways.kind === "unknown") return [];
  const field = fieldOf(route.gateway);
  const settings = gateways[field];
  const lacks = settings === undefined ? [noGateway(field)] : [...lackOf(settings, route.match, field)];
  const plane = planeKey(gateways.standing.plane);
  const place = placeOf((at(gateways.tree, field) ?? gateways.tree).origin, gateways.file);
  const related = relatedTo([{ place, message: `the gateways of ${plane} stand here` }]);
  return lacks.map(({ what, remedy }) => {
    const message = `${binding.component} would be reached at ${route.gateway} of ${plane}, which ${what}`;
    return routeProblem(resolved, { code: "unsupported-endpoint", message, remedy, ...related }, cause);
  });
}

function noGateway(field: string): Lack {
  return { what: "does not exist", remedy: `add spec.gateway.manage.${field} to the DataPlane, or expose it less` };
}

function lackOf(settings: GatewaySettings, match: Match, field: string): readonly Lack[] {
  const where = `spec.gateway.manage.${field}`;
  switch (match.kind) {
    case "HTTPRoute":
    case "GRPCRoute":
      if (settings.http !== undefined || settings.https !== undefined) return [];
      return [{ what: "listens to no HTTP", remedy: `add http or https to ${where} of the DataPlane` }];
    case "TLSRoute":
      if (settings.passthrough !== undefined) return [];
      return [{ what: "passes no TLS through", remedy: `add passthrough to ${where} of the DataPlane` }];
    case "TCPRoute":
    case "UDPRoute": {
      const protocol = match.kind === "TCPRoute" ? "tcp" : "udp";
      const port = Number(scalarOf(match.gatewayPort));
      if (settings[protocol]?.includes(port) === true) return [];
      const what = `listens on no ${protocol.toUpperCase()} port ${port}`;
      return [{ what, remedy: `add ${port} to ${where}.${protocol} of the DataPlane, or ask for one that is there` }];
    }
  }
}

/** A route has names and no addresses (Gateway API, Hostname). A domain that the gateway was not told of has no certificate, and perhaps another owner. */
export function checkDomain(
  resolved: Resolved,
  route: Pick<PlannedRoute, "gateway">,
  domain: Traced,
): readonly Problem[] {
  const { gateways } = resolved;
  const name = String(scalarOf(domain));
  if (isIP(name) !== 0) {
    const message = `${name} is an address, and a gateway finds a route by a name`;
    return [routeProblem(resolved, { code: "unsupported-endpoint", message, remedy: "write a host name" }, domain)];
  }
  if (gateways.kind === "unknown") return [];
  const field = fieldOf(route.gateway);
  const known = new Set(gateways[field]?.domains);
  if (known.has(name) || known.has(name.replace(/^[^.]+/, "*"))) return [];
  const message = `${route.gateway} of ${planeKey(gateways.standing.plane)} does not answer for ${name}`;
  const remedy = `add it to spec.gateway.manage.${field}.domains of the DataPlane`;
  return [routeProblem(resolved, { code: "missing-virtual-host", message, remedy }, domain)];
}
