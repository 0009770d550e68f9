/**
 * What guards a route, as its API's class says for its level: a SecurityPolicy and a BackendTrafficPolicy, each only where
 * it has content, each for that route alone and named like it.
 */
import { podLabels } from "../../schemas/labels.ts";
import type { Problem } from "../../schemas/problem.ts";
import { at, ruled, type Traced, type TracedMap, withField } from "../load/traced.ts";
import { placeOf, placeOr } from "../load/tree-reader.ts";
import type { ApiClass } from "../resolve/api-classes.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { checkPolicy, type PolicyFault } from "./check-policy.ts";
import { type EffectivePolicy, effectivePolicy, type Level } from "./effective-policy.ts";
import { type Destination, makeManifest, type Manifest } from "./manifest.ts";
import { securityPolicy } from "./security-policy.ts";
import { trafficPolicy } from "./traffic-policy.ts";

export type GuardedRoute = { readonly name: string; readonly api: string; readonly level: Level };
export type Policies = { readonly manifests: readonly Manifest[]; readonly problems: readonly Problem[] };

export function renderPolicies(route: GuardedRoute, resolved: Resolved, destination: Destination): Policies {
  const apiClass = resolved.apiClasses.get(route.api);
  if (apiClass === undefined) throw new TypeError(`API ${route.api} was resolved without its class`);
  const effective = effectivePolicy(apiClass, route.level);
  const faults = checkPolicy(effective);
  if (faults.length > 0)
    return {
      manifests: [],
      problems: faults.map((fault) => problemOf(fault, { route, resolved, apiClass, effective })),
    };
  const specs = { SecurityPolicy: securityPolicy(effective), BackendTrafficPolicy: trafficPolicy(effective) };
  const manifests = Object.entries(specs).flatMap(([kind, spec]) =>
    spec === undefined ? [] : [makePolicy({ kind, spec, name: route.name }, resolved, destination)],
  );
  return { manifests, problems: [] };
}

type PolicyParts = { readonly kind: string; readonly spec: TracedMap; readonly name: string };

function makePolicy(
  { kind, spec, name }: PolicyParts,
  { binding, cell }: Resolved,
  destination: Destination,
): Manifest {
  const target = { group: "gateway.networking.k8s.io", kind: "HTTPRoute", name };
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
  readonly route: GuardedRoute;
  readonly resolved: Resolved;
  readonly apiClass: ApiClass;
  readonly effective: EffectivePolicy;
};

/** At the class, which is what is wrong. It is one Problem however many use it, so the message names none of them. */
function problemOf({ path, ...what }: PolicyFault, { route, resolved, apiClass, effective }: Subject): Problem {
  const { binding } = resolved;
  const api = at(binding.apisTree, route.api);
  return {
    ...what,
    message: `APIClass ${apiClass.resource.metadata.name}: ${what.message}`,
    severity: "error",
    place: placeOf(deepest(effective.tree, path).origin, apiClass.place.file),
    related: [
      {
        place: placeOr(at(api, "className") ?? api, binding.place),
        message: `used by API ${route.api} of ${binding.component}, which is not rendered`,
      },
    ],
  };
}

/** What of the path is there. */
function deepest(tree: Traced, path: readonly string[]): Traced {
  const lengths = Array.from(path, (_, index) => path.length - index);
  return lengths.map((length) => at(tree, ...path.slice(0, length))).find((node) => node !== undefined) ?? tree;
}
