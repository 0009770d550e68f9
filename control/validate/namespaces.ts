/**
 * Which Cells' names give a namespace, and which Projects adopt it, over all organizations: kept as documents come and go, so
 * that a Project that adopts one costs the same however many others there are. Names of Cells are hashed only for an
 * organization whose name stands where a namespace that somebody adopts would have it, and once.
 */
import { compareText } from "../../schemas/compare.ts";
import { organizationOf } from "../../schemas/kinds.ts";
import { cellNamespace, type CellParts, mayBeCellOf } from "../../schemas/names.ts";
import { isOf } from "../load/is-of.ts";
import type { SpecDocument } from "../load/parse.ts";
import { adoptedNamespace, type ProjectDocument } from "../resolve/adopted-namespace.ts";

/** The name of the question that is answered of a namespace. */
export function namespaceQuestion(namespace: string): string {
  return `namespace/${namespace}`;
}

const partsOfCells = ["Project", "Environment"] as const;

type Cells = {
  readonly projects: Set<string>;
  readonly environments: Set<string>;
  /** By namespace, once somebody asked. */
  byNamespace: Map<string, readonly CellParts[]> | undefined;
};

export class Namespaces {
  readonly #adopters = new Map<string, Set<ProjectDocument>>();
  readonly #cells = new Map<string, Cells>();

  /** Takes documents out and brings others in; answers the questions that have other answers now. */
  exchange(left: readonly SpecDocument[], came: readonly SpecDocument[]): ReadonlySet<string> {
    const questions = new Set<string>();
    const touched = new Set(
      [...left, ...came].filter((one) => isOf(one, partsOfCells)).map(({ resource }) => organizationOf(resource)),
    );
    for (const document of left) this.#replace(document, "delete", questions);
    for (const document of came) this.#replace(document, "add", questions);
    for (const namespace of touched.size === 0 ? [] : this.#adopters.keys())
      if (touched.values().some((organization) => mayBeCellOf(organization, namespace)))
        questions.add(namespaceQuestion(namespace));
    return questions;
  }

  adoptersOf(namespace: string): Iterable<ProjectDocument> {
    return this.#adopters.get(namespace) ?? [];
  }

  /** In order of their organizations, projects and environments. */
  cellsNamed(namespace: string): readonly CellParts[] {
    const found = [...this.#cells].flatMap(([organization, cells]) =>
      mayBeCellOf(organization, namespace) ? (this.#named(organization, cells).get(namespace) ?? []) : [],
    );
    return found.toSorted(
      (a, b) =>
        compareText(a.organization, b.organization) ||
        compareText(a.project, b.project) ||
        compareText(a.environment, b.environment),
    );
  }

  #named(organization: string, cells: Cells): ReadonlyMap<string, readonly CellParts[]> {
    if (cells.byNamespace !== undefined) return cells.byNamespace;
    const named = new Map<string, readonly CellParts[]>();
    for (const project of cells.projects) {
      for (const environment of cells.environments) addCell(named, { organization, project, environment });
    }
    cells.byNamespace = named;
    return named;
  }

  #replace(document: SpecDocument, action: "add" | "delete", questions: Set<string>): void {
    if (!isOf(document, partsOfCells)) return;
    const { resource } = document;
    const { name } = resource.metadata;
    const organization = organizationOf(resource);
    const cells = this.#cells.get(organization) ?? {
      projects: new Set(),
      environments: new Set(),
      byNamespace: undefined,
    };
    const isProject = resource.kind === "Project";
    (isProject ? cells.projects : cells.environments)[action](name);
    if (cells.byNamespace !== undefined)
      for (const other of isProject ? cells.environments : cells.projects) {
        const parts = isProject ? { project: name, environment: other } : { project: other, environment: name };
        (action === "add" ? addCell : removeCell)(cells.byNamespace, { organization, ...parts });
      }
    if (cells.projects.size + cells.environments.size === 0) this.#cells.delete(organization);
    else this.#cells.set(organization, cells);
    if (isOf(document, ["Project"])) this.#adopt(document, action, questions);
  }

  #adopt(project: ProjectDocument, action: "add" | "delete", questions: Set<string>): void {
    for (const environment of Object.keys(project.resource.spec.environments ?? {})) {
      const namespace = adoptedNamespace(project, environment);
      if (namespace === undefined) continue;
      const adopters = this.#adopters.get(namespace) ?? new Set();
      adopters[action](project);
      if (adopters.size === 0) this.#adopters.delete(namespace);
      else this.#adopters.set(namespace, adopters);
      questions.add(namespaceQuestion(namespace));
    }
  }
}

function addCell(named: Map<string, readonly CellParts[]>, parts: CellParts): void {
  const namespace = cellNamespace(parts);
  named.set(namespace, [...(named.get(namespace) ?? []), parts]);
}

function removeCell(named: Map<string, readonly CellParts[]>, parts: CellParts): void {
  const namespace = cellNamespace(parts);
  const others = (named.get(namespace) ?? []).filter(
    ({ project, environment }) => project !== parts.project || environment !== parts.environment,
  );
  if (others.length === 0) named.delete(namespace);
  else named.set(namespace, others);
}
