/** What the manifests of the past say about how an object may go. Pure. */
import { objectAnnotations } from "../schemas/object-annotations.ts";
import type { KubernetesObject } from "../schemas/object-id.ts";
import type { DesiredPath } from "./desired.ts";
import { kindName } from "./inventory.ts";
import { definedKinds } from "./needs.ts";

export type Marks = {
  /** A namespace that may go without approval while it holds only our objects. */
  readonly isEphemeral: boolean;
  /** It stood before it was ours, and stays. */
  readonly isAdopted: boolean;
  /** `group/Kind` that the definition brings. */
  readonly defines: string | undefined;
};

/** Undefined for an object without any. */
export function marksOf(object: KubernetesObject): Marks | undefined {
  const [defined] = definedKinds(object);
  const defines = defined === undefined ? undefined : kindName(defined);
  const isNamespace = object.apiVersion === "v1" && object.kind === "Namespace";
  const annotations = isNamespace ? (object.metadata.annotations ?? {}) : {};
  const isEphemeral = annotations[objectAnnotations.ephemeral] === "true";
  const isAdopted = annotations[objectAnnotations.adopted] === "true";
  return isEphemeral || isAdopted || defines !== undefined ? { isEphemeral, isAdopted, defines } : undefined;
}

/** Of all that may have been applied of it: whatever protects it counts once it was said, what exposes it only if it always was. */
export function joinMarks(id: string, { past }: Pick<DesiredPath, "past">): Marks {
  const all = past.filter(({ keys }) => keys.has(id)).map(({ marks }) => marks.get(id));
  return {
    isEphemeral: all.length > 0 && all.every((marks) => marks?.isEphemeral === true),
    isAdopted: all.some((marks) => marks?.isAdopted === true),
    defines: all.find((marks) => marks?.defines !== undefined)?.defines,
  };
}
