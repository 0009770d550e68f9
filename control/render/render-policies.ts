/**
 * What guards a route, as its API's class says for its level: a SecurityPolicy and a BackendTrafficPolicy, each only where
 * it has content, each for that route alone and named like it, and what the route itself does to headers.
 */
import { podLabels } from "../../schemas/labels.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { RoutedLevel } from "../../schemas/service.ts";
import { at, ruled, type Traced, type TracedMap, withField } from "../load/traced.ts";
import { placeOf, placeOr } from "../load/tree-reader.ts";
import type { ApiClass } from "../resolve/api-classes.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { checkPolicy } from "./check-policy.ts";
import { checkReach } from "./check-reach.ts";
import { type EffectivePolicy, effectivePolicy } from "./effective-policy.ts";
import { headerFilters } from "./header-filters.ts";
import { type Destination, makeManifest, type Manifest } from "./manifest.ts";
import type { PlannedRoute } from "./plan-routes.ts";
import type { PolicyFault } from "./policy-fault.ts";
import type { RenderedKind } from "./rendered-kinds.ts";
import { securityPolicy } from "./security-policy.ts";
import { trafficPolicy } from "./traffic-policy.ts";

export type GuardedRoute = { readonly route: PlannedRoute; readonly api: string; readonly level: RoutedLevel };
export type Policies = {
  readonly manifests: readonly Manifest[];
  /** Of the route's rule. */
  readonly filters: readonly Traced[];
  readonly problems: readonly Problem[];
};

export function renderPolicies(
  { route, api, level }: GuardedRoute,
  resolved: Resolved,
  destination: Destination,
): Policies {
  const apiClass = resolved.apiClasses.get(api);
  const type = resolved.binding.apis[api]?.type;
  if (apiClass === undefined || type === undefined) throw new TypeError(`API ${api} was resolved without its class`);
  const effective = effectivePolicy(apiClass, { level, type });
  const reach = { level, type, apiClass, gateways: resolved.gateways };
  const faults = [...checkPolicy(effective), ...checkReach(effective, reach)];
  if (faults.length > 0)
    return {
      manifests: [],
      filters: [],
      problems: faults.map((fault) => problemOf(fault, { api, resolved, apiClass, effective })),
    };
  const base = route.match.kind === "HTTPRoute" ? route.match.path : "/";
  const specs = [
    ["SecurityPolicy", securityPolicy(effective, { base, component: resolved.binding.component })],
    ["BackendTrafficPolicy", trafficPolicy(effective, base)],
  ] as const;
  const manifests = specs.flatMap(([kind, spec]) =>
    spec === undefined ? [] : [makePolicy({ kind, spec, route }, resolved, destination)],
  );
  return { manifests, filters: headerFilters(effective), problems: [] };
}

type PolicyParts = { readonly kind: RenderedKind; readonly spec: TracedMap; readonly route: PlannedRoute };

function makePolicy(
  { kind, spec, route }: PolicyParts,
  { binding, cell }: Resolved,
  destination: Destination,
): Manifest {
  const { name } = route;
  const target = { group: "gateway.networking.k8s.io", kind: route.match.kind, name };
  return makeManifest(
    {
      apiVersion: "gateway.envoyproxy.io/v1alpha1",
      kind,
      name,
      namespace: cell.namespace,
      labels: podLabels(binding),
      spec: withField(spec, "targetRefs", ruled([target], "policy-target")),
    },
    destination,
  );
}

type Subject = {
  readonly api: string;
  readonly resolved: Resolved;
  readonly apiClass: ApiClass;
  readonly effective: EffectivePolicy;
};

/** At the class, which is what is wrong. It is one Problem however many use it, so the message names none of them. */
function problemOf({ path, ...what }: PolicyFault, { api, resolved, apiClass, effective }: Subject): Problem {
  const { binding } = resolved;
  const tree = at(binding.apisTree, api);
  return {
    ...what,
    message: `APIClass ${apiClass.resource.metadata.name}: ${what.message}`,
    severity: "error",
    place: placeOf(deepest(effective.tree, path).origin, apiClass.place.file),
    related: [
      {
        place: placeOr(at(tree, "className") ?? tree, binding.place),
        message: `used by API ${api} of ${binding.component}, which is not rendered`,
      },
    ],
  };
}

/** What of the path is there. */
function deepest(tree: Traced, path: PolicyFault["path"]): Traced {
  const lengths = Array.from(path, (_, index) => path.length - index);
  return lengths.map((length) => at(tree, ...path.slice(0, length))).find((node) => node !== undefined) ?? tree;
}
