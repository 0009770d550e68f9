/** Names that must differ within one list of a document. */
import type { Problem } from "../../schemas/problem.ts";
import type { SpecDocument } from "../load/parse.ts";
import { fieldPlace } from "./specs-index.ts";

type Path = readonly (string | number)[];

/** One Problem for each name that stands earlier in the list. `what` is the word for such a name. */
export function checkRepeated(
  document: SpecDocument,
  { names, what }: { readonly names: readonly string[]; readonly what: string },
  pathOf: (position: number) => Path,
): readonly Problem[] {
  const firsts = new Map<string, number>();
  return names.flatMap((name, position): readonly Problem[] => {
    const first = firsts.get(name);
    if (first === undefined) {
      firsts.set(name, position);
      return [];
    }
    const earlier = fieldPlace(document, ...pathOf(first));
    return [
      {
        code: "duplicate-key",
        severity: "error",
        message: `the ${what} ${name} stands twice`,
        place: fieldPlace(document, ...pathOf(position)),
        remedy: "keep one of them",
        related: [{ place: earlier, message: `${name} stands here first` }],
      },
    ];
  });
}
