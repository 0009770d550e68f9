/**
 * A gateway speaks plain HTTP to what an HTTPRoute leads to: Envoy Gateway would need a BackendTLSPolicy with the endpoint's
 * host name and authority, and no document says them. An endpoint at a port where HTTP is taken for HTTPS, as connections to
 * it do, would answer the gateway with an error. A warning: it may speak plain HTTP there after all.
 */
import type { Problem } from "../../schemas/problem.ts";
import { at } from "../load/traced.ts";
import { placeOr } from "../load/tree-reader.ts";
import { isTlsPort } from "../resolve/connection-target.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { isWeb } from "../resolve/visibility.ts";
import type { PlannedRoute } from "./plan-routes.ts";

/** One for each endpoint, in order of the routes. */
export function checkPlainHttp(routes: readonly PlannedRoute[], { binding }: Resolved): readonly Problem[] {
  const { endpoints } = binding.workload;
  // A web application has no API and one endpoint that a browser speaks.
  const [only] = Object.entries(endpoints).find(([, { type }]) => isWeb(type)) ?? [];
  const routed = routes.flatMap(({ match, guarded }) =>
    match.kind === "HTTPRoute" ? (guarded?.api ?? only ?? []) : [],
  );
  return [...new Set(routed)].flatMap((name): readonly Problem[] => {
    const endpoint = endpoints[name];
    if (endpoint === undefined || endpoint.type === "Websocket" || !isTlsPort(endpoint.port)) return [];
    return [
      {
        code: "unsupported-endpoint",
        severity: "warning",
        message: `connections take endpoint ${name} of ${binding.component} for HTTPS by its port ${endpoint.port}, and a gateway speaks plain HTTP to it`,
        place: placeOr(at(binding.workloadTree, "endpoints", name, "port"), binding.place),
        remedy:
          "let it speak plain HTTP at another port, or make its API one of type TLS, which is passed through to its own certificate",
      },
    ];
  });
}
