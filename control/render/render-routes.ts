/** Routes with what guards them: for each API of a Service one a level of exposure, one for a web application. */
import type { Problem } from "../../schemas/problem.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { checkPlainHttp } from "./check-plain-http.ts";
import { checkSharedGateway } from "./check-shared-gateway.ts";
import { checkUnguarded } from "./check-unguarded.ts";
import { type Claimed, describeClaimed, findClash, findSharedHost } from "./claimed.ts";
import { routeProblem } from "./endpoint-host.ts";
import { makeRoute } from "./make-route.ts";
import type { Destination, Manifest } from "./manifest.ts";
import { isPlanned, type PlannedRoute, planRoutes } from "./plan-routes.ts";
import { renderPolicies } from "./render-policies.ts";

export type Routes = {
  readonly manifests: readonly Manifest[];
  readonly claimed: readonly Claimed[];
  readonly problems: readonly Problem[];
};

export function renderRoutes(resolved: Resolved, destination: Destination): Routes {
  const planned = planRoutes(resolved);
  const routes = planned.filter(isPlanned);
  const rendered = routes.map((route) => renderRoute(route, resolved, destination));
  const claimed = routes.flatMap(({ claims }) => claims);
  return {
    manifests: rendered.flatMap(({ manifests }) => manifests),
    claimed,
    problems: [
      ...planned.filter((part): part is Problem => !isPlanned(part)),
      ...rendered.flatMap(({ problems }) => problems),
      ...clashOf(claimed, resolved),
      ...checkUnguarded(routes, resolved),
      ...checkPlainHttp(routes, resolved),
      ...checkSharedGateway(routes, resolved),
    ],
  };
}

/** What the routes answer, without rendering them. */
export function claimedBy(resolved: Resolved): readonly Claimed[] {
  return planRoutes(resolved)
    .filter(isPlanned)
    .flatMap(({ claims }) => claims);
}

function renderRoute(route: PlannedRoute, resolved: Resolved, destination: Destination): Omit<Routes, "claimed"> {
  const { guarded } = route;
  const policies =
    guarded === undefined
      ? { manifests: [], filters: [], problems: [] }
      : renderPolicies({ route, ...guarded }, resolved, destination);
  const { manifests, filters, problems } = policies;
  return { manifests: [makeRoute(route, { resolved, destination, filters }), ...manifests], problems };
}

function clashOf(claimed: readonly Claimed[], resolved: Resolved): readonly Problem[] {
  const clash = findClash(claimed);
  if (clash === undefined) return sharedHostOf(claimed, resolved);
  const remedy =
    clash.kind === "port" ? "give one of them another gatewayPort" : "give one of them another basePath or domain";
  const message = `two APIs of the component answer ${describeClaimed(clash)}`;
  return [routeProblem(resolved, { code: "host-conflict", message, remedy })];
}

function sharedHostOf(claimed: readonly Claimed[], resolved: Resolved): readonly Problem[] {
  const host = findSharedHost(claimed);
  if (host === undefined) return [];
  const message = `${resolved.binding.component} would answer ${host} by HTTP and by gRPC, and a host has one of the two`;
  return [routeProblem(resolved, { code: "host-conflict", message, remedy: "give one of the two another domain" })];
}
