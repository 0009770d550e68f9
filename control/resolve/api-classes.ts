/**
 * The APIClass of each API that a Binding publishes. It is never pinned: a class of policies guards, and a guard that is
 * mended must be mended everywhere at once, not environment by environment.
 */
import { compareText } from "../../schemas/compare.ts";
import type { ResourceOf } from "../../schemas/kinds.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { Binding } from "../deploy/binding.ts";
import type { SpecDocument } from "../load/parse.ts";
import { at } from "../load/traced.ts";
import { placeOr } from "../load/tree-reader.ts";
import { relatedTo } from "../problems/related.ts";
import type { Lookup } from "../validate/lookup.ts";
import { suggestName } from "../validate/suggest-name.ts";

export type ApiClass = SpecDocument<ResourceOf<"APIClass">>;

export type ApiClasses = {
  /** By the API's name. */
  readonly classes: ReadonlyMap<string, ApiClass>;
  readonly problems: readonly Problem[];
  /** A class has a Problem of its own: nothing is wrong here, and nothing can be said. */
  readonly isBlocked: boolean;
};

export function resolveApiClasses(binding: Binding, index: Lookup): ApiClasses {
  const classes = new Map<string, ApiClass>();
  const problems: Problem[] = [];
  let isBlocked = false;
  for (const [name, { className }] of Object.entries(binding.apis).toSorted(([a], [b]) => compareText(a, b))) {
    const found = index.find("APIClass", binding.organization, className);
    if (found !== undefined) classes.set(name, found);
    else if (index.spoils.couldBe(binding.organization, "APIClass", className)) isBlocked = true;
    else problems.push(unknownClass(binding, name, index));
  }
  return { classes, problems, isBlocked };
}

function unknownClass(binding: Binding, name: string, index: Lookup): Problem {
  const className = binding.apis[name]?.className ?? "";
  const { remedy, related } = suggestName(index, {
    kind: "APIClass",
    parts: [binding.organization, className],
    remedy: "add it, or mend className; an APIClass without policies leaves the API open",
  });
  const tree = at(binding.apisTree, name);
  return {
    code: "unknown-class",
    severity: "error",
    message: `there is no APIClass ${className}, which API ${name} of ${binding.component} uses`,
    place: placeOr(at(tree, "className") ?? tree, binding.place),
    remedy,
    ...relatedTo(related),
  };
}
