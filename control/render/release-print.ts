/**
 * A print of everything that a Release's bytes are made of: equal prints give equal Releases, of one version of this program.
 * Where something stands (file, line, column) is no part of it, since no value of a manifest depends on it; so what only
 * moved keeps its print. Keeping it here, beside what renders, rather than hashing whole documents, is what makes that so.
 */
import { hash } from "node:crypto";
import type { Binding } from "../deploy/binding.ts";
import type { Traced } from "../load/traced.ts";
import type { ApiClass } from "../resolve/api-classes.ts";
import type { Resolved } from "../resolve/resolve.ts";

export class ReleasePrints {
  /** Thousands of Bindings share a class, an environment and a plane. */
  readonly #trees = new WeakMap<Traced, string>();

  /** SHA-256 in hexadecimal digits. */
  of(resolved: Resolved): string {
    const { binding, plane, planeSpec, planeTree, environment, environmentTree, classTree, ...rest } = resolved;
    const { variables, configured, apiClasses, ...others } = rest;
    others satisfies Record<string, never>; // what is added to a Resolved is added here
    return hash(
      "sha256",
      JSON.stringify([
        this.#ofBinding(binding),
        [plane.kind, plane.organization, plane.name],
        [planeSpec, this.#ofTree(planeTree)],
        [environment, this.#ofTree(environmentTree)],
        this.#ofTree(classTree),
        variables.map(({ name, value }) => [name, value]),
        Array.from(configured, ([key, tree]) => [key, this.#ofTree(tree)]),
        Array.from(apiClasses, ([name, apiClass]) => [name, this.#ofApiClass(apiClass)]),
      ]),
    );
  }

  #ofBinding(binding: Binding): readonly unknown[] {
    const { organization, project, component, environment, ...rest } = binding;
    const { claimKind, className, classHash, madeBy, releaseState, releaseStateTree, ...content } = rest;
    const { workload, workloadTree, apis, apisTree, ...places } = content;
    const { place: _0, ownerPlace: _1, classPlace: _2, pinPlace: _3, environmentPlace: _4, ...others } = places;
    others satisfies Record<string, never>; // what is added to a Binding is added here
    return [
      [organization, project, component, environment],
      [claimKind, className, classHash ?? null, madeBy, releaseState, this.#ofTree(releaseStateTree)],
      [workload, this.#ofTree(workloadTree)],
      [apis, this.#ofTree(apisTree)],
    ];
  }

  #ofApiClass({ resource, tree }: ApiClass): readonly unknown[] {
    return [resource, this.#ofTree(tree)];
  }

  #ofTree(tree: Traced | undefined): string | null {
    if (tree === undefined) return null;
    const known = this.#trees.get(tree) ?? hash("sha256", treeText(tree));
    this.#trees.set(tree, known);
    return known;
  }
}

/** The values of a tree in their order; unlike plain data with nulls, which take something away when they are laid over it. */
function treeText(tree: Traced): string {
  switch (tree.kind) {
    case "scalar":
      return Object.is(tree.value, -0) ? "-0" : JSON.stringify(tree.value);
    case "list":
      return `[${tree.items.map(treeText).join()}]`;
    case "map":
      return `{${Array.from(tree.entries, ([key, value]) => `${JSON.stringify(key)}:${treeText(value)}`).join()}}`;
  }
}
