/**
 * Hands replicas over instead of dropping them: a field that leaves the manifest of its only owner falls back to its default
 * (Kubernetes: "Server-Side Apply, Transferring ownership"), which would scale a workload to one before its autoscaler acts.
 * So the live value is held in the plane's second name until another manager sets it.
 */
import type { KubernetesObject } from "../schemas/object-id.ts";
import type { ObjectApplier } from "./applier.ts";
import { mappingAt } from "./health/verdict.ts";
import type { ApplyStep } from "./step.ts";
import type { Failure } from "./target.ts";

/** Whether the step gives up replicas that an earlier version set. */
export function givesUpReplicas({ object, before }: ApplyStep): boolean {
  return !setsReplicas(object) && before !== undefined && setsReplicas(before);
}

function setsReplicas(object: KubernetesObject): boolean {
  return mappingAt(object, "spec")["replicas"] !== undefined;
}

/** Undefined once nothing is lost by giving the replicas up. */
export async function handOverReplicas(
  applier: ObjectApplier,
  { key, object }: ApplyStep,
): Promise<Failure | undefined> {
  const { slots, signal, target } = applier;
  const live = await slots.run(() => target.readObject(key, { signal }));
  if (live.kind === "failed") return live;
  const replicas = live.kind === "found" ? mappingAt(live.object, "spec")["replicas"] : undefined;
  if (live.kind === "absent" || typeof replicas !== "number") return undefined;
  const { name, namespace } = object.metadata;
  const held: KubernetesObject = {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      // Without it an object that went meanwhile would be made anew, of nothing but this.
      resourceVersion: live.object.metadata["resourceVersion"],
    },
    spec: { replicas },
  };
  const outcome = await slots.run(() => target.apply(held, { dryRun: false, as: "keeper", signal }));
  // In a conflict somebody else has set them since, which is what all this is for.
  return outcome.kind === "failed" ? outcome : undefined;
}
