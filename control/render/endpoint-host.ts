/** Hosts under which a component is reached: its plane's virtual host of the level, below it the environment's label. */
import type { Problem } from "../../schemas/problem.ts";
import { type ApiHostParts, dnsLabelLimit } from "../../schemas/names.ts";
import type { RoutedLevel } from "../../schemas/service.ts";
import { at, type Origin, type Traced } from "../load/traced.ts";
import { placeOf, placeOr } from "../load/tree-reader.ts";
import { relatedTo } from "../problems/related.ts";
import type { Resolved } from "../resolve/resolve.ts";
import type { HostFrom } from "./claimed.ts";
import { gatewaySides } from "./gateway-sides.ts";

export type Host = {
  readonly name: string;
  readonly origin: Origin;
  readonly from: HostFrom;
};

/** The host that `name` makes of the environment's label and the virtual host; `cause` is what asks for the level. */
export function endpointHost(resolved: Resolved, { level, cause, name }: HostQuestion): Host | Problem {
  const found = virtualHost(resolved, level, cause);
  if ("code" in found) return found;
  const host = { ...found, name: name({ label: environmentLabel(resolved), virtualHost: found.name }) };
  return checkHost(host.name, resolved) ?? host;
}

export type HostQuestion = {
  readonly level: RoutedLevel;
  readonly cause: Traced | undefined;
  readonly name: (parts: ApiHostParts) => string;
};

function environmentLabel({ binding, environment }: Resolved): string {
  return environment.gateway?.dnsPrefix ?? binding.environment;
}

function virtualHost(resolved: Resolved, level: RoutedLevel, cause: Traced | undefined): Host | Problem {
  const field = gatewaySides[level].virtualHost;
  const host = resolved.planeSpec.gateway?.[field];
  const node = at(resolved.planeTree, "spec", "gateway", field);
  if (host !== undefined) {
    const from = host === resolved.gateways.virtualHosts[field] ? "owner" : "plane";
    return { name: host, origin: node?.origin ?? { kind: "rule", rule: "route" }, from };
  }
  const plane = `DataPlane ${resolved.plane.name}`;
  const message = `${resolved.binding.component} is exposed to ${level}, and ${plane} has no gateway.${field}`;
  const place = placeOf(
    (at(resolved.planeTree, "metadata", "name") ?? resolved.planeTree).origin,
    resolved.binding.place.file,
  );
  const related = relatedTo([{ place, message: `${plane} stands here` }]);
  const remedy = `add spec.gateway.${field} to the DataPlane`;
  return routeProblem(resolved, { code: "missing-virtual-host", message, remedy, ...related }, cause);
}

/** RFC 1035: 63 octets a label, 253 characters of a host name in all. */
function checkHost(host: string, resolved: Resolved): Problem | undefined {
  if (host.length <= 253 && host.split(".").every((label) => label.length <= dnsLabelLimit)) return undefined;
  const message = `the host ${host} is longer than DNS allows`;
  const remedy = "shorten the component's or the project's name, or the virtual host";
  return routeProblem(resolved, { code: "name-too-long", message, remedy });
}

export function routeProblem(
  { binding }: Resolved,
  what: Pick<Problem, "code" | "message" | "remedy" | "related">,
  node?: Traced,
): Problem {
  return { ...what, severity: "error", place: placeOr(node, binding.place) };
}
