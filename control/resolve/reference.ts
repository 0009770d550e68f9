/** What a variable or a file of a Binding refers to, and the Problem of one that leads nowhere. */
import type { Problem } from "../../schemas/problem.ts";
import type { Binding } from "../deploy/binding.ts";
import type { Traced } from "../load/traced.ts";
import { placeOr } from "../load/tree-reader.ts";
import type { Lookup } from "../validate/lookup.ts";

export type Reference = { readonly name: string; readonly key: string };

/** Who asks; `entry` is the variable or file as it is written. */
export type Asked = { readonly binding: Binding; readonly index: Lookup; readonly entry: Traced | undefined };

/** An error at the node, at the entry where that is not written, or else at the Binding. */
export function problemAt(
  { binding, entry }: Asked,
  node: Traced | undefined,
  what: Pick<Problem, "code" | "message" | "remedy" | "related">,
): Problem {
  return { ...what, severity: "error", place: placeOr(node ?? entry, binding.place) };
}
