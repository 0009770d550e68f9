/** Who may reach an endpoint beside its own project: what its API says, or that a web application is public. */
import { exposeLevelsOf, type RoutedLevel, type ServiceApis } from "../../schemas/service.ts";
import type { Binding } from "../deploy/binding.ts";

/** Empty for an endpoint that only its project sees. */
export function visibilityOf({ claimKind, apis, workload }: Binding, endpoint: string): readonly RoutedLevel[] {
  switch (claimKind) {
    case "Service": {
      const api = Object.hasOwn(apis, endpoint) ? apis[endpoint] : undefined;
      const levels = new Set(api === undefined ? [] : exposeLevelsOf(api));
      return (["Organization", "Public"] as const).filter((level) => levels.has(level));
    }
    case "WebApplication": {
      const type = workload.endpoints[endpoint]?.type;
      return type !== undefined && isWeb(type) ? ["Public"] : [];
    }
    case "ScheduledTask":
      return [];
  }
}

/** Whether other projects see any endpoint of it at the port. */
export function isSeenAt(binding: Binding, at: { readonly port: number; readonly protocol: "TCP" | "UDP" }): boolean {
  return Object.entries(binding.workload.endpoints).some(([name, { type, port }]) => {
    const protocol = type === "UDP" ? "UDP" : "TCP";
    return port === at.port && protocol === at.protocol && visibilityOf(binding, name).length > 0;
  });
}

/** Whether a browser can speak it: the one such endpoint of a web application is what its route leads to. */
export function isWeb(type: ServiceApis[string]["type"]): boolean {
  return type === "HTTP" || type === "REST" || type === "GraphQL" || type === "Websocket";
}
