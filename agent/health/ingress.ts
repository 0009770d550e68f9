/**
 * Health of an Ingress: an address says that a controller serves it. Some never write one, so its absence says nothing
 * (Kubernetes: Ingress, `status.loadBalancer`).
 */
import { type Assess, healthy, listOf, mappingAt, unknown } from "./verdict.ts";

export const assessIngress: Assess = (object) =>
  listOf(mappingAt(object, "status", "loadBalancer")["ingress"]).length > 0
    ? healthy
    : unknown("no controller has given it an address");
