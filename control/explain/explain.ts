/**
 * Why each field of a Release is what it is (invariant 11): for every leaf of its manifests the file and line that set it
 * and what stands there, or the engine's rule by name.
 */
import { planePath } from "../../schemas/layout.ts";
import type { Specs } from "../load/load.ts";
import { rules, type RuleName } from "../load/rules.ts";
import { at, leafOrigins, type Origin, type Scalar, type Traced } from "../load/traced.ts";
import type { Manifest } from "../render/manifest.ts";
import type { RenderedRelease } from "../render/render.ts";
import { fieldPath, parsePointer } from "./field-path.ts";
import { type Source, Sources } from "./source-of.ts";

export type Explanation = {
  /** `<kind>/<org>/<plane>/<path>` in the state repository. */
  readonly release: string;
  /** The object's id. */
  readonly object: string;
  /** As people write it: `spec.template.spec.containers[main].image`. */
  readonly field: string;
  /** JSON Pointer (RFC 6901) of the field in the object. */
  readonly pointer: string;
  readonly value: Scalar | readonly [] | Readonly<Record<string, never>>;
  readonly setBy:
    | ({ readonly file: string; readonly line: number; readonly column: number } & Partial<Source>)
    | { readonly rule: RuleName; readonly because: string };
};

/** Explanations of every leaf, in the order of the Release's objects and of the fields as they are written. */
export function explainRelease({ plane, path, manifests }: RenderedRelease, specs: Specs): readonly Explanation[] {
  const sources = new Sources(specs);
  const release = `${planePath(plane)}/${path}`;
  return manifests.flatMap((manifest) => explainManifest(manifest, sources).map((leaf) => ({ release, ...leaf })));
}

function explainManifest({ id, tree }: Manifest, sources: Sources): readonly Omit<Explanation, "release">[] {
  return [...leafOrigins(tree)].map(([pointer, origin]) => {
    const path = parsePointer(pointer);
    return {
      object: id,
      field: fieldPath(tree, path),
      pointer,
      value: leafValue(at(tree, ...keysIn(tree, path))),
      setBy: setBy(origin, sources),
    };
  });
}

/** Numbers where the tree has a list. */
function keysIn(tree: Traced, path: readonly string[]): readonly (string | number)[] {
  const keys: (string | number)[] = [];
  for (const part of path) keys.push(at(tree, ...keys)?.kind === "list" ? Number(part) : part);
  return keys;
}

function leafValue(leaf: Traced | undefined): Explanation["value"] {
  if (leaf === undefined) return null;
  if (leaf.kind === "scalar") return leaf.value;
  return leaf.kind === "list" ? [] : {};
}

function setBy(origin: Origin, sources: Sources): Explanation["setBy"] {
  if (origin.kind === "rule") return { rule: origin.rule, because: rules[origin.rule] };
  const { file, line, column } = origin;
  return { file, line, column, ...sources.find(origin) };
}
