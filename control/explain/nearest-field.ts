/** "Did you mean" for a field of a Release that is not there. */
import { nearestName } from "../problems/nearest.ts";
import type { Explanation } from "./explain.ts";
import { matchesField } from "./field-path.ts";

/** The field, or the `Kind.field`, that a wrong one stands for, as it can be asked for; leaves are those of the Release. */
export function nearestField(wanted: string, leaves: readonly Explanation[]): string | undefined {
  const [object] = /^[A-Z][^.[]*/.exec(wanted) ?? [];
  if (object === undefined) return nearestName(wanted, pathsOf(leaves));
  const field = wanted.slice(object.length).replace(/^\./, "");
  const [kind = "", ...name] = object.split("/");
  const kinds = [...new Set(leaves.map(({ object: id }) => id.split("/").find((part) => /^[A-Z]/.test(part)) ?? ""))];
  const nearestKind = nearestName(kind, kinds);
  if (nearestKind === undefined) return undefined;
  const place = [nearestKind, ...name].join("/");
  const under = leaves.filter((leaf) => matchesField({ object: { kind: nearestKind }, parts: [] }, leaf));
  const nearest = field === "" ? "" : nearestName(field, pathsOf(under));
  if (nearest === undefined) return undefined;
  return nearest === "" ? place : `${place}.${nearest}`;
}

/** Whole paths first, then where they begin and how they end: any of them may be asked for. */
function pathsOf(leaves: readonly Explanation[]): readonly string[] {
  const fields = leaves.map(({ field }) => field);
  // Between two parts; what stands in quotes is one.
  const cuts = fields.flatMap((field) =>
    [...field.matchAll(/\["[^"]*"\]|\[[^\]]*\]|\.?[^.[\]]+/g)]
      .slice(1)
      .flatMap(({ index }) => [field.slice(0, index), field.slice(index).replace(/^\./, "")]),
  );
  return [...new Set([...fields, ...cuts])];
}
