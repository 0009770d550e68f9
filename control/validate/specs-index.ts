/** Documents by identity, for lookups by name. Two documents of one identity make neither usable: which one counts is not ours to guess. */
import { type BindingKind, type ClaimKind, identityOf, type KindName, type ResourceOf } from "../../schemas/kinds.ts";
import type { Place, Problem } from "../../schemas/problem.ts";
import type { SpecDocument } from "../load/parse.ts";
import { type Spoiled, spoiledDocument, Spoils } from "../load/spoils.ts";
import { at } from "../load/traced.ts";
import { placeOf } from "../load/tree-reader.ts";

export type Claim = SpecDocument<ResourceOf<ClaimKind>>;
export type BindingDocument = SpecDocument<ResourceOf<BindingKind>>;

export class SpecsIndex {
  readonly #byIdentity = new Map<string, SpecDocument>();
  readonly #byKind = new Map<KindName, SpecDocument[]>();
  readonly problems: readonly Problem[];
  /** What could not be used: given, and the documents of one identity. */
  readonly spoiled: readonly Spoiled[];
  readonly spoils: Spoils;

  constructor(documents: readonly SpecDocument[], spoiled: readonly Spoiled[]) {
    const groups = Map.groupBy(documents, ({ resource }) => identityOf(resource).join("/"));
    const repeated = [...groups.values()].filter((group) => group.length > 1);
    for (const [identity, [first, second]] of groups)
      if (first !== undefined && second === undefined) this.#add(identity, first);
    this.problems = repeated.flatMap((group) => group.map((document) => duplicateProblem(document, group)));
    this.spoiled = [...spoiled, ...repeated.flatMap((group) => group.map(spoiledDocument))];
    this.spoils = new Spoils(this.spoiled);
  }

  #add(identity: string, document: SpecDocument): void {
    this.#byIdentity.set(identity, document);
    const sameKind = this.#byKind.get(document.resource.kind);
    if (sameKind === undefined) this.#byKind.set(document.resource.kind, [document]);
    else sameKind.push(document);
  }

  /** All usable documents of a kind, in file order. */
  all<Kind extends KindName>(kind: Kind): readonly SpecDocument<ResourceOf<Kind>>[] {
    return (this.#byKind.get(kind) ?? []).filter(
      (document): document is SpecDocument<ResourceOf<Kind>> => document.resource.kind === kind,
    );
  }

  /** All usable documents of some kinds, kind by kind. */
  allOf<Kind extends KindName>(kinds: readonly Kind[]): readonly SpecDocument<ResourceOf<Kind>>[] {
    return kinds.flatMap((kind) => this.all(kind));
  }

  /** The document of an identity whose parts after the kind are given, as identityOf lists them. */
  find<Kind extends KindName>(kind: Kind, ...parts: readonly string[]): SpecDocument<ResourceOf<Kind>> | undefined {
    const document = this.#byIdentity.get([kind, ...parts].join("/"));
    return document?.resource.kind === kind ? (document as SpecDocument<ResourceOf<Kind>>) : undefined; // the kind was just compared
  }
}

/** Where a field of the document stands; where the document starts when the field is absent. */
export function fieldPlace(document: SpecDocument, ...path: readonly (string | number)[]): Place {
  const field = at(document.tree, ...path);
  return field === undefined ? document.place : placeOf(field.origin, document.place.file);
}

/** Where the others of a group stand: a few of them, since in a group of thousands each has a Problem that says so. */
export function otherPlaces(document: SpecDocument, group: readonly SpecDocument[]): string {
  const shown = group.slice(0, 4).filter((other) => other !== document);
  const more = group.length - 1 - shown.length;
  return [...shown.map(({ place }) => placeText(place)), ...(more > 0 ? [`${more} more places`] : [])].join(", ");
}

export function placeText({ file, line }: Place): string {
  return `${file}:${line}`;
}

function duplicateProblem(document: SpecDocument, group: readonly SpecDocument[]): Problem {
  const { resource } = document;
  return {
    code: "duplicate-identity",
    severity: "error",
    message: `${resource.kind} ${resource.metadata.name} is also written in ${otherPlaces(document, group)}`,
    place: document.place,
    remedy: "keep one of them, or give one another name or owner; until then none is used",
  };
}
