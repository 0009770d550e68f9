/** Where nodes stand in their text, which was parsed with its source tokens. */
import { isMap, isScalar, type Pair, Scalar, type YAMLMap, type YAMLSeq } from "yaml";
import { lineEnd } from "./splice.ts";
import { blockIndent } from "./yaml-text.ts";

/** The offset behind a pair's colon. */
export function afterColon(pair: Pair): number | undefined {
  const colon = pair.srcToken?.sep?.find(({ type }) => type === "map-value-ind");
  return colon === undefined ? undefined : colon.offset + 1;
}

/** Where the text of a pair ends: its value's, or its colon where it has none. */
export function contentEnd(pair: Pair | undefined, text: string): number | undefined {
  return pair === undefined ? undefined : (valueEnd(pair.value, text) ?? afterColon(pair));
}

/** Where the text of a value ends, without the comment, the line end or the empty lines behind it; undefined for nothing. */
export function valueEnd(node: unknown, text: string): number | undefined {
  if (isBlock(node)) {
    const last: unknown = node.items.at(-1);
    if (isMap(node)) return contentEnd(last as Pair, text); // a map's items are pairs
    const dash = dashOffsets(node).at(-1);
    return valueEnd(last, text) ?? (dash === undefined ? undefined : dash + 1);
  }
  const { range } = (node ?? {}) as { range?: readonly number[] | null }; // every node of the parser has a range or nothing
  const [start, end] = range ?? [];
  if (start === undefined || end === undefined || (isScalar(node) && isEmpty(node))) return undefined;
  if (!isScalar(node) || !isBlockScalar(node)) return end;
  const own = text.slice(start, end);
  const isWhole = own.slice(0, lineEnd(own, 0)).includes("+");
  return start + (isWhole ? own.replace(/\r?\n[ \t]*$/, "") : own.replace(/(\r?\n[ \t]*)+$/, "")).length;
}

function isBlock(node: unknown): node is YAMLMap | YAMLSeq {
  return blockIndent(node) !== undefined;
}

/** Of a block list, one for each item. */
export function dashOffsets({ srcToken }: YAMLSeq): readonly number[] {
  const items = srcToken?.type === "block-seq" ? srcToken.items : [];
  return items.flatMap(({ start }) => start.find(({ type }) => type === "seq-item-ind")?.offset ?? []);
}

/** Where a node starts, behind its anchor and tag. */
export function startOf(node: unknown, otherwise: number): number {
  const { range } = (node ?? {}) as { range?: readonly number[] | null }; // as above
  return range?.[0] ?? otherwise;
}

/** Whether nothing is written for the value. */
export function isEmpty({ range, source }: Scalar): boolean {
  return source === "" && range?.[0] === range?.[1];
}

export function isBlockScalar({ type }: Scalar): boolean {
  return type === Scalar.BLOCK_LITERAL || type === Scalar.BLOCK_FOLDED;
}
