/** Documents by identity, for lookups by name. Two documents of one identity make neither usable: which one counts is not ours to guess. */
import { identityOf, type KindName, type ResourceOf } from "../schemas/kinds.ts";
import type { Place, Problem } from "../schemas/problem.ts";
import type { Spoiled } from "./load.ts";
import type { SpecDocument } from "./parse.ts";
import { at } from "./traced.ts";
import { placeOf } from "./tree-reader.ts";

export type Claim = SpecDocument<ResourceOf<"Service" | "WebApplication">>;
export type BindingDocument = SpecDocument<ResourceOf<"ServiceBinding" | "WebApplicationBinding">>;

export class SpecsIndex {
  readonly #byIdentity = new Map<string, SpecDocument>();
  readonly #byKind = new Map<KindName, SpecDocument[]>();
  readonly problems: readonly Problem[];
  readonly spoiled: readonly Spoiled[];

  constructor(documents: readonly SpecDocument[]) {
    const groups = Map.groupBy(documents, ({ resource }) => identityOf(resource).join("/"));
    const problems: Problem[] = [];
    const spoiled: Spoiled[] = [];
    for (const [identity, group] of groups) {
      const [first, ...others] = group;
      if (first === undefined) continue;
      if (others.length === 0) this.#add(identity, first);
      else {
        problems.push(...group.map((document) => duplicateProblem(document, group)));
        spoiled.push(...group.map(({ place, text }) => ({ file: place.file, text })));
      }
    }
    this.problems = problems;
    this.spoiled = spoiled;
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

function duplicateProblem(document: SpecDocument, group: readonly SpecDocument[]): Problem {
  const others = group.filter((other) => other !== document).map(({ place }) => `${place.file}:${place.line}`);
  const { resource } = document;
  return {
    code: "duplicate-identity",
    severity: "error",
    message: `${resource.kind} ${resource.metadata.name} is also written in ${others.join(", ")}`,
    place: document.place,
    remedy: "keep one of them, or give one another name or owner; until then none is used",
  };
}
