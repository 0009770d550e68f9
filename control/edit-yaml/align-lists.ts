/** Which items of a list stay, go and come, so that it becomes another: the least that is in order, by their names or values. */
import { isDeepStrictEqual } from "node:util";

export type ListStep =
  /** The item stays where it is and becomes the value. */
  | { readonly action: "keep"; readonly index: number; readonly value: unknown }
  | { readonly action: "cut"; readonly index: number }
  /** In one go, behind an item that stays; before all of them without one. */
  | { readonly action: "insert"; readonly after: number | undefined; readonly values: unknown[] };

/** Beyond it the lists are taken for different: the table of all pairs would be large. */
const sizeLimit = 500;

/** In the order of the first list; an item between two that stay becomes the one that is to stand in its place. */
export function alignLists(before: readonly unknown[], wanted: readonly unknown[]): readonly ListStep[] {
  const steps: ListStep[] = [];
  let kept: number | undefined;
  const insert = (value: unknown): void => {
    const last = steps.at(-1);
    if (last?.action === "insert" && last.after === kept) last.values.push(value);
    else steps.push({ action: "insert", after: kept, values: [value] });
  };
  let index = 0;
  let next = 0;
  for (const [from, to] of [...commonItems(before, wanted), [before.length, wanted.length] as const]) {
    for (; index < from && next < to; index += 1, next += 1) {
      steps.push({ action: "keep", index, value: wanted[next] });
      kept = index;
    }
    for (; index < from; index += 1) steps.push({ action: "cut", index });
    for (; next < to; next += 1) insert(wanted[next]);
    if (from === before.length) break;
    steps.push({ action: "keep", index: from, value: wanted[to] });
    kept = from;
    index = from + 1;
    next = to + 1;
  }
  return steps;
}

/** The longest common subsequence, as pairs of indexes. */
function commonItems(before: readonly unknown[], wanted: readonly unknown[]): readonly (readonly [number, number])[] {
  if (before.length > sizeLimit || wanted.length > sizeLimit) return [];
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint16Array(wanted.length + 1));
  const lengthAt = (from: number, to: number): number => lengths[from]?.[to] ?? 0;
  for (let from = before.length - 1; from >= 0; from -= 1)
    for (let to = wanted.length - 1; to >= 0; to -= 1) {
      const length = isSame(before[from], wanted[to])
        ? lengthAt(from + 1, to + 1) + 1
        : Math.max(lengthAt(from + 1, to), lengthAt(from, to + 1));
      lengths[from]?.fill(length, to, to + 1);
    }
  const pairs: (readonly [number, number])[] = [];
  for (let from = 0, to = 0; from < before.length && to < wanted.length;) {
    if (isSame(before[from], wanted[to])) pairs.push([from++, to++]);
    else if (lengthAt(from + 1, to) >= lengthAt(from, to + 1)) from += 1;
    else to += 1;
  }
  return pairs;
}

function isSame(one: unknown, other: unknown): boolean {
  const name = nameOf(one);
  return name === undefined ? isDeepStrictEqual(one, other) : name === nameOf(other);
}

/** What tells an item from its neighbours: variables have keys, most other things names. */
function nameOf(item: unknown): unknown {
  if (typeof item !== "object" || item === null) return undefined;
  const { key, name } = item as { key?: unknown; name?: unknown }; // every field of an object may be asked for
  return key ?? name;
}
