/** Plain values as YAML text that every reader takes for the same values, in the manner of the file they go into. */
import { isDeepStrictEqual } from "node:util";
import { dump } from "js-yaml";
import { type Document, isMap, isSeq, parse, stringify, visit } from "yaml";

export type TextStyle = {
  /** Spaces by which a map stands deeper than its key. */
  readonly step: number;
  /** Whether lists stand at their key's own indent. */
  readonly hasFlatLists: boolean;
  /** Whether a text of several lines may be a literal block, which depends on what follows it, or is one quoted line. */
  readonly hasBlockTexts: boolean;
};

export const usualStyle: TextStyle = { step: 2, hasFlatLists: false, hasBlockTexts: true };

/** The manner of a document that was parsed with its source tokens: its first nested map and its first list below a key. */
export function styleOf(document: Document): TextStyle {
  let step: number | undefined;
  let hasFlatLists: boolean | undefined;
  visit(document, {
    Map: (_, map) => {
      const outer = blockIndent(map);
      for (const { value } of outer === undefined ? [] : map.items) {
        const deeper = (blockIndent(value) ?? 0) - (outer ?? 0);
        if (isSeq(value) && blockIndent(value) !== undefined) hasFlatLists ??= deeper === 0;
        if (isMap(value) && deeper > 0) step ??= deeper;
      }
    },
  });
  return {
    ...usualStyle,
    step: Math.min(step ?? usualStyle.step, 8),
    hasFlatLists: hasFlatLists ?? usualStyle.hasFlatLists,
  };
}

/** Column of a block map's keys or of a block list's dashes; undefined for everything else. */
export function blockIndent(node: unknown): number | undefined {
  if (!isMap(node) && !isSeq(node)) return undefined;
  const token = node.srcToken;
  return token?.type === "block-map" || token?.type === "block-seq" ? token.indent : undefined;
}

/** Lines without indent. A text of several lines is a literal block, whose first line is its header. */
export function blockLines(value: unknown, style: TextStyle): readonly string[] {
  const { step, hasFlatLists, hasBlockTexts } = style;
  const text = dump(value, { noRefs: true, lineWidth: -1, indent: step, seqNoIndent: hasFlatLists });
  const isSame = hasBlockTexts && isDeepStrictEqual(parse(text), value);
  return (isSame ? text : quoted(value, style)).replace(/\n$/, "").split("\n");
}

/** One line, also within brackets. */
export function flowText(value: unknown): string {
  const text = dump(value, { noRefs: true, lineWidth: -1, flowLevel: 0 }).replace(/\n$/, "");
  const isSame = !text.includes("\n") && isDeepStrictEqual(parse(`[${text}]`), [value]);
  return isSame ? text : JSON.stringify(value);
}

/** Readers differ on what some plain words are; every one takes a quoted one for text. */
function quoted(value: unknown, { step, hasFlatLists }: TextStyle): string {
  return stringify(value, {
    indent: step,
    indentSeq: !hasFlatLists,
    lineWidth: 0,
    defaultStringType: "QUOTE_DOUBLE",
    defaultKeyType: "PLAIN",
    doubleQuotedMinMultiLineLength: Infinity,
    aliasDuplicateObjects: false,
  });
}
