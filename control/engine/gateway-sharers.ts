/** The planes that use the gateways of another: their routes hang on its listeners, so its certificates name their hosts too. */
import { compareText } from "../../schemas/compare.ts";
import { organizationOf, planeOf } from "../../schemas/kinds.ts";
import { planeKey } from "../../schemas/layout.ts";
import type { SpecDocument } from "../load/parse.ts";
import type { DataPlaneDocument } from "../resolve/gateways.ts";
import type { Lookup } from "../validate/lookup.ts";

/** In order of planeKey. */
export function sharersOf(owner: DataPlaneDocument, index: Pick<Lookup, "besides">): readonly DataPlaneDocument[] {
  const { name } = owner.resource.metadata;
  const organization = organizationOf(owner.resource);
  return guestsOf(owner)
    .flatMap((guest) => index.besides("DataPlane", guest, ""))
    .filter(isDataPlane)
    .filter(({ resource }) => {
      const { sharedFrom } = resource.spec.gateway ?? {};
      return sharedFrom?.organization === organization && sharedFrom.name === name;
    })
    .toSorted((a, b) => compareText(planeKey(planeOf(a.resource)), planeKey(planeOf(b.resource))));
}

/** Organizations that the owner lets in, each once. */
export function guestsOf({ resource }: DataPlaneDocument): readonly string[] {
  return [...new Set(resource.spec.gateway?.manage?.sharedWith)];
}

export function isDataPlane(document: SpecDocument): document is DataPlaneDocument {
  return document.resource.kind === "DataPlane";
}
