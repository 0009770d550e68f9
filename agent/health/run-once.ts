/**
 * Kinds that run once: what they came to is kept in the applied record, and they are never made anew after that, whoever has
 * deleted them since (a Job's own time to live, say).
 */
import type { KubernetesObject } from "../../schemas/object-id.ts";
import { conditionsOf, mappingAt, textOf } from "./verdict.ts";

type Ending = (object: KubernetesObject) => string | undefined;

/** By `[group/]Kind`: how one ended, in the kind's own word; undefined while it has not. */
const endings: ReadonlyMap<string, Ending> = new Map([
  ["batch/Job", endOfJob],
  ["argoproj.io/Workflow", endOfWorkflow],
]);

export function runsOnce(kind: string): boolean {
  return endings.has(kind);
}

/** The terminal result of a live object of a kind, `[group/]Kind`; undefined when there is none, or never is for its kind. */
export function resultOf(kind: string, object: KubernetesObject): string | undefined {
  return endings.get(kind)?.(object);
}

function endOfJob(object: KubernetesObject): string | undefined {
  return conditionsOf(object).find(
    ({ type, status }) => (type === "Complete" || type === "Failed") && status === "True",
  )?.type;
}

const lastPhases = new Set(["Succeeded", "Failed", "Error"]);

function endOfWorkflow(object: KubernetesObject): string | undefined {
  const phase = textOf(mappingAt(object, "status")["phase"]);
  return lastPhases.has(phase) ? phase : undefined;
}

const successes = new Set(["Complete", "Succeeded"]);

/** Whether a terminal result is what the object is for. */
export function isSuccess(result: string): boolean {
  return successes.has(result);
}
