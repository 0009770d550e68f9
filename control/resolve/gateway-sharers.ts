/** The planes that use the gateways of another: their routes hang on its listeners, so it has certificates for their hosts too. */
import { compareText } from "../../schemas/compare.ts";
import { organizationOf, planeOf } from "../../schemas/kinds.ts";
import { planeKey } from "../../schemas/layout.ts";
import { isOf } from "../load/is-of.ts";
import type { Lookup } from "../validate/lookup.ts";
import type { DataPlaneDocument } from "./gateways.ts";

/** Those of one organization, in order of planeKey. */
export function sharersOf(
  owner: DataPlaneDocument,
  guest: string,
  index: Pick<Lookup, "besides">,
): readonly DataPlaneDocument[] {
  const { name } = owner.resource.metadata;
  const organization = organizationOf(owner.resource);
  return index
    .besides("DataPlane", guest, "")
    .filter((document) => isOf(document, ["DataPlane"]))
    .filter(({ resource }) => {
      const { sharedFrom } = resource.spec.gateway ?? {};
      return sharedFrom?.organization === organization && sharedFrom.name === name;
    })
    .toSorted((a, b) => compareText(planeKey(planeOf(a.resource)), planeKey(planeOf(b.resource))));
}

/** Organizations that the owner lets in, each once, in its order; its own, with other planes, before all. */
export function guestsOf({ resource }: DataPlaneDocument): readonly string[] {
  const guests = new Set(resource.spec.gateway?.manage?.sharedWith);
  const own = organizationOf(resource);
  return guests.delete(own) ? [own, ...guests] : [...guests];
}
