/** What the manifests of the past say about how an object may go. Pure. */
import type { KubernetesObject } from "../schemas/object-id.ts";
import { objectAnnotations } from "../schemas/object-annotations.ts";
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

/** Of all that may have been applied of it: what protects it counts once it was said, what exposes it only if it always was. */
export function marksOf(id: string, { past }: Pick<DesiredPath, "past">): Marks {
  const all = past.flatMap(({ objects }) => objects.get(id)?.object ?? []);
  const defined = all.flatMap((object) => definedKinds(object)).at(0);
  return {
    isEphemeral: all.length > 0 && all.every((object) => isMarked(object, objectAnnotations.ephemeral)),
    isAdopted: all.some((object) => isMarked(object, objectAnnotations.adopted)),
    defines: defined === undefined ? undefined : kindName(defined),
  };
}

function isMarked({ metadata }: KubernetesObject, annotation: string): boolean {
  return metadata.annotations?.[annotation] === "true";
}
