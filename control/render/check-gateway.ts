/**
 * Whether the plane's gateway listens where a route would hang, and answers there for its organization. Of gateways that are
 * somebody else's nothing is known.
 */
import { isIP } from "node:net";
import { planeKey } from "../../schemas/layout.ts";
import type { GatewaySettings } from "../../schemas/managed-gateways.ts";
import type { Problem } from "../../schemas/problem.ts";
import { at, scalarOf, type Traced } from "../load/traced.ts";
import { placeOf } from "../load/tree-reader.ts";
import { relatedTo } from "../problems/related.ts";
import { foreignBelow, foreignHolder, type NameHolder } from "../resolve/name-holders.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { fieldPlace } from "../validate/specs-index.ts";
import { type Host, routeProblem } from "./endpoint-host.ts";
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
  const known = new Set(domainsOf(resolved, gateways[field]));
  if (known.has(name) || known.has(name.replace(/^[^.]+/, "*"))) {
    const holder = foreignHolder(name, [resolved.binding.organization], resolved.holders);
    return holder === undefined ? [] : [holderProblem(resolved, { name, route, holder }, domain)];
  }
  const whom = isOwners(resolved) ? "" : ` for organization ${resolved.binding.organization}`;
  const message = `${route.gateway} of ${planeKey(gateways.standing.plane)} does not answer for ${name}${whom}`;
  const remedy = isOwners(resolved)
    ? `add it to spec.gateway.manage.${field}.domains of the DataPlane`
    : `have the owners of the gateways add it to ${guestField(resolved, field)} of their DataPlane`;
  return [routeProblem(resolved, { code: "missing-virtual-host", message, remedy }, domain)];
}

function isOwners({ binding, gateways }: Resolved): boolean {
  return binding.organization === gateways.standing.plane.organization;
}

function guestField({ binding }: Resolved, field: string): string {
  return `spec.gateway.manage.${field}.guestDomains.${binding.organization}`;
}

/** That its organization was given. */
function domainsOf(resolved: Resolved, settings: GatewaySettings | undefined): readonly string[] {
  if (isOwners(resolved)) return settings?.domains ?? [];
  const given = settings?.guestDomains ?? {};
  const { organization } = resolved.binding;
  return Object.hasOwn(given, organization) ? (given[organization] ?? []) : [];
}

/** Of the hosts that the engine gives; below the virtual host of the gateways' owner are those of all. */
export function checkHolders(resolved: Resolved, route: PlannedRoute, cause: Traced | undefined): readonly Problem[] {
  const { match } = route;
  if (!("hosts" in match)) return [];
  return match.hosts.flatMap((host) => {
    const holder = holderOf(host, resolved);
    return holder === undefined ? [] : [holderProblem(resolved, { name: host.name, route, holder }, cause)];
  });
}

function holderOf({ name, from }: Host, resolved: Resolved): NameHolder | undefined {
  const { binding, gateways, holders } = resolved;
  const { organization } = binding;
  switch (from) {
    case "domain":
      return undefined; // judged where it stands
    case "owner":
      return foreignHolder(name, [organization, gateways.standing.plane.organization], holders);
    case "plane": {
      const found = foreignHolder(name, [organization], holders);
      return found ?? (isOwners(resolved) ? undefined : foreignBelow(name, [organization], holders));
    }
  }
}

type Held = { readonly name: string; readonly route: Pick<PlannedRoute, "gateway">; readonly holder: NameHolder };

function holderProblem(resolved: Resolved, { name, route, holder }: Held, cause: Traced | undefined): Problem {
  const { binding, gateways } = resolved;
  const plane = planeKey(gateways.standing.plane);
  const remedy = isOwners(resolved)
    ? `take another name, or take ${holder.name} out of guestDomains`
    : `take another name, or have the owners of the gateways give it in ${guestField(resolved, fieldOf(route.gateway))} of their DataPlane`;
  return routeProblem(
    resolved,
    {
      code: "host-conflict",
      message: `${binding.component} would answer ${name} in ${binding.environment}, and ${holder.name} is organization ${holder.organization}'s at the gateways of ${plane}`,
      remedy,
      ...relatedTo([{ place: fieldPlace(holder.document, ...holder.path), message: `${holder.name} stands here` }]),
    },
    cause,
  );
}
