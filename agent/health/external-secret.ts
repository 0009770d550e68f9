/**
 * Health of an ExternalSecret by its `Ready` condition, which carries no generation: `syncedResourceVersion` begins with the
 * one that was synced last (External Secrets, `pkg/controllers/externalsecret`).
 */
import {
  type Assess,
  byCondition,
  conditionsOf,
  degraded,
  generationOf,
  mappingAt,
  notSeen,
  progressing,
  textOf,
  unknown,
} from "./verdict.ts";

export const assessExternalSecret: Assess = (object) => {
  const ready = byCondition(conditionsOf(object), "Ready", degraded);
  if (ready === undefined) return unknown("no controller has reported on it");
  const synced = /^(\d+)-/.exec(textOf(mappingAt(object, "status")["syncedResourceVersion"]))?.[1];
  const generation = generationOf(object);
  const isOld = synced !== undefined && generation !== undefined && Number(synced) < generation;
  return ready.health === "Healthy" && isOld ? progressing(notSeen) : ready;
};
