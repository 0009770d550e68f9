/** What one document asks of the others. An interface, so that what was asked can be written down. */
import type { Spoils } from "../load/spoils.ts";
import type { SpecsIndex } from "./specs-index.ts";

export type Lookup = Pick<SpecsIndex, "find" | "besides" | "namesakes" | "adoptersOf" | "cellsNamed" | "managersOf"> & {
  readonly spoils: Pick<Spoils, "couldBe" | "fileNaming" | "fileBinding" | "holderOf" | "holderOfKind">;
};

/** A document with a Problem may be the Organization: then its name is none. */
export function isDeclared(organization: string, index: Lookup): boolean {
  return (
    index.find("Organization", organization) !== undefined ||
    index.spoils.couldBe(organization, "Organization", organization)
  );
}
