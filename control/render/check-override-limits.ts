/** How far environmentOverrides may go: numbers and amounts, held against `overrideLimits` of the class. */
import { claims } from "../../schemas/kinds.ts";
import { quantityOf } from "../../schemas/kubernetes/quantity.ts";
import type { Problem } from "../../schemas/problem.ts";
import { at, scalarOf, type Traced } from "../load/traced.ts";
import { placeOf } from "../load/tree-reader.ts";
import { relatedTo } from "../problems/related.ts";
import type { Resolved } from "../resolve/resolve.ts";

export type OverrideFault = Pick<Problem, "message" | "remedy" | "related"> & { readonly path: readonly string[] };

/** An amount that an environment says, and what bounds it. */
type Said = {
  readonly path: readonly string[];
  readonly amount: Traced;
  readonly min: Traced | undefined;
  readonly max: Traced | undefined;
};

export function checkOverrideLimits(resolved: Resolved): readonly OverrideFault[] {
  return saidAmounts(resolved).flatMap(({ path, amount, min, max }) => [
    ...(isMore(amount, max) ? [beyond("more", path, { amount, bound: max, resolved })] : []),
    ...(isMore(min, amount) ? [beyond("less", path, { amount, bound: min, resolved })] : []),
  ]);
}

function saidAmounts({ binding, classTree }: Resolved): readonly Said[] {
  const tree = binding.overridesTree;
  const limits = at(classTree, "overrideLimits");
  const boundsOf = (name: string, ...key: readonly string[]): Pick<Said, "min" | "max"> => ({
    min: at(limits, name, "min", ...key),
    max: at(limits, name, "max", ...key),
  });
  const said = (path: readonly string[], bounds: Pick<Said, "min" | "max">): readonly Said[] => {
    const amount = at(tree, ...path);
    return amount === undefined ? [] : [{ path, amount, ...bounds }];
  };
  return [
    ...said(["replicas"], boundsOf("replicas")),
    ...["minReplicas", "maxReplicas"].flatMap((field) => said(["autoscaling", field], boundsOf("autoscaling"))),
    ...keysOf(at(tree, "containers")).flatMap((container) =>
      ["requests", "limits"].flatMap((field) => {
        const path = ["containers", container, "resources", field];
        return keysOf(at(tree, ...path)).flatMap((name) => said([...path, name], boundsOf("resources", name)));
      }),
    ),
    ...keysOf(at(tree, "volumes")).flatMap((volume) => said(["volumes", volume, "size"], boundsOf("volumes"))),
  ];
}

function keysOf(tree: Traced | undefined): readonly string[] {
  return tree?.kind === "map" ? [...tree.entries.keys()] : [];
}

function isMore(one: Traced | undefined, other: Traced | undefined): boolean {
  const [more, less] = [one, other].map((tree) => quantityOf(scalarOf(tree)));
  return more !== undefined && less !== undefined && more > less;
}

type Beyond = { readonly amount: Traced; readonly bound: Traced | undefined; readonly resolved: Resolved };

function beyond(
  word: "more" | "less",
  path: readonly string[],
  { amount, bound, resolved: { binding, classTree } }: Beyond,
): OverrideFault {
  const { classKind } = claims[binding.claimKind];
  const [said, limit] = [amount, bound].map((tree) => String(scalarOf(tree)));
  const place = placeOf((bound ?? classTree).origin, binding.classPlace.file);
  return {
    path,
    message: `${path.at(-1)} ${said} is ${word} than the ${limit} that ${classKind} ${binding.className} lets an environment have`,
    remedy: `write ${limit} at ${word === "more" ? "most" : "least"}, or change overrideLimits of the class`,
    ...relatedTo([{ place, message: `${classKind} ${binding.className} says it here` }]),
  };
}
