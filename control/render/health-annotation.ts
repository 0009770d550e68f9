/** A class's health rules on the objects that they are about, as the annotation that the agent reads. */
import { compareText } from "../../schemas/compare.ts";
import { objectAnnotations } from "../../schemas/object-annotations.ts";
import { KubernetesObject } from "../../schemas/object-id.ts";
import { at, itemsOf, toPlain, type Traced, withField } from "../load/traced.ts";
import { bareKind } from "../validate/check-health-rules.ts";
import type { Manifest } from "./manifest.ts";

/** The manifests as they are where no rule is about their kind. */
export function withHealthRules(manifests: readonly Manifest[], rules: Traced | undefined): readonly Manifest[] {
  const byKind = new Map(itemsOf(rules).map((rule) => [bareKind(rule), rule] as const));
  return manifests.map((manifest) => {
    const rule = byKind.get(manifest.object.kind);
    return rule === undefined ? manifest : annotate(manifest, rule);
  });
}

function annotate(manifest: Manifest, rule: Traced): Manifest {
  const metadata = at(manifest.tree, "metadata");
  const annotations = at(metadata, "annotations");
  if (metadata === undefined || annotations?.kind !== "map") return manifest;
  const entry: Traced = { kind: "scalar", value: annotationOf(rule), origin: rule.origin };
  const entries = [...annotations.entries, [objectAnnotations.health, entry] as const];
  const sorted = new Map(entries.toSorted(([a], [b]) => compareText(a, b)));
  const tree = withField(
    manifest.tree,
    "metadata",
    withField(metadata, "annotations", { ...annotations, entries: sorted }),
  );
  return { ...manifest, object: KubernetesObject.parse(toPlain(tree)), tree };
}

/** JSON of the rule's expressions, by name, so that equal rules are equal bytes. */
function annotationOf(rule: Traced): string {
  const { kind: _, ...expressions } = toPlain(rule) as Record<string, unknown>;
  return JSON.stringify(Object.fromEntries(Object.entries(expressions).toSorted(([a], [b]) => compareText(a, b))));
}
