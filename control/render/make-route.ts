/** A planned route as an object of the Gateway API (v1.6: every kind of route is in v1). */
import { gatewayLabels, podLabels } from "../../schemas/labels.ts";
import { gatewayNamespace } from "../../schemas/names.ts";
import { objectAnnotations } from "../../schemas/object-annotations.ts";
import { type Origin, ruled, type Traced, tracedList, tracedMap, type TracedMap } from "../load/traced.ts";
import type { Cell } from "../resolve/cell.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { type Destination, makeManifest, type Manifest, withAnnotation } from "./manifest.ts";
import type { Match, PlannedRoute } from "./plan-routes.ts";

export const routeApiVersion = "gateway.networking.k8s.io/v1";

const rule: Origin = { kind: "rule", rule: "route" };

/** `filters` are what the policies of the route do to headers. */
export function makeRoute(
  route: PlannedRoute,
  { resolved, destination, filters }: { resolved: Resolved; destination: Destination; filters: readonly Traced[] },
): Manifest {
  const { binding, cell } = resolved;
  const { match } = route;
  const spec = tracedMap(
    {
      parentRefs: tracedList([parentOf(route)], rule),
      hostnames: "hosts" in match ? hostnames(match) : undefined,
      rules: tracedList([ruleOf(route, binding.component, filters)], rule),
    },
    rule,
  );
  const made = makeManifest(
    {
      apiVersion: routeApiVersion,
      kind: match.kind,
      name: route.name,
      namespace: cell.namespace,
      labels: podLabels(binding),
      spec,
    },
    destination,
  );
  const labels = labelsByHand(cell);
  return labels === undefined ? made : withAnnotation(made, objectAnnotations.namespaceLabels, labels);
}

/**
 * Whether a namespace that people own has the labels that the gateways go by is not known here: a warning would never go away, and
 * a field that says it has them would be believed. The gateways know, and say so of each route; with this the agent says what to do.
 */
function labelsByHand({ organization, gateways, isAdopted }: Cell): Traced | undefined {
  if (!isAdopted || gateways === undefined) return undefined;
  const pairs = Object.entries(gatewayLabels(organization, gateways)).map(([key, value]) => `${key}=${value}`);
  return ruled(pairs.join(" "), "gateway-routes");
}

/** By the port where there is no host name to tell routes apart; otherwise every listener that takes it. */
function parentOf({ gateway, match }: PlannedRoute): Traced {
  const parent = ruled({ name: gateway, namespace: gatewayNamespace }, "route-gateway");
  if (!("gatewayPort" in match) || parent.kind !== "map") return parent;
  return { ...parent, entries: new Map([...parent.entries, ["port", match.gatewayPort]]) };
}

function hostnames({ hosts }: Extract<Match, { readonly hosts: unknown }>): Traced {
  return tracedList(
    hosts.map(({ name, origin }): Traced => ({ kind: "scalar", value: name, origin })),
    rule,
  );
}

function ruleOf({ match, port }: PlannedRoute, component: string, filters: readonly Traced[]): TracedMap {
  const backend = tracedMap({ name: ruled(component, "route-backend"), port }, rule);
  const backendRefs = tracedList([backend], rule);
  if (match.kind !== "HTTPRoute") {
    return tracedMap({ filters: filters.length === 0 ? undefined : tracedList(filters, rule), backendRefs }, rule);
  }
  const prefix = ruled({ type: "PathPrefix", value: match.path }, "route-path");
  const all = [...filters, ...rewriteOf(match)];
  return tracedMap(
    {
      matches: tracedList([tracedMap({ path: prefix }, rule)], rule),
      filters: all.length === 0 ? undefined : tracedList(all, rule),
      backendRefs,
    },
    rule,
  );
}

function rewriteOf({ rewrite }: Extract<Match, { readonly kind: "HTTPRoute" }>): readonly Traced[] {
  if (rewrite === undefined) return [];
  const path = tracedMap({ type: ruled("ReplacePrefixMatch", "route"), replacePrefixMatch: rewrite }, rule);
  return [tracedMap({ type: ruled("URLRewrite", "route"), urlRewrite: tracedMap({ path }, rule) }, rule)];
}
