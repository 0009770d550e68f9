/**
 * Two APIs of a component at one port: what the path of one covers, its route leads to, also where the other API says that
 * fewer may call, or guards it otherwise. On a host that both answer the longer path goes first; elsewhere nothing stops it.
 * A warning: the component itself may tell its callers apart.
 */
import { isDeepStrictEqual } from "node:util";
import { normalPath } from "../../schemas/names.ts";
import type { Problem } from "../../schemas/problem.ts";
import { exposeLevelsOf, type RoutedLevel } from "../../schemas/service.ts";
import { at } from "../load/traced.ts";
import { placeOr } from "../load/tree-reader.ts";
import { relatedTo } from "../problems/related.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { effectivePolicy } from "./effective-policy.ts";
import type { PlannedRoute } from "./plan-routes.ts";

/** One for each API and level that leads past what another API says. */
export function checkUnguarded(routes: readonly PlannedRoute[], resolved: Resolved): readonly Problem[] {
  const apis = Object.keys(resolved.binding.apis);
  const found = routes.flatMap((route) => {
    const { guarded } = route;
    if (guarded === undefined) return [];
    const { api: open, level } = guarded;
    return apis
      .filter((api) => api !== open && isCovered(api, open, resolved) && !isAnswered(route, api, routes))
      .flatMap((api) => describe({ open, level, api }, resolved) ?? []);
  });
  // A route of its own and one for domains say the same of the same API.
  return [...new Map(found.map((problem) => [problem.message, problem])).values()];
}

function isCovered(api: string, open: string, resolved: Resolved): boolean {
  const { endpoints } = resolved.binding.workload;
  const base = pathOf(open, resolved);
  const path = pathOf(api, resolved);
  return (
    endpoints[api]?.port === endpoints[open]?.port && (base === "/" || path === base || path.startsWith(`${base}/`))
  );
}

/** In the container. What is no API of HTTP has no paths, and its route leads to all of them. */
function pathOf(api: string, { binding }: Resolved): string {
  return normalPath(binding.apis[api]?.rest?.backend.basePath ?? "/");
}

/** Whether the API has a route of its own wherever the other is asked. */
function isAnswered({ gateway, match }: PlannedRoute, api: string, routes: readonly PlannedRoute[]): boolean {
  if (match.kind !== "HTTPRoute") return false;
  const own = new Set(
    routes.flatMap((route) =>
      route.guarded?.api === api && route.gateway === gateway && route.match.kind === "HTTPRoute"
        ? route.match.hosts.map(({ name }) => name)
        : [],
    ),
  );
  return match.hosts.every(({ name }) => own.has(name));
}

type Way = { readonly open: string; readonly level: RoutedLevel; readonly api: string };

/** Undefined where the same may call by the same guards. */
function describe({ open, level, api }: Way, resolved: Resolved): Problem | undefined {
  const { binding } = resolved;
  const levels = routedLevels(api, resolved);
  const own = levels.find((one) => one === level) ?? levels[0];
  const isWider = own === undefined || (level === "Public" && own !== "Public");
  if (!isWider && isDeepStrictEqual(guardsOf(open, level, resolved), guardsOf(api, own, resolved))) return undefined;
  const path = pathOf(api, resolved);
  const shown = levels.join(" and ") || "its Project";
  const said = isWider ? `which is for ${shown} alone` : "past what guards it";
  const place = (name: string) => {
    const tree = at(binding.apisTree, name);
    return placeOr(at(tree, "rest", "backend", "basePath") ?? tree, binding.place);
  };
  return {
    code: "unguarded-path",
    severity: "warning",
    message: `API ${open} of ${binding.component} leads ${level} to ${path} of API ${api} at the same port, ${said}`,
    place: place(open),
    remedy: `give ${open} a basePath that does not cover ${path}, or let ${api} listen at a port of its own`,
    ...relatedTo([{ place: place(api), message: `API ${api} stands here` }]),
  };
}

function routedLevels(api: string, { binding }: Resolved): readonly RoutedLevel[] {
  const said = binding.apis[api];
  return [...new Set(said === undefined ? [] : exposeLevelsOf(said))].filter((level) => level !== "Project");
}

/** What decides who may call. */
function guardsOf(api: string, level: RoutedLevel, { apiClasses, binding }: Resolved): unknown {
  const [apiClass, said] = [apiClasses.get(api), binding.apis[api]];
  if (apiClass === undefined || said === undefined) return undefined;
  const { authentication, security, operations } = effectivePolicy(apiClass, { level, type: said.type }).policy;
  return { authentication, security, operations };
}
