/** What an agent asked of its API server, as Prometheus and the log read it. */
import { Counter } from "prom-client";
import { openRegistry } from "../process/metrics.ts";

/** Requests sent since the start, retries included. */
export type RequestsByVerb = ReadonlyMap<string, number>;

/** Answers the metrics' text as it is at each call. */
export function openAgentMetrics(requestsByVerb: () => RequestsByVerb): () => Promise<string> {
  const registry = openRegistry("agent");
  const requests: Counter<"verb"> = new Counter({
    name: "gitplane_agent_requests_total",
    help: "Requests sent to the API server, retries included.",
    labelNames: ["verb"],
    registers: [registry],
    collect: () => {
      requests.reset();
      for (const [verb, count] of requestsByVerb()) requests.inc({ verb }, count);
    },
  });
  return async () => registry.metrics();
}

/** How many of each were sent between two looks; none where there were none. */
export function requestsBetween(before: RequestsByVerb, after: RequestsByVerb): Readonly<Record<string, number>> {
  const sent = [...after].map(([verb, count]) => [verb, count - (before.get(verb) ?? 0)] as const);
  return Object.fromEntries(sent.filter(([, count]) => count > 0));
}
