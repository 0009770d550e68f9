/**
 * Health of a StatefulSet, by kstatus (`core.go`, stsConditions). A partition keeps the pods below it at the old revision, and
 * `OnDelete` keeps all of them until somebody deletes them (Kubernetes: StatefulSet, "Update strategies"), so neither is
 * awaited; that the pods are there and ready is, other than in kstatus, also with `OnDelete`.
 */
import type { KubernetesObject } from "../../schemas/object-id.ts";
import { type Assess, healthy, mappingAt, numberOf, progressing, suspended, textOf } from "./verdict.ts";

export const assessStatefulSet: Assess = (object) => {
  const status = mappingAt(object, "status");
  if (numberOf(status["observedGeneration"]) === undefined) return progressing("its controller has not reported on it");
  const wait = describePods(object) ?? describeUpdate(object);
  if (wait !== undefined) return progressing(wait);
  return wantedOf(object) === 0 ? suspended("is scaled to nothing") : healthy;
};

function wantedOf(object: KubernetesObject): number {
  return numberOf(mappingAt(object, "spec")["replicas"]) ?? 1;
}

function countOf(object: KubernetesObject, name: string): number {
  return numberOf(mappingAt(object, "status")[name]) ?? 0;
}

function describePods(object: KubernetesObject): string | undefined {
  const wanted = wantedOf(object);
  const [replicas, ready] = [countOf(object, "replicas"), countOf(object, "readyReplicas")];
  if (wanted > replicas) return `${replicas} of ${wanted} replicas exist`;
  if (wanted > ready) return `${ready} of ${wanted} replicas are ready`;
  return replicas > wanted ? `${replicas - wanted} replicas are still to go` : undefined;
}

function describeUpdate(object: KubernetesObject): string | undefined {
  const strategy = mappingAt(object, "spec", "updateStrategy");
  if (textOf(strategy["type"]) === "OnDelete") return undefined;
  const wanted = wantedOf(object);
  const updated = countOf(object, "updatedReplicas");
  const partition = numberOf(mappingAt(strategy, "rollingUpdate")["partition"]) ?? 0;
  const toUpdate = Math.max(0, wanted - partition);
  if (partition > 0) return updated < toUpdate ? `${updated} of ${toUpdate} replicas are updated` : undefined;
  const status = mappingAt(object, "status");
  const isSettled = textOf(status["currentRevision"]) === textOf(status["updateRevision"]);
  return isSettled ? undefined : `${updated} of ${wanted} replicas are updated`;
}
