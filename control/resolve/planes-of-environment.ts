/** Which DataPlanes serve an Environment. */
import { dataPlanesOf } from "../../schemas/environment.ts";
import type { CellParts } from "../../schemas/names.ts";
import type { Lookup } from "../validate/lookup.ts";

/** Names of the DataPlanes of an Environment; none where it is not there. */
export function planesOfEnvironment(
  { organization, environment }: Omit<CellParts, "project">,
  index: Pick<Lookup, "find">,
): readonly string[] {
  const document = index.find("Environment", organization, environment);
  return document === undefined ? [] : dataPlanesOf(document.resource.spec);
}
