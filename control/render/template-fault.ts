/** What an API server would refuse a rendered object for, or what no cell may have, at the field that is to blame. */
import type { Problem, ProblemCode } from "../../schemas/problem.ts";
import { scalarOf, type Traced } from "../load/traced.ts";
import { placeOf } from "../load/tree-reader.ts";

export type TemplateFault = {
  readonly tree: Traced;
  readonly message: string;
  readonly remedy: string;
  /** invalid-template unless said otherwise. */
  readonly code?: ProblemCode;
  /** An error unless said otherwise. */
  readonly severity?: Problem["severity"];
};

/** In the order given; `file` is for fields that a rule of the engine set. */
export function reportFaults(faults: readonly TemplateFault[], file: string): readonly Problem[] {
  return faults.map(({ tree, code = "invalid-template", severity = "error", message, remedy }) => ({
    code,
    severity,
    message,
    place: placeOf(tree.origin, file),
    remedy,
  }));
}

/** The fields of a map that say something, in the order written: the API server takes a null for nothing. */
export function writtenFields(tree: Traced | undefined): ReadonlyMap<string, Traced> {
  return new Map(tree?.kind === "map" ? [...tree.entries].filter(([, field]) => scalarOf(field) !== null) : []);
}

/** Faults of a choice between fields: none is made, unless nothing may stand there, or more than one. */
export function checkChoice(
  tree: Traced,
  {
    of,
    among,
    isOptional = false,
  }: { readonly of: string; readonly among: readonly string[]; readonly isOptional?: boolean },
): readonly TemplateFault[] {
  const chosen = [...writtenFields(tree)].filter(([field]) => among.includes(field));
  const [first, second] = chosen;
  if (first === undefined)
    return isOptional
      ? []
      : [
          {
            tree,
            message: `${of} has none of what it may have`,
            remedy: `give it one of ${among.join(", ")}, or remove it`,
          },
        ];
  if (second === undefined) return [];
  const message = `${of} has ${first[0]} and ${second[0]}, and may have only one of them`;
  return [{ tree: second[1], message, remedy: "keep one of them" }];
}
