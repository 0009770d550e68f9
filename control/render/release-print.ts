/**
 * A print of everything that a Release's bytes are made of: equal prints give equal Releases, of one version of this program.
 * Where something stands (file, line, column) is no part of it, since no value of a manifest depends on it; so what only
 * moved keeps its print, which a hash of whole documents would not. Trees stand for the resources that schemas make of them.
 */
import { hash } from "node:crypto";
import type { Binding } from "../deploy/binding.ts";
import { planeKey } from "../../schemas/layout.ts";
import type { Traced } from "../load/traced.ts";
import type { Resolved } from "../resolve/resolve.ts";
import type { StoredSecret } from "../resolve/stored-secret.ts";
import type { Supplied } from "../resolve/values.ts";

export class ReleasePrints {
  /** Thousands of Bindings share a class, an environment and a plane. */
  readonly #shared = new WeakMap<Traced, string>();

  /** SHA-256 in hexadecimal digits. */
  of(resolved: Resolved): string {
    const { binding, plane, planeSpec: _0, planeTree, environment: _1, environmentTree, classTree, ...rest } = resolved;
    const { variables, values, secrets, apiClasses, gateways, ...others } = rest;
    others satisfies Record<string, never>; // what is added to a Resolved is added here
    const parts = [
      ...partsOfBinding(binding),
      JSON.stringify([plane.kind, plane.organization, plane.name]),
      this.#ofShared(planeTree),
      JSON.stringify([gateways.kind, planeKey(gateways.plane)]),
      gateways.kind === "managed" ? this.#ofShared(gateways.tree) : "",
      this.#ofShared(environmentTree),
      this.#ofShared(classTree),
      JSON.stringify(variables.map(({ name, value }) => [name, value])),
      JSON.stringify(Array.from(values, partsOfValue)),
      JSON.stringify(secrets.map(partsOfSecret)),
      JSON.stringify(Array.from(apiClasses, ([name, { tree }]) => [name, this.#ofShared(tree)])),
    ];
    return hash("sha256", parts.join("\n")); // no part has a line's end in it
  }

  #ofShared(tree: Traced): string {
    const known = this.#shared.get(tree) ?? hash("sha256", treeText(tree));
    this.#shared.set(tree, known);
    return known;
  }
}

function partsOfValue([key, supplied]: readonly [string, Supplied]): readonly string[] {
  if (supplied.kind === "text") return [key, treeText(supplied.value)];
  return [key, supplied.secret, treeText(supplied.key)];
}

function partsOfSecret({ name, template, refreshInterval, data, pulledBy, isRead }: StoredSecret): readonly string[] {
  const trees = [template, refreshInterval, pulledBy].map((tree) => (tree === undefined ? "" : treeText(tree)));
  return [name, String(isRead), ...trees, ...data.map(treeText)];
}

function partsOfBinding(binding: Binding): readonly string[] {
  const { organization, project, component, environment, ...rest } = binding;
  const { claimKind, className, classHash, madeBy, releaseState, releaseStateTree, ...content } = rest;
  const { workload: _0, workloadTree, apis: _1, apisTree, overrides: _2, overridesTree, ...further } = content;
  const { domains: _8, domainsTree, ...places } = further;
  const { place: _3, ownerPlace: _4, classPlace: _5, pinPlace: _6, environmentPlace: _7, ...others } = places;
  others satisfies Record<string, never>; // what is added to a Binding is added here
  return [
    JSON.stringify([organization, project, component, environment]),
    JSON.stringify([claimKind, className, classHash ?? null, madeBy, releaseState]),
    ...[releaseStateTree, workloadTree, apisTree, overridesTree, domainsTree].map((tree) =>
      tree === undefined ? "" : treeText(tree),
    ),
  ];
}

/** The values of a tree in their order, in one line. Nulls too: laid over something they take it away. */
function treeText(tree: Traced): string {
  if (tree.kind === "scalar") return Object.is(tree.value, -0) ? "-0" : JSON.stringify(tree.value);
  let text = "";
  if (tree.kind === "list") {
    for (const item of tree.items) text += `${treeText(item)},`;
    return `[${text}]`;
  }
  for (const [key, value] of tree.entries) text += `${JSON.stringify(key)}:${treeText(value)},`;
  return `{${text}}`;
}
