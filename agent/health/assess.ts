/**
 * The one table of kinds whose health is more than that they exist. What holds for all of them stands here: an object being
 * deleted is on its way, and a status about an older generation says nothing.
 */
import type { KubernetesObject } from "../../schemas/object-id.ts";
import { assessCronJob } from "./cron-job.ts";
import { assessDeployment } from "./deployment.ts";
import { assessHttpRoute } from "./http-route.ts";
import { assessNamespace } from "./namespace.ts";
import { assessService } from "./service.ts";
import { type Assess, mappingAt, numberOf, type Verdict } from "./verdict.ts";

/** By `[group/]Kind`. A kind that is not here is Unknown and is not watched. */
const assessments: ReadonlyMap<string, Assess> = new Map([
  ["Namespace", assessNamespace],
  ["Service", assessService],
  ["apps/Deployment", assessDeployment],
  ["batch/CronJob", assessCronJob],
  ["gateway.networking.k8s.io/HTTPRoute", assessHttpRoute],
]);

/** Whether the health of a kind, `[group/]Kind`, needs to be watched. */
export function hasHealth(kind: string): boolean {
  return assessments.has(kind);
}

/** The health of a live object of a kind, `[group/]Kind`. */
export function assessHealth(kind: string, object: KubernetesObject): Verdict {
  const assess = assessments.get(kind);
  if (assess === undefined) return { health: "Unknown" };
  const metadata = mappingAt(object, "metadata");
  if (metadata["deletionTimestamp"] !== undefined) return { health: "Progressing", reason: "is being deleted" };
  const generation = numberOf(metadata["generation"]);
  const observed = numberOf(mappingAt(object, "status")["observedGeneration"]);
  if (generation !== undefined && observed !== undefined && observed < generation) {
    return { health: "Progressing", reason: "its controller has not seen this generation" };
  }
  return assess(object);
}
