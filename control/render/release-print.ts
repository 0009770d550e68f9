/**
 * A print of everything that a Release's bytes are made of: equal prints give equal Releases, of one version of this program.
 * Where something stands (file, line, column) is no part of it, since no value of a manifest depends on it; so what only
 * moved keeps its print, which a hash of whole documents would not. Trees stand for the resources that schemas make of them.
 */
import { hash } from "node:crypto";
import type { Binding } from "../deploy/binding.ts";
import { planeKey } from "../../schemas/layout.ts";
import { at, type Traced } from "../load/traced.ts";
import type { GroupVariable } from "../resolve/group-variables.ts";
import type { Link } from "../resolve/link.ts";
import type { Resolved } from "../resolve/resolve.ts";
import type { StoredSecret } from "../resolve/stored-secret.ts";
import type { Supplied } from "../resolve/values.ts";

export class ReleasePrints {
  /** Thousands of Bindings share a class, an environment and a plane. */
  readonly #shared = new WeakMap<Traced, string>();

  /** SHA-256 in hexadecimal digits. */
  of(resolved: Resolved): string {
    const { binding, plane, planeSpec: _0, planeTree, environment: _1, environmentTree, classTree, ...rest } = resolved;
    const { cell, variables, links, values, groupVariables, secrets, apiClasses, gateways, holders, ...others } = rest;
    others satisfies Record<string, never>; // what is added to a Resolved is added here
    const parts = [
      ...partsOfBinding(binding),
      JSON.stringify([plane.kind, plane.organization, plane.name]),
      this.#ofSurrounding(planeTree),
      JSON.stringify([gateways.kind, planeKey(gateways.standing.plane)]),
      gateways.kind === "managed" ? this.#ofShared(gateways.tree) : "",
      gateways.sources === undefined ? "" : treeText(gateways.sources),
      // Who refuses it is no part of its bytes, but of whether there are any.
      JSON.stringify([gateways.hasRateLimitService, holders.map(({ organization, name }) => [organization, name])]),
      this.#ofSurrounding(environmentTree),
      this.#ofShared(classTree),
      ...partsOfCell(cell),
      JSON.stringify(links.map(partsOfLink)),
      JSON.stringify(variables.map(({ name, value }) => [name, value])),
      JSON.stringify(Array.from(values, partsOfValue)),
      JSON.stringify(Array.from(groupVariables, ([container, all]) => [container, all.map(partsOfVariable)])),
      JSON.stringify(secrets.map(partsOfSecret)),
      JSON.stringify(Array.from(apiClasses, ([name, { tree }]) => [name, this.#ofShared(tree)])),
    ];
    return hash("sha256", parts.join("\n")); // no part has a line's end in it
  }

  /** Of what is said of cells only what became of it counts, which `partsOfCell` takes. */
  #ofSurrounding(tree: Traced): string {
    const known = this.#shared.get(tree) ?? hash("sha256", treeText(withoutCell(tree)));
    this.#shared.set(tree, known);
    return known;
  }

  #ofShared(tree: Traced): string {
    const known = this.#shared.get(tree) ?? hash("sha256", treeText(tree));
    this.#shared.set(tree, known);
    return known;
  }
}

/** Its plane, its gateways and what it is a cell of stand elsewhere in the print; quotas and the like are in the Cell's own Release. */
function partsOfCell({ namespace, isAdopted, networkPolicy, settings }: Resolved["cell"]): readonly string[] {
  const scheduling = at(settings, "scheduling");
  return [JSON.stringify([namespace, isAdopted, networkPolicy]), scheduling === undefined ? "" : treeText(scheduling)];
}

/** The document without `spec.cell`, and without a name, which stands elsewhere in the print. */
function withoutCell(tree: Traced): Traced {
  const spec = at(tree, "spec");
  if (spec?.kind !== "map") return tree;
  return { ...spec, entries: new Map([...spec.entries].filter(([field]) => field !== "cell")) };
}

function partsOfLink(link: Link): unknown {
  if (link.kind === "component") return link;
  const { to, ports, protocol, ...external } = link;
  return { ...external, to: [to.kind, treeText(to.value)], ports: [...ports, protocol].map(treeText) };
}

function partsOfValue([key, supplied]: readonly [string, Supplied]): readonly string[] {
  if (supplied.kind === "text") return [key, treeText(supplied.value)];
  return [key, supplied.secret, treeText(supplied.key)];
}

function partsOfVariable({ name, supplied }: GroupVariable): readonly string[] {
  return partsOfValue([treeText(name), supplied]);
}

function partsOfSecret({ name, template, refreshInterval, data, pulledBy, isRead }: StoredSecret): readonly string[] {
  const trees = [template, refreshInterval, pulledBy].map((tree) => (tree === undefined ? "" : treeText(tree)));
  return [name, String(isRead), ...trees, ...data.map(treeText)];
}

function partsOfBinding(binding: Binding): readonly string[] {
  const { organization, project, component, environment, ...rest } = binding;
  const { claimKind, className, classHash, madeBy, releaseState, releaseStateTree, ...content } = rest;
  const { workload: _0, workloadTree, apis: _1, apisTree, overrides: _2, overridesTree, ...further } = content;
  const { domains: _8, domainsTree, planeOverrides: _9, planeOverridesTree: _10, ...places } = further; // laid over already
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
