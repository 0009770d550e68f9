/** Health of a Service: only a load balancer has something to wait for (Kubernetes: Service, "type: LoadBalancer"). */
import { type Assess, listOf, mappingAt } from "./verdict.ts";

export const assessService: Assess = (object) => {
  if (mappingAt(object, "spec")["type"] !== "LoadBalancer") return { health: "Healthy" };
  const ingress = listOf(mappingAt(object, "status", "loadBalancer")["ingress"]);
  return ingress.length > 0 ? { health: "Healthy" } : { health: "Progressing", reason: "has no load balancer yet" };
};
