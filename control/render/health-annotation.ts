/** A class's health rules on the objects that they are about, as the annotation that the agent reads. */
import { compareText } from "../../schemas/compare.ts";
import { objectAnnotations } from "../../schemas/object-annotations.ts";
import { itemsOf, toPlain, type Traced } from "../load/traced.ts";
import { bareKind } from "../validate/check-health-rules.ts";
import { type Manifest, withAnnotation } from "./manifest.ts";

/** The manifests as they are where no rule is about their kind. */
export function withHealthRules(manifests: readonly Manifest[], rules: Traced | undefined): readonly Manifest[] {
  const byKind = new Map(itemsOf(rules).map((rule) => [bareKind(rule), rule] as const));
  return manifests.map((manifest) => {
    const rule = byKind.get(manifest.object.kind);
    if (rule === undefined) return manifest;
    const value: Traced = { kind: "scalar", value: annotationOf(rule), origin: rule.origin };
    return withAnnotation(manifest, objectAnnotations.health, value);
  });
}

/** JSON of the rule's expressions, by name, so that equal rules are equal bytes. */
function annotationOf(rule: Traced): string {
  const { kind: _, ...expressions } = toPlain(rule) as Record<string, unknown>;
  return JSON.stringify(Object.fromEntries(Object.entries(expressions).toSorted(([a], [b]) => compareText(a, b))));
}
