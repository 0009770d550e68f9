/** Whether a DeploymentPipeline can be followed: its environments exist and its paths lead somewhere. */
import type { DeploymentPipeline } from "../../schemas/deployment-pipeline.ts";
import { organizationOf } from "../../schemas/kinds.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { SpecDocument } from "../load/parse.ts";
import { checkRepeated } from "./check-repeated.ts";
import { checkReference, type Finding } from "./finding.ts";
import type { Lookup } from "./lookup.ts";

export function checkPaths(pipeline: DeploymentPipeline, index: Lookup): readonly Finding[] {
  const organization = organizationOf(pipeline);
  const { promotionPaths } = pipeline.spec;
  const unknown = promotionPaths.flatMap((path, at) => {
    const check = (name: string, ...field: readonly (string | number)[]): readonly Finding[] =>
      checkReference(index, {
        kind: "Environment",
        parts: [organization, name],
        code: "unknown-environment",
        path: ["spec", "promotionPaths", at, ...field],
      });
    return [
      ...check(path.sourceEnvironmentRef, "sourceEnvironmentRef"),
      ...path.targetEnvironmentRefs.flatMap(({ name }, target) => check(name, "targetEnvironmentRefs", target, "name")),
    ];
  });
  const cycle = findCycle(pipeline);
  if (cycle === undefined) return unknown;
  const message = `promotion goes round: ${cycle.join(" → ")}`;
  return [
    ...unknown,
    { code: "pipeline-cycle", message, remedy: "remove one of these paths", path: ["spec", "promotionPaths"] },
  ];
}

/** One step written twice: which of the two says whether a person must agree is not said. */
export function checkTargets(document: SpecDocument<DeploymentPipeline>): readonly Problem[] {
  const steps = document.resource.spec.promotionPaths.flatMap(({ sourceEnvironmentRef, targetEnvironmentRefs }, path) =>
    targetEnvironmentRefs.map(({ name }, target) => ({ name: `${sourceEnvironmentRef} → ${name}`, path, target })),
  );
  return checkRepeated(document, { names: steps.map(({ name }) => name), what: "step" }, (position) => {
    const { path = 0, target = 0 } = steps[position] ?? {};
    return ["spec", "promotionPaths", path, "targetEnvironmentRefs", target, "name"];
  });
}

/** Every environment that the pipeline names, as a source or as a target. */
export function pipelineEnvironments(pipeline: DeploymentPipeline): ReadonlySet<string> {
  return new Set([
    ...pipeline.spec.promotionPaths.map(({ sourceEnvironmentRef }) => sourceEnvironmentRef),
    ...targetEnvironments(pipeline),
  ]);
}

export function targetEnvironments(pipeline: DeploymentPipeline): ReadonlySet<string> {
  return new Set(
    pipeline.spec.promotionPaths.flatMap(({ targetEnvironmentRefs }) => targetEnvironmentRefs.map(({ name }) => name)),
  );
}

/** A cycle, first and last name equal, or undefined. Environments that nothing left leads to go (Kahn 1962); cycles stay. */
function findCycle(pipeline: DeploymentPipeline): readonly string[] | undefined {
  const next = new Map<string, Set<string>>();
  const before = new Map<string, Set<string>>();
  for (const { sourceEnvironmentRef: source, targetEnvironmentRefs: targets } of pipeline.spec.promotionPaths) {
    for (const { name: target } of targets) {
      next.set(source, (next.get(source) ?? new Set()).add(target));
      before.set(target, (before.get(target) ?? new Set()).add(source));
    }
  }
  const free = [...next.keys()].filter((name) => !before.has(name));
  for (let name = free.pop(); name !== undefined; name = free.pop()) {
    for (const target of next.get(name) ?? []) {
      const sources = before.get(target);
      sources?.delete(name);
      if (sources?.size !== 0) continue;
      before.delete(target);
      free.push(target);
    }
  }
  return walkBack(before);
}

/** Whoever is left has a source that is left, so walking back must come round. */
function walkBack(before: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] | undefined {
  const [start] = before.keys();
  if (start === undefined) return undefined;
  const trail = [start];
  const seen = new Set<string>();
  let name = start;
  while (!seen.has(name)) {
    seen.add(name);
    name = [...(before.get(name) ?? [])][0] ?? start;
    trail.push(name);
  }
  return trail.slice(trail.indexOf(name)).toReversed();
}
