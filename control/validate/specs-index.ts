/** Documents by identity, for lookups by name. Two documents of one identity make neither usable: which one counts is not ours to guess. */
import { compareText } from "../../schemas/compare.ts";
import {
  type BindingKind,
  bindingKinds,
  type ClaimKind,
  claimKinds,
  identityOf,
  type KindName,
  organizationOf,
  type Resource,
  type ResourceOf,
} from "../../schemas/kinds.ts";
import type { CellParts } from "../../schemas/names.ts";
import type { Place, Problem } from "../../schemas/problem.ts";
import { isOf } from "../load/is-of.ts";
import type { SpecDocument } from "../load/parse.ts";
import { type Spoiled, spoiledDocument, Spoils } from "../load/spoils.ts";
import { at } from "../load/traced.ts";
import { placeOr } from "../load/tree-reader.ts";
import { relatedOthers } from "../problems/related.ts";
import { Clusters } from "./clusters.ts";
import { Namespaces } from "./namespaces.ts";

export type Claim = SpecDocument<ResourceOf<ClaimKind>>;
export type BindingDocument = SpecDocument<ResourceOf<BindingKind>>;

/** The name of the question that `find` answers: the identity. */
export function documentQuestion(kind: KindName, parts: readonly string[]): string {
  return `${kind}/${parts.join("/")}`;
}

/** The name of the question that `besides` answers. */
export function scopeQuestion(kind: KindName, parts: readonly string[]): string {
  return ["scope", kind, ...parts.slice(0, -1)].join("/");
}

/** The name of the question that `namesakes` answers. */
export function namesakesQuestion(kind: KindName, organization: string, name: string): string {
  return ["name", kind, organization, name].join("/");
}

/** The name of the question that `ownedBy` answers. */
export function ownedQuestion(component: string): string {
  return `owned/${component}`;
}

/** A component with the documents that name it as their owner, in file order. */
export type Owned = {
  readonly component: SpecDocument<ResourceOf<"Component">> | undefined;
  readonly workloads: readonly SpecDocument<ResourceOf<"Workload">>[];
  readonly builds: readonly SpecDocument<ResourceOf<"Build">>[];
  /** Kind by kind. */
  readonly claims: readonly Claim[];
  /** Kind by kind. */
  readonly bindings: readonly BindingDocument[];
};

/** What an exchange did: which documents are usable now and were not, or the reverse, and whose questions have new answers. */
export type Exchanged = {
  readonly came: readonly SpecDocument[];
  readonly left: readonly SpecDocument[];
  readonly questions: ReadonlySet<string>;
};

export class SpecsIndex {
  /** One where the identity is usable. */
  readonly #byIdentity = new Map<string, readonly SpecDocument[]>();
  readonly #byKind = new Map<KindName, Set<SpecDocument>>();
  readonly #byComponent = new Map<string, Set<SpecDocument>>();
  readonly #neighbours = new Map<string, Set<SpecDocument>>();
  /** Identities that more than one document has. */
  readonly #repeated = new Map<string, readonly SpecDocument[]>();
  readonly #namespaces = new Namespaces();
  readonly #clusters = new Clusters();
  #isRepeatedAnew = false;
  #given: readonly Spoiled[] = [];
  /** What could not be used: given, and the documents of one identity. */
  spoiled: readonly Spoiled[] = [];
  spoils = new Spoils([]);

  constructor(documents: readonly SpecDocument[] = [], spoiled: readonly Spoiled[] = []) {
    this.exchange([], documents);
    this.spoil(spoiled);
  }

  get problems(): readonly Problem[] {
    return this.#repeatedGroups().flatMap((group) => group.map((document) => duplicateProblem(document, group)));
  }

  /** Takes documents out and brings others in. `spoil` is called after it. */
  exchange(gone: readonly SpecDocument[], come: readonly SpecDocument[]): Exchanged {
    const before = new Map<string, SpecDocument | undefined>();
    for (const document of gone) this.#regroup(document, before, (group) => group.filter((one) => one !== document));
    for (const document of come) this.#regroup(document, before, (group) => [...group, document].toSorted(byPlace));
    const left: SpecDocument[] = [];
    const came: SpecDocument[] = [];
    const questions = new Set<string>();
    for (const [identity, was] of before) {
      const now = this.#usable(identity);
      if (was === now) continue;
      if (was !== undefined) left.push(was);
      if (now !== undefined) came.push(now);
      for (const document of [was, now]) if (document !== undefined) addQuestions(document, identity, questions);
    }
    for (const document of left) this.#forget(document);
    for (const document of came) this.#add(document);
    for (const question of this.#namespaces.exchange(left, came)) questions.add(question);
    for (const question of this.#clusters.exchange(left, came)) questions.add(question);
    return { came, left, questions };
  }

  /** Says what else could not be used. True when that, or an exchange before it, changed what could not be used. */
  spoil(given: readonly Spoiled[]): boolean {
    if (given === this.#given && !this.#isRepeatedAnew) return false;
    this.#given = given;
    this.#isRepeatedAnew = false;
    const spoiled = [...given, ...this.#repeatedGroups().flatMap((group) => group.map(spoiledDocument))];
    if (spoiled.length === 0 && this.spoiled.length === 0) return false;
    this.spoiled = spoiled;
    this.spoils = new Spoils(spoiled);
    return true;
  }

  #repeatedGroups(): readonly (readonly SpecDocument[])[] {
    return [...this.#repeated.values()].toSorted(([a], [b]) =>
      a === undefined || b === undefined ? 0 : byPlace(a, b),
    );
  }

  #usable(identity: string): SpecDocument | undefined {
    const group = this.#byIdentity.get(identity);
    return group?.length === 1 ? group[0] : undefined;
  }

  /** `before` keeps what was usable of each identity that is touched. */
  #regroup(
    document: SpecDocument,
    before: Map<string, SpecDocument | undefined>,
    change: (group: readonly SpecDocument[]) => readonly SpecDocument[],
  ): void {
    const identity = identityOf(document.resource).join("/");
    if (!before.has(identity)) before.set(identity, this.#usable(identity));
    const group = change(this.#byIdentity.get(identity) ?? []);
    if (group.length === 0) this.#byIdentity.delete(identity);
    else this.#byIdentity.set(identity, group);
    if (group.length > 1) this.#repeated.set(identity, group);
    if (group.length > 1 || (this.#repeated.has(identity) && this.#repeated.delete(identity)))
      this.#isRepeatedAnew = true;
  }

  #add(document: SpecDocument): void {
    addTo(this.#byKind, document.resource.kind, document);
    for (const key of neighbourKeys(document)) addTo(this.#neighbours, key, document);
    const component = componentOf(document.resource);
    if (component !== undefined) addTo(this.#byComponent, component, document);
  }

  #forget(document: SpecDocument): void {
    removeFrom(this.#byKind, document.resource.kind, document);
    for (const key of neighbourKeys(document)) removeFrom(this.#neighbours, key, document);
    const component = componentOf(document.resource);
    if (component !== undefined) removeFrom(this.#byComponent, component, document);
  }

  /** All usable documents of a kind, in file order. */
  all<Kind extends KindName>(kind: Kind): readonly SpecDocument<ResourceOf<Kind>>[] {
    return ofKind(this.#byKind.get(kind) ?? [], kind);
  }

  /** All usable documents of some kinds, kind by kind. */
  allOf<Kind extends KindName>(kinds: readonly Kind[]): readonly SpecDocument<ResourceOf<Kind>>[] {
    return kinds.flatMap((kind) => this.all(kind));
  }

  /** The document of an identity whose parts after the kind are given, as identityOf lists them. */
  find<Kind extends KindName>(kind: Kind, ...parts: readonly string[]): SpecDocument<ResourceOf<Kind>> | undefined {
    const document = this.#usable(documentQuestion(kind, parts));
    return document?.resource.kind === kind ? (document as SpecDocument<ResourceOf<Kind>>) : undefined; // the kind was just compared
  }

  /** Documents of the kind in the same scope as one of these identity parts, in file order: what may stand in place of its name. */
  besides(kind: KindName, ...parts: readonly string[]): readonly SpecDocument[] {
    return inFileOrder(this.#neighbours.get(scopeQuestion(kind, parts)) ?? []);
  }

  /** Documents of the kind and name in the same organization, in whatever scope of it, in file order. */
  namesakes(kind: KindName, organization: string, name: string): readonly SpecDocument[] {
    return inFileOrder(this.#neighbours.get(namesakesQuestion(kind, organization, name)) ?? []);
  }

  /** Projects of all organizations that adopt a namespace, in file order. */
  adoptersOf(namespace: string): readonly SpecDocument<ResourceOf<"Project">>[] {
    return ofKind(this.#namespaces.adoptersOf(namespace), "Project");
  }

  /** Cells of all organizations whose names give a namespace. */
  cellsNamed(namespace: string): readonly CellParts[] {
    return this.#namespaces.cellsNamed(namespace);
  }

  /** DataPlanes of all organizations that call their cluster so, in file order. */
  planesIn(cluster: string): readonly SpecDocument<ResourceOf<"DataPlane">>[] {
    return ofKind(this.#clusters.planesIn(cluster), "DataPlane");
  }

  /** Everything usable of a component, which is named by `componentKey`. */
  ownedBy(component: string): Owned {
    const documents = this.#byComponent.get(component) ?? [];
    return {
      component: ofKind(documents, "Component")[0],
      workloads: ofKind(documents, "Workload"),
      builds: ofKind(documents, "Build"),
      claims: claimKinds.flatMap((kind) => ofKind(documents, kind)),
      bindings: bindingKinds.flatMap((kind) => ofKind(documents, kind)),
    };
  }

  /** Whether any usable document is this component, or names it as its owner. */
  hasComponent(component: string): boolean {
    return this.#byComponent.has(component);
  }
}

/** The component that a document is, or that it names as its owner. */
export function componentOf(resource: Resource): string | undefined {
  if (resource.kind === "Component")
    return componentKey(organizationOf(resource), resource.spec.owner.projectName, resource.metadata.name);
  if (!isOwned(resource)) return undefined;
  return componentKey(organizationOf(resource), resource.spec.owner.projectName, resource.spec.owner.componentName);
}

/** The name of a component among all. */
export function componentKey(organization: string, project: string, component: string): string {
  return `${organization}/${project}/${component}`;
}

const ownedKinds = ["Workload", "Build", ...claimKinds, ...bindingKinds] as const;

function isOwned(resource: Resource): resource is ResourceOf<(typeof ownedKinds)[number]> {
  return ownedKinds.some((kind) => kind === resource.kind);
}

function ofKind<Kind extends KindName>(
  documents: Iterable<SpecDocument>,
  kind: Kind,
): readonly SpecDocument<ResourceOf<Kind>>[] {
  return Array.from(documents)
    .filter((document) => isOf(document, [kind]))
    .toSorted(byPlace);
}

function inFileOrder(documents: Iterable<SpecDocument>): readonly SpecDocument[] {
  return Array.from(documents).toSorted(byPlace);
}

function byPlace({ place: a }: SpecDocument, { place: b }: SpecDocument): number {
  return compareText(a.file, b.file) || a.line - b.line || a.column - b.column;
}

function neighbourKeys({ resource }: SpecDocument): readonly string[] {
  const { kind, metadata } = resource;
  return [
    scopeQuestion(kind, identityOf(resource).slice(1)),
    namesakesQuestion(kind, organizationOf(resource), metadata.name),
  ];
}

function addQuestions(document: SpecDocument, identity: string, questions: Set<string>): void {
  questions.add(identity);
  for (const key of neighbourKeys(document)) questions.add(key);
  const component = componentOf(document.resource);
  if (component !== undefined) questions.add(ownedQuestion(component));
}

function addTo<Key>(groups: Map<Key, Set<SpecDocument>>, key: Key, document: SpecDocument): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, new Set([document]));
  else group.add(document);
}

function removeFrom<Key>(groups: Map<Key, Set<SpecDocument>>, key: Key, document: SpecDocument): void {
  const group = groups.get(key);
  group?.delete(document);
  if (group?.size === 0) groups.delete(key);
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
