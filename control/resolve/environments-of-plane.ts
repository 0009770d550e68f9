/** The Environments of a DataPlane, by what they say. */
import { dataPlanesOf } from "../../schemas/environment.ts";
import { organizationOf, type ResourceOf } from "../../schemas/kinds.ts";
import { isOf } from "../load/is-of.ts";
import type { SpecDocument } from "../load/parse.ts";
import type { Lookup } from "../validate/lookup.ts";
import type { DataPlaneDocument } from "./gateways.ts";

export function environmentsOfPlane(
  { resource }: DataPlaneDocument,
  index: Pick<Lookup, "besides">,
): readonly SpecDocument<ResourceOf<"Environment">>[] {
  return index
    .besides("Environment", organizationOf(resource), "")
    .filter((one) => isOf(one, ["Environment"]))
    .filter((one) => dataPlanesOf(one.resource.spec).includes(resource.metadata.name));
}
