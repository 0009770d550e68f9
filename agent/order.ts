/**
 * Explicit edges: objects that say by annotation what must stand first. They may lead to any Release of the plane, so they may
 * lead in a circle; what does is found before any effect. Pure.
 */
import { applyWave } from "../schemas/apply-order.ts";
import type { KubernetesObject } from "../schemas/object-id.ts";
import { objectAnnotations } from "../schemas/object-annotations.ts";
import { findNeeds } from "./needs.ts";
import type { ApplyStep } from "./step.ts";

const mostEdges = 50;

/** The ids that an object names, each once; those beyond fifty are not looked at. */
export function edgesOf(object: KubernetesObject): readonly string[] {
  const text = object.metadata.annotations?.[objectAnnotations.after];
  if (text === undefined) return [];
  const ids = text.split(",").map((id) => id.trim());
  return [...new Set(ids.filter((id) => id !== ""))].slice(0, mostEdges);
}

/** Steps that wait for themselves, with the way round as `a → b → a`. */
export function findCircles(steps: readonly ApplyStep[]): ReadonlyMap<ApplyStep, string> {
  if (!steps.some(({ after }) => after !== undefined)) return new Map();
  const before = prerequisitesOf(steps);
  const circles = new Map<ApplyStep, string>();
  for (const step of steps) {
    if (step.after === undefined) continue;
    const way = findWay(step, before);
    if (way !== undefined) circles.set(step, way.map(({ id }) => id).join(" → "));
  }
  return circles;
}

type Before = (step: ApplyStep) => readonly ApplyStep[];

/** What a step waits for: earlier waves of its Release, the Releases that its own needs, and what it names. */
function prerequisitesOf(steps: readonly ApplyStep[]): Before {
  const byPath = Map.groupBy(steps, ({ path }) => path);
  const byId = Map.groupBy(steps, ({ id }) => id);
  const needs = findNeeds(byPath);
  return (step) => [
    ...(byPath.get(step.path) ?? []).filter(({ key }) => applyWave(key) < applyWave(step.key)),
    ...(needs.get(step.path) ?? []).flatMap((path) => byPath.get(path) ?? []),
    ...(step.after ?? []).flatMap((id) => byId.get(id) ?? []),
  ];
}

/** From a step back to itself; undefined when there is no way. */
function findWay(start: ApplyStep, before: Before): readonly ApplyStep[] | undefined {
  const cameFrom = new Map<ApplyStep, ApplyStep>();
  const open = [start];
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    for (const next of before(step)) {
      if (next === start) return [start, ...wayTo(step, cameFrom).slice(1), start];
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, step);
      open.push(next);
    }
  }
  return undefined;
}

function wayTo(end: ApplyStep, cameFrom: ReadonlyMap<ApplyStep, ApplyStep>): readonly ApplyStep[] {
  const way = [end];
  for (let step = cameFrom.get(end); step !== undefined; step = cameFrom.get(step)) way.unshift(step);
  return way;
}
