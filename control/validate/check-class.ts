/** What a class may not say: lists with one key twice, and the selectors and labels that the engine sets itself. */
import type { Problem } from "../../schemas/problem.ts";
import { type Finding, report } from "./finding.ts";
import { findDuplicates, type ListRules } from "../render/keyed-lists.ts";
import type { SpecDocument } from "../load/parse.ts";
import { relatedTo } from "../problems/related.ts";
import { at, type Traced } from "../load/traced.ts";
import { placeOf } from "../load/tree-reader.ts";

export function checkClass(document: SpecDocument): readonly Problem[] {
  const deployment = at(document.tree, "spec", "deploymentTemplate");
  const service = at(document.tree, "spec", "serviceTemplate");
  const { file } = document.place;
  return [
    ...checkLists(deployment, { portKey: "containerPort" }, file),
    ...checkLists(service, { portKey: "port" }, file),
    ...report(document, [
      ...reserved(document, "spec", "deploymentTemplate", "selector"),
      ...reserved(document, "spec", "serviceTemplate", "selector"),
      ...["organization-name", "project-name", "environment-name", "component-name"].flatMap((label) =>
        reserved(document, "spec", "deploymentTemplate", "template", "metadata", "labels", label),
      ),
    ]),
  ];
}

function reserved(document: SpecDocument, ...path: readonly string[]): readonly Finding[] {
  if (at(document.tree, ...path) === undefined) return [];
  const message = `${path.at(-1)} is set by the engine, so that pods and selectors always agree; this one is not used`;
  return [{ code: "reserved-field", severity: "warning", message, remedy: "remove it", path }];
}

/** One Problem for each item of a keyed list whose key stands earlier in the same list. */
export function checkLists(tree: Traced | undefined, rules: ListRules, file: string): readonly Problem[] {
  return findDuplicates(tree, rules).map(({ field, key, first, second }) => ({
    code: "duplicate-key",
    severity: "error",
    message: `${field} has ${key} twice, and the API server refuses that`,
    place: placeOf(second.origin, file),
    remedy: "keep one of them",
    ...relatedTo([{ place: placeOf(first.origin, file), message: `${key} stands here first` }]),
  }));
}
