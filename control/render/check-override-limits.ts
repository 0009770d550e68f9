/**
 * How far what is laid over a class may go: numbers and amounts that a Workload or an environment says, held against
 * `overrideLimits` of the class. What the class says itself is the platform's word.
 */
import { claims } from "../../schemas/kinds.ts";
import { quantityOf } from "../../schemas/kubernetes/quantity.ts";
import type { Problem } from "../../schemas/problem.ts";
import { at, scalarOf, type Traced } from "../load/traced.ts";
import { placeOf, placeOr } from "../load/tree-reader.ts";
import { relatedTo } from "../problems/related.ts";
import type { Resolved } from "../resolve/resolve.ts";

type Fault = Pick<Problem, "message" | "remedy" | "related">;
export type OverrideFault = Fault & { readonly path: readonly string[] };

/** Of what an environment says. */
export function checkOverrideLimits(resolved: Resolved): readonly OverrideFault[] {
  const tree = resolved.binding.overridesTree;
  const said = [...saidCounts(tree), ...saidResources(tree), ...saidSizes(tree, ["size"])];
  return said.flatMap((one) =>
    beyondLimits(one, "an environment", resolved).map((fault) => ({ path: one.path, ...fault })),
  );
}

/** Of what the Workload says, also as a Binding keeps it, and no environment says otherwise. */
export function checkWorkloadLimits(resolved: Resolved): readonly Problem[] {
  const { binding } = resolved;
  const isLeft = (...path: readonly string[]): boolean => isNothing(at(binding.overridesTree, ...path));
  const said = [
    ...saidResources(binding.workloadTree).filter(({ path }) => isLeft(...path)),
    ...saidSizes(binding.workloadTree, ["persistent", "size"]).filter(({ path: [volumes = "", volume = ""] }) =>
      isLeft(volumes, volume, "size"),
    ),
  ];
  return said.flatMap((one) =>
    beyondLimits(one, "a Workload", resolved).map((fault): Problem => ({
      code: "invalid-override",
      severity: "error",
      ...fault,
      place: placeOr(one.amount, binding.place),
    })),
  );
}

/** An amount and where it stands, and what bounds it: a field of `overrideLimits`, and a key of its `min` and `max`. */
type Said = {
  readonly path: readonly string[];
  readonly amount: Traced;
  readonly limit: "autoscaling" | "replicas" | "resources" | "volumes";
  readonly key: readonly string[];
};

function saidCounts(tree: Traced | undefined): readonly Said[] {
  return [
    ...saidAt(tree, ["replicas"], { limit: "replicas", key: [] }),
    ...["minReplicas", "maxReplicas"].flatMap((field) =>
      saidAt(tree, ["autoscaling", field], { limit: "autoscaling", key: [] }),
    ),
  ];
}

function saidResources(tree: Traced | undefined): readonly Said[] {
  return keysOf(at(tree, "containers")).flatMap((container) =>
    ["requests", "limits"].flatMap((field) => {
      const path = ["containers", container, "resources", field];
      return keysOf(at(tree, ...path)).flatMap((name) =>
        saidAt(tree, [...path, name], { limit: "resources", key: [name] }),
      );
    }),
  );
}

function saidSizes(tree: Traced | undefined, field: readonly string[]): readonly Said[] {
  return keysOf(at(tree, "volumes")).flatMap((volume) =>
    saidAt(tree, ["volumes", volume, ...field], { limit: "volumes", key: [] }),
  );
}

function saidAt(
  tree: Traced | undefined,
  path: readonly string[],
  bound: Pick<Said, "limit" | "key">,
): readonly Said[] {
  const amount = at(tree, ...path);
  return amount === undefined ? [] : [{ path, amount, ...bound }];
}

function keysOf(tree: Traced | undefined): readonly string[] {
  return tree?.kind === "map" ? [...tree.entries.keys()] : [];
}

/** A field without a value leaves what it is laid over. */
function isNothing(tree: Traced | undefined): boolean {
  return tree === undefined || scalarOf(tree) === null;
}

type Speaker = "a Workload" | "an environment";

function beyondLimits(said: Said, who: Speaker, resolved: Resolved): readonly Fault[] {
  const { amount, limit, key } = said;
  const [min, max] = ["min", "max"].map((end) => at(resolved.classTree, "overrideLimits", limit, end, ...key));
  return [
    ...(isMore(amount, max) ? [beyond("more", said, { bound: max, who, resolved })] : []),
    ...(isMore(min, amount) ? [beyond("less", said, { bound: min, who, resolved })] : []),
  ];
}

function isMore(one: Traced | undefined, other: Traced | undefined): boolean {
  const [more, less] = [one, other].map((tree) => quantityOf(scalarOf(tree)));
  return more !== undefined && less !== undefined && more > less;
}

type Beyond = { readonly bound: Traced | undefined; readonly who: Speaker; readonly resolved: Resolved };

function beyond(
  word: "more" | "less",
  { path, amount }: Said,
  { bound, who, resolved: { binding, classTree } }: Beyond,
): Fault {
  const { classKind } = claims[binding.claimKind];
  const [said, limit] = [amount, bound].map((tree) => String(scalarOf(tree)));
  const place = placeOf((bound ?? classTree).origin, binding.classPlace.file);
  return {
    message: `${path.at(-1)} ${said} is ${word} than the ${limit} that ${classKind} ${binding.className} lets ${who} have`,
    remedy: `write ${limit} at ${word === "more" ? "most" : "least"}, or change overrideLimits of the class`,
    ...relatedTo([{ place, message: `${classKind} ${binding.className} says it here` }]),
  };
}
