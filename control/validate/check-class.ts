/** What a class may not say: what reaches out of a cell, lists with one key twice, and the selectors and labels that the engine sets itself. */
import type { Problem } from "../../schemas/problem.ts";
import { checkHealthRules } from "./check-health-rules.ts";
import { type Finding, report } from "./finding.ts";
import { type FieldType, findDuplicates } from "../render/keyed-lists.ts";
import { checkAutoscaler, checkBudget } from "../render/check-autoscaler.ts";
import { checkOwnVolumes } from "../render/check-own-volumes.ts";
import { checkPodSpec } from "../render/check-pod-spec.ts";
import { checkService } from "../render/check-service.ts";
import { checkRollout } from "../render/check-rollout.ts";
import type { SpecDocument } from "../load/parse.ts";
import { relatedTo } from "../problems/related.ts";
import { at, scalarOf, type Traced } from "../load/traced.ts";
import { placeOf } from "../load/tree-reader.ts";

/** The parts of classes with their types, and where the pods' own template stands in them. */
const templates = [
  { field: "deploymentTemplate", type: "DeploymentSpec", pods: ["template"], reserved: "selector" },
  { field: "serviceTemplate", type: "ServiceSpec", pods: undefined, reserved: "selector" },
  { field: "cronJobTemplate", type: "CronJobSpec", pods: ["jobTemplate", "spec", "template"], reserved: undefined },
  { field: "hpaTemplate", type: "HorizontalPodAutoscalerSpec", pods: undefined, reserved: "scaleTargetRef" },
  { field: "pdbTemplate", type: "PodDisruptionBudgetSpec", pods: undefined, reserved: "selector" },
] as const;

const reservedLabels = ["organization-name", "project-name", "environment-name", "component-name"];

export function checkClass(document: SpecDocument): readonly Problem[] {
  return [...checkTemplates(document), ...checkHealthRules(at(document.tree, "spec", "health"), document.place.file)];
}

function checkTemplates(document: SpecDocument): readonly Problem[] {
  return templates.flatMap((template) => {
    const { field, type, pods } = template;
    const { file } = document.place;
    const tree = at(document.tree, "spec", field);
    return [
      ...checkLists(tree, { type }, file),
      ...checkSpec(tree, type, file),
      ...(pods === undefined
        ? []
        : [
            ...checkPodSpec(at(tree, ...pods, "spec"), { owner: type, file }),
            ...checkOwnVolumes(at(tree, ...pods, "spec", "volumes"), file),
          ]),
      ...report(document, checkReserved(document, template)),
    ];
  });
}

type Template = (typeof templates)[number];

function checkSpec(tree: Traced | undefined, type: Template["type"], file: string): readonly Problem[] {
  switch (type) {
    case "DeploymentSpec":
      return checkRollout(tree, file);
    case "CronJobSpec":
      return checkJob(tree, file);
    case "HorizontalPodAutoscalerSpec":
      return checkAutoscaler(tree, file);
    case "PodDisruptionBudgetSpec":
      return checkBudget(tree, file);
    case "ServiceSpec":
      return checkService(tree, file);
  }
}

function checkReserved(document: SpecDocument, { field, pods, reserved: own }: Template): readonly Finding[] {
  const labels = pods === undefined ? [] : reservedLabels.map((label) => [...pods, "metadata", "labels", label]);
  const paths = [...(own === undefined ? [] : [[own]]), ...labels];
  return [
    ...paths.flatMap((path) => reserved(document, "spec", field, ...path)),
    ...(field === "hpaTemplate" ? checkReplicas(document) : []),
  ];
}

function reserved(document: SpecDocument, ...path: readonly string[]): readonly Finding[] {
  if (at(document.tree, ...path) === undefined) return [];
  const message = `${path.at(-1)} is set by the engine, so that pods and selectors always agree; this one is not used`;
  return [{ code: "reserved-field", severity: "warning", message, remedy: "remove it", path }];
}

function checkReplicas({ tree }: SpecDocument): readonly Finding[] {
  const path = ["spec", "deploymentTemplate", "replicas"];
  if (at(tree, ...path) === undefined || at(tree, "spec", "hpaTemplate")?.kind !== "map") return [];
  const message = "how many pods there are is the autoscaler's to say; these replicas are not used";
  return [{ code: "reserved-field", severity: "warning", message, remedy: "remove them", path }];
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
