/** How it is said that a Binding and others want the same of a gateway. */
import { compareText } from "../../schemas/compare.ts";
import type { Problem } from "../../schemas/problem.ts";
import { type Binding, bindingPath } from "../deploy/binding.ts";
import { relatedLimit, relatedTo } from "../problems/related.ts";

type Conflict = {
  /** At least one, none of them twice. */
  readonly others: readonly Binding[];
  readonly isRefused: boolean;
  /** `others` is the name of the one, or how many there are. */
  readonly message: (others: string) => string;
  readonly remedy: string;
  /** What each of the others does. */
  readonly does: string;
};

export function conflictProblem(binding: Binding, conflict: Conflict): Problem {
  const { others, isRefused, message, remedy, does } = conflict;
  const shown = firstOf(others);
  const [first = binding] = shown;
  return {
    code: "host-conflict",
    severity: isRefused ? "error" : "warning",
    message: message(others.length > 1 ? `${others.length} others` : nameOf(first)),
    place: binding.place,
    remedy,
    ...relatedTo(
      shown.map((one) => ({ place: one.place, message: `${nameOf(one)} ${does}` })),
      others.length,
    ),
  };
}

/** Said of what two organizations want of gateways that they share, where the first of the two has it. */
export function whoseWord({ organization }: Binding): string {
  return `, whose organization comes before ${organization} at the gateways that they share`;
}

export const toReorder = ", or have the owners of the gateways name this organization earlier in sharedWith";

function nameOf({ component, project, environment }: Binding): string {
  return `${component} of ${project} in ${environment}`;
}

/** As many as a Problem shows. The others may be thousands, which nobody need put in order. */
function firstOf(bindings: readonly Binding[]): readonly Binding[] {
  let first: readonly (readonly [string, Binding])[] = [];
  for (const binding of bindings) {
    const path = bindingPath(binding);
    const last = first[relatedLimit - 1];
    if (last !== undefined && compareText(last[0], path) < 0) continue;
    const more = [...first, [path, binding] as const];
    first = more.toSorted(([a], [b]) => compareText(a, b)).slice(0, relatedLimit);
  }
  return first.map(([, binding]) => binding);
}
