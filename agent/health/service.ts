/** Health of a Service: only a load balancer has something to wait for (Kubernetes: Service, "type: LoadBalancer"). */
import { type Assess, healthy, listOf, mappingAt, progressing } from "./verdict.ts";

export const assessService: Assess = (object) => {
  if (mappingAt(object, "spec")["type"] !== "LoadBalancer") return healthy;
  const ingress = listOf(mappingAt(object, "status", "loadBalancer")["ingress"]);
  return ingress.length > 0 ? healthy : progressing("has no load balancer yet");
};
