/**
 * Where the key of a field stands, for Problems about the field and not about what is in it. Trees know the places of values
 * only, so the document's text is read once more; that is for mistakes that are rare.
 */
import { isMap, isNode, isScalar, parseDocument } from "yaml";
import type { Place } from "../../schemas/problem.ts";
import { LineTable } from "./line-table.ts";
import type { SpecDocument } from "./parse.ts";
import { rangeStart } from "./tree-reader.ts";

/** The document's own place where the path leads nowhere, or through an alias. */
export function placeOfKey({ text, place }: SpecDocument, path: readonly string[]): Place {
  const { contents } = parseDocument(text, { prettyErrors: false, stringKeys: true, uniqueKeys: false });
  let node: unknown = contents;
  let key: unknown;
  for (const step of path) {
    const pair = isMap(node) ? node.items.find((item) => isScalar(item.key) && item.key.value === step) : undefined;
    if (pair === undefined) return place;
    ({ key, value: node } = pair);
  }
  if (!isNode(key)) return place;
  const lines = new LineTable(text);
  const start = lines.position(rangeStart(contents) ?? 0);
  const found = lines.position(rangeStart(key) ?? 0);
  const column = found.line === start.line ? found.column - start.column + place.column : found.column;
  return { ...place, line: found.line - start.line + place.line, column };
}
