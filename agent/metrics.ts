/** What an agent asked of its API server, as Prometheus and the log read it. */
import { Counter } from "prom-client";
import { openRegistry } from "../process/metrics.ts";
import type { RequestsByVerb } from "./requests.ts";

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
