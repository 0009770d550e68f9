/** A class's word on objects that cannot be changed in place, as the annotation that the agent reads. */
import { objectAnnotations } from "../../schemas/object-annotations.ts";
import { scalarOf, type Traced } from "../load/traced.ts";
import { type Manifest, withAnnotation } from "./manifest.ts";

/** The manifests as they are where they are to be held, which is what an agent does by itself. */
export function withReplacement(manifests: readonly Manifest[], said: Traced | undefined): readonly Manifest[] {
  if (said === undefined || scalarOf(said) !== "Replace") return manifests;
  const value: Traced = { kind: "scalar", value: "allowed", origin: said.origin };
  return manifests.map((manifest) => withAnnotation(manifest, objectAnnotations.replace, value));
}
