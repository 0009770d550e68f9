/** What a name that nothing has was most likely meant to be, with the place where that stands. */
import { compareText } from "../../schemas/compare.ts";
import { identityOf, type KindName } from "../../schemas/kinds.ts";
import type { RelatedPlace } from "../../schemas/problem.ts";
import { nearestName } from "../problems/nearest.ts";
import type { SpecDocument } from "../load/parse.ts";
import type { Lookup } from "./lookup.ts";
import { fieldPlace } from "./specs-index.ts";

const listLimit = 5;

export type Unknown = {
  readonly kind: KindName;
  /** Identity after the kind, as `identityOf` lists it; the last part is the name. */
  readonly parts: readonly string[];
  /** What to do where nothing is near. */
  readonly remedy: string;
};

export type Suggestion = { readonly remedy: string; readonly related: readonly RelatedPlace[] };

export function suggestName(index: Lookup, { kind, parts, remedy }: Unknown): Suggestion {
  const name = parts.at(-1) ?? "";
  const [elsewhere] = index.namesakes(kind, parts[0] ?? "", name);
  if (elsewhere !== undefined) {
    const scope = identityOf(elsewhere.resource).slice(1, -1).join("/");
    const message = `${kind} ${name} of ${scope} stands here`;
    return { remedy, related: [{ place: fieldPlace(elsewhere, "metadata", "name"), message }] };
  }
  const documents = index.besides(kind, ...parts);
  const near = nearestName(
    name,
    documents.map(({ resource }) => resource.metadata.name),
  );
  const document = documents.find(({ resource }) => resource.metadata.name === near);
  if (near === undefined || document === undefined) return { remedy: `${remedy}${listNames(documents)}`, related: [] };
  const place = fieldPlace(document, "metadata", "name");
  return { remedy: `did you mean ${near}?`, related: [{ place, message: `${kind} ${near} stands here` }] };
}

/** Where there are few, which: nobody has to look them up. */
function listNames(documents: readonly SpecDocument[]): string {
  if (documents.length === 0 || documents.length > listLimit) return "";
  const names = documents.map(({ resource }) => resource.metadata.name).toSorted(compareText);
  return `; there ${names.length === 1 ? "is only" : "are"} ${names.join(", ")}`;
}
