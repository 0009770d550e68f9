/** Documents by identity, for lookups by name. Two documents of one identity make neither usable: which one counts is not ours to guess. */
import {
  type BindingKind,
  type ClaimKind,
  identityOf,
  type KindName,
  organizationOf,
  type ResourceOf,
} from "../../schemas/kinds.ts";
import type { Place, Problem } from "../../schemas/problem.ts";
import type { SpecDocument } from "../load/parse.ts";
import { type Spoiled, spoiledDocument, Spoils } from "../load/spoils.ts";
import { at } from "../load/traced.ts";
import { placeOr } from "../load/tree-reader.ts";
import { relatedOthers } from "../problems/related.ts";

export type Claim = SpecDocument<ResourceOf<ClaimKind>>;
export type BindingDocument = SpecDocument<ResourceOf<BindingKind>>;

export class SpecsIndex {
  readonly #byIdentity = new Map<string, SpecDocument>();
  readonly #byKind = new Map<KindName, SpecDocument[]>();
  /** By kind and what comes before the name in the identity, and by kind and name; made when first asked. */
  #neighbours: ReadonlyMap<string, readonly SpecDocument[]> | undefined;
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

  /** Documents of the kind in the same scope as one of these identity parts: what may stand in place of its name. */
  besides(kind: KindName, ...parts: readonly string[]): readonly SpecDocument[] {
    this.#neighbours ??= this.#groupNeighbours();
    return this.#neighbours.get(scopeKey(kind, parts)) ?? [];
  }

  /** Documents of the kind and name in the same organization, in whatever scope of it. */
  namesakes(kind: KindName, organization: string, name: string): readonly SpecDocument[] {
    this.#neighbours ??= this.#groupNeighbours();
    return this.#neighbours.get(nameKey(kind, organization, name)) ?? [];
  }

  #groupNeighbours(): ReadonlyMap<string, readonly SpecDocument[]> {
    const groups = new Map<string, SpecDocument[]>();
    for (const document of this.#byIdentity.values()) {
      const { kind, metadata } = document.resource;
      for (const key of [
        scopeKey(kind, identityOf(document.resource).slice(1)),
        nameKey(kind, organizationOf(document.resource), metadata.name),
      ]) {
        const group = groups.get(key);
        if (group === undefined) groups.set(key, [document]);
        else group.push(document);
      }
    }
    return groups;
  }
}

function scopeKey(kind: KindName, parts: readonly string[]): string {
  return ["scope", kind, ...parts.slice(0, -1)].join("/");
}

function nameKey(kind: KindName, organization: string, name: string): string {
  return ["name", kind, organization, name].join("/");
}

/** Where a field of the document stands; where the document starts when the field is absent. */
export function fieldPlace(document: SpecDocument, ...path: readonly (string | number)[]): Place {
  return placeOr(at(document.tree, ...path), document.place);
}

function duplicateProblem(document: SpecDocument, group: readonly SpecDocument[]): Problem {
  const { resource } = document;
  const what = `${resource.kind} ${resource.metadata.name}`;
  return {
    code: "duplicate-identity",
    severity: "error",
    message: `${what} is written ${group.length === 2 ? "twice" : `${group.length} times`}`,
    place: fieldPlace(document, "metadata", "name"),
    remedy: "keep one of them, or give one another name or owner; until then none is used",
    ...relatedOthers(document, group, (other) => ({
      place: fieldPlace(other, "metadata", "name"),
      message: `${what} is also written here`,
    })),
  };
}
