/**
 * What of rendered objects is more than their definitions take: an API server would refuse the object, long after the commit. Most
 * fields are bounded where they are written; what several of them make together is bounded here.
 */
import { type FieldBounds, foreignBounds } from "../../schemas/kubernetes/foreign-bounds.ts";
import type { Place, Problem } from "../../schemas/problem.ts";
import { itemsOf, type Traced } from "../load/traced.ts";
import { placeOf } from "../load/tree-reader.ts";
import type { Manifest } from "./manifest.ts";

type Excess = { readonly tree: Traced; readonly field: string; readonly size: number; readonly most: number };

type Words = { readonly what: string; readonly remedy: string };

/** By how the field ends. */
const words: readonly (Words & { readonly end: string })[] = [
  { end: ".hostnames", what: "hosts of a route", remedy: "name fewer domains" },
  {
    end: ".path.value",
    what: "characters of an operation's path, with the API's own before it",
    remedy: "shorten the path or the API's basePath",
  },
  { end: ".scopes", what: "scopes of an operation and its policy", remedy: "ask for fewer" },
  { end: ".methods", what: "methods of an operation", remedy: "name each once" },
  { end: "].headers[].value", what: "characters of an operation's methods", remedy: "name each once" },
  ...["set", "add"].map((list) => ({
    end: `.${list}[].value`,
    what: "characters of a header's value, of which % is two",
    remedy: "shorten it",
  })),
  { end: ".set", what: "headers that are set", remedy: "set fewer" },
  { end: ".add", what: "headers that are added", remedy: "add fewer" },
  { end: ".remove", what: "headers that are removed", remedy: "remove fewer" },
  { end: ".ports", what: "ports behind one gateway", remedy: "expose fewer, or more endpoints at one port" },
];

/** A field that is bounded or has bounded ones below, by their names; `[]` is every item of a list. */
type Bounded = { readonly field: string; most: number | undefined; readonly below: Map<string, Bounded> };

const boundedByKind = new Map(Object.entries(foreignBounds).map(([kind, bounds]) => [kind, treeOf(bounds)]));

function treeOf(bounds: FieldBounds): Bounded {
  const root: Bounded = { field: "", most: undefined, below: new Map() };
  for (const [field, most] of Object.entries(bounds)) {
    let node = root;
    for (const step of field.match(/[^.[]+|\[\]/gu) ?? []) {
      const path = step === "[]" || node === root ? `${node.field}${step}` : `${node.field}.${step}`;
      const next = node.below.get(step) ?? { field: path, most: undefined, below: new Map<string, Bounded>() };
      node.below.set(step, next);
      node = next;
    }
    node.most = most;
  }
  return root;
}

/** At the field that is to blame; `owner` is where the component is placed, for what no field says. */
export function checkBounds(manifests: readonly Manifest[], owner: Place): readonly Problem[] {
  return manifests.flatMap(({ object: { kind }, tree }) => {
    const bounded = boundedByKind.get(kind);
    const excesses = bounded === undefined ? [] : findExcesses(tree, bounded);
    return excesses.map((excess) => problemOf(excess, kind, owner));
  });
}

function findExcesses(tree: Traced, { below, field, most }: Bounded): readonly Excess[] {
  const size = most === undefined ? 0 : sizeOf(tree);
  const own = most === undefined || size <= most ? [] : [{ tree, field, size, most }];
  if (below.size === 0) return own;
  const inside = childrenOf(tree).flatMap(([child, name]) => {
    const bounded = below.get(name);
    return bounded === undefined ? [] : findExcesses(child, bounded);
  });
  return [...own, ...inside];
}

function sizeOf(tree: Traced): number {
  if (tree.kind === "list") return tree.items.length;
  if (tree.kind === "map") return 0;
  // As the API server counts: by character, whatever its bytes.
  return typeof tree.value === "string" ? Array.from(tree.value).length : Number(tree.value);
}

/** Each with its name, which is `[]` for an item of a list. */
function childrenOf(tree: Traced): readonly (readonly [child: Traced, name: string])[] {
  switch (tree.kind) {
    case "scalar":
      return [];
    case "list":
      return tree.items.map((item) => [item, "[]"] as const);
    case "map":
      return [...tree.entries].map(([key, value]) => [value, key] as const);
  }
}

function problemOf({ tree, field, size, most }: Excess, kind: string, owner: Place): Problem {
  const { what, remedy } = words.find(({ end }) => field.endsWith(end)) ?? {
    what: `of ${field}`,
    remedy: "shorten it",
  };
  // Of a list what is too much, because the list is often the engine's own.
  const written = findWritten(itemsOf(tree)[most] ?? tree);
  return {
    code: "unsupported-value",
    severity: "error",
    message: `${size} ${what}, and ${kind} takes ${most} at most`,
    place: written === undefined ? owner : placeOf(written.origin, owner.file),
    remedy,
    related: [{ place: owner, message: "what is placed here is not rendered" }],
  };
}

/** The first of the tree that a person wrote. */
function findWritten(tree: Traced): Traced | undefined {
  if (tree.origin.kind === "field") return tree;
  for (const [child] of childrenOf(tree)) {
    const written = findWritten(child);
    if (written !== undefined) return written;
  }
  return undefined;
}
