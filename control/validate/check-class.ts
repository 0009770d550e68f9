/** What a class may not say: lists with one key twice, and the selectors and labels that the engine sets itself. */
import type { Problem } from "../../schemas/problem.ts";
import { checkHealthRules } from "./check-health-rules.ts";
import { type Finding, report } from "./finding.ts";
import { type FieldType, findDuplicates } from "../render/keyed-lists.ts";
import { checkPodSpec } from "../render/check-pod-spec.ts";
import { checkRollout } from "../render/check-rollout.ts";
import type { SpecDocument } from "../load/parse.ts";
import { relatedTo } from "../problems/related.ts";
import { at, scalarOf, type Traced } from "../load/traced.ts";
import { placeOf } from "../load/tree-reader.ts";

/** The parts of classes with their types, and where the pods' own template stands in them. */
const templates = [
  { field: "deploymentTemplate", type: "DeploymentSpec", pods: ["template"] },
  { field: "serviceTemplate", type: "ServiceSpec", pods: undefined },
  { field: "cronJobTemplate", type: "CronJobSpec", pods: ["jobTemplate", "spec", "template"] },
] as const;

const reservedLabels = ["organization-name", "project-name", "environment-name", "component-name"];

export function checkClass(document: SpecDocument): readonly Problem[] {
  return [...checkTemplates(document), ...checkHealthRules(at(document.tree, "spec", "health"), document.place.file)];
}

function checkTemplates(document: SpecDocument): readonly Problem[] {
  return templates.flatMap(({ field, type, pods }) => {
    const tree = at(document.tree, "spec", field);
    return [
      ...checkLists(tree, { type }, document.place.file),
      ...(type === "DeploymentSpec" ? checkRollout(tree, document.place.file) : []),
      ...(type === "CronJobSpec" ? checkJob(tree, document.place.file) : []),
      ...(pods === undefined
        ? []
        : checkPodSpec(at(tree, ...pods, "spec"), { owner: type, file: document.place.file })),
      ...report(document, [
        ...(field === "cronJobTemplate" ? [] : reserved(document, "spec", field, "selector")),
        ...(pods === undefined
          ? []
          : reservedLabels.flatMap((label) => reserved(document, "spec", field, ...pods, "metadata", "labels", label))),
      ]),
    ];
  });
}

function reserved(document: SpecDocument, ...path: readonly string[]): readonly Finding[] {
  if (at(document.tree, ...path) === undefined) return [];
  const message = `${path.at(-1)} is set by the engine, so that pods and selectors always agree; this one is not used`;
  return [{ code: "reserved-field", severity: "warning", message, remedy: "remove it", path }];
}

/** The controller selects by a label of its own making, and the API server refuses a CronJob that says otherwise. */
export function checkJob(template: Traced | undefined, file: string): readonly Problem[] {
  return ["manualSelector", "selector"].flatMap((field): readonly Problem[] => {
    const tree = at(template, "jobTemplate", "spec", field);
    if (tree === undefined || scalarOf(tree) === null) return [];
    const message = `a CronJob's ${field} is made by Kubernetes, and the API server refuses another`;
    return [
      { code: "invalid-template", severity: "error", message, place: placeOf(tree.origin, file), remedy: "remove it" },
    ];
  });
}

/** One Problem for each item of a keyed list whose key stands earlier in the same list. */
export function checkLists(tree: Traced | undefined, type: FieldType, file: string): readonly Problem[] {
  return findDuplicates(tree, type).map(({ field, key, first, second }) => ({
    code: "duplicate-key",
    severity: "error",
    message: `${field} has ${key} twice, and the API server refuses that`,
    place: placeOf(second.origin, file),
    remedy: "keep one of them",
    ...relatedTo([{ place: placeOf(first.origin, file), message: `${key} stands here first` }]),
  }));
}
