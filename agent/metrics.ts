/** What an agent asked of its API server, as Prometheus and the log read it. */
import { Counter, Gauge } from "prom-client";
import { openRegistry } from "../process/metrics.ts";
import type { RequestsByVerb } from "./requests.ts";

/** Answers the metrics' text as it is at each call. */
export function openAgentMetrics(
  requestsByVerb: () => RequestsByVerb,
  standsBy: () => boolean = () => false,
): () => Promise<string> {
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
  const standing: Gauge = new Gauge({
    name: "gitplane_agent_stands_by",
    help: "1 while another agent with this identity holds the plane and this one writes nothing.",
    registers: [registry],
    collect: () => standing.set(standsBy() ? 1 : 0),
  });
  return async () => registry.metrics();
}
