/**
 * A YAML file with some of its documents changed, removed or added, and every other byte as it was. The result is read back
 * and compared: where a change in place would come out as another value (an anchor whose aliases stand elsewhere), the
 * document is written anew with its comments, and where that fails too nothing is written.
 */
import { isDeepStrictEqual } from "node:util";
import { type Alias, type Document, isAlias, isMap, isNode, isScalar, type Node, parseAllDocuments, visit } from "yaml";
import { LineTable } from "../load/line-table.ts";
import { cutDocument } from "./cut-document.ts";
import { isMapping } from "../../schemas/mapping.ts";
import { mergeNode } from "./merge-node.ts";
import { startOf } from "./node-places.ts";
import { applySplices } from "./splice.ts";
import { styleOf } from "./yaml-text.ts";

/** What a field becomes. Maps on the way that are not there are made. */
export type FieldChange = {
  readonly path: readonly string[];
  /** Plain data; undefined removes the field. */
  readonly value: unknown;
  /** Where a new field is put: behind the first of these keys that is there, at the end of its map without one. */
  readonly behind?: readonly string[];
};

export type DocumentEdit =
  /** `line`, from 1: where the document's first key stands before any edit. */
  | { readonly action: "change"; readonly line: number; readonly changes: readonly FieldChange[] }
  | { readonly action: "remove"; readonly line: number }
  /** The text of one document without a marker line. */
  | { readonly action: "add"; readonly text: string };

/**
 * The new text; empty when no document is left. Undefined when it cannot be done without changing something else: a line
 * where no document starts, or a text that is not YAML.
 */
export function editFile(text: string, edits: readonly DocumentEdit[]): string | undefined {
  const placed = edits.filter((edit) => edit.action !== "add").toSorted((a, b) => b.line - a.line);
  let edited: string | undefined = text;
  // From the last line upwards, so that lines above keep their numbers.
  for (const edit of placed) edited = edited === undefined ? undefined : editDocument(edited, edit);
  if (edited === undefined) return undefined;
  const rest = placed.length > 0 && readDocuments(edited)?.every(isEmpty) ? "" : edited;
  return edits.reduce((all, edit) => (edit.action === "add" ? append(all, edit.text) : all), rest);
}

function editDocument(text: string, edit: Exclude<DocumentEdit, { action: "add" }>): string | undefined {
  const documents = readDocuments(text);
  const lines = new LineTable(text);
  const position = documents?.findIndex(
    ({ contents }) => contents !== null && lines.position(startOf(contents, 0)).line === edit.line,
  );
  const document = documents?.[position ?? -1];
  if (documents === undefined || position === undefined || document === undefined) return undefined;
  const plain = documents.map((one): unknown => one.toJS());
  const before = plain[position];
  if (edit.action === "remove") {
    const cut = cutDocument(text, position);
    return cut !== undefined && says(cut, plain.toSpliced(position, 1)) ? cut : undefined;
  }
  if (!isMapping(before)) return undefined;
  const wanted = changed(before, edit.changes);
  const expected = plain.with(position, wanted);
  const style = styleOf(document);
  for (const hasBlockTexts of [true, false]) {
    const frame = { text, document, style: { ...style, hasBlockTexts } };
    const splices = mergeNode(document.contents, wanted, frame);
    const spliced = splices && applySplices(text, splices);
    if (spliced !== undefined && says(spliced, expected)) return spliced;
  }
  const rewritten = rewrite(text, document, wanted);
  return says(rewritten, expected) ? rewritten : undefined;
}

function isEmpty(document: Document): boolean {
  return document.toJS() === null;
}

/** Undefined for what cannot be read. */
function readDocuments(text: string): readonly Document[] | undefined {
  const documents = parseAllDocuments(text, { keepSourceTokens: true, prettyErrors: false, stringKeys: true });
  if (!Array.isArray(documents)) return [];
  return documents.some(({ errors }) => errors.length > 0) ? undefined : documents;
}

/** Documents without anything in them count as little before as after. */
function says(text: string, expected: readonly unknown[]): boolean {
  const plain = readDocuments(text)?.map((document): unknown => document.toJS());
  const isSomething = (value: unknown): boolean => value !== null;
  return plain !== undefined && isDeepStrictEqual(plain.filter(isSomething), expected.filter(isSomething));
}

function changed(before: Readonly<Record<string, unknown>>, changes: readonly FieldChange[]): Record<string, unknown> {
  return changes.reduce<Record<string, unknown>>((map, change) => withField(map, change.path, change), { ...before });
}

function withField(
  map: Readonly<Record<string, unknown>>,
  [key, ...path]: readonly string[],
  change: FieldChange,
): Record<string, unknown> {
  if (key === undefined) return { ...map };
  const inner = map[key];
  if (path.length === 0 && change.value === undefined)
    return Object.fromEntries(Object.entries(map).filter(([other]) => other !== key));
  if (path.length > 0 && change.value === undefined && !isMapping(inner)) return { ...map };
  const value = path.length === 0 ? change.value : withField(isMapping(inner) ? inner : {}, path, change);
  const entries = Object.entries(map);
  if (Object.hasOwn(map, key)) return Object.fromEntries(entries.map(([k, old]) => [k, k === key ? value : old]));
  const before = path.length > 0 ? undefined : change.behind?.find((other) => Object.hasOwn(map, other));
  const at = before === undefined ? entries.length : entries.findIndex(([other]) => other === before) + 1;
  return Object.fromEntries(entries.toSpliced(at, 0, [key, value]));
}

/** By the library: comments stay, indents and quotes may not. Aliases are written out, since what they stand for may change. */
function rewrite(text: string, document: Document, wanted: Readonly<Record<string, unknown>>): string {
  const [start, end] = [document.range?.[0] ?? 0, document.range?.[2] ?? text.length];
  const isMarked = text.startsWith("---", start);
  const copy = document.clone();
  visit(copy, { Alias: (_, alias) => writtenOut(alias, document) });
  visit(copy, {
    Node: (_, node) => {
      if (!isAlias(node)) delete node.anchor;
    },
  });
  setFields(copy, [], wanted);
  // What stands before the first key is not replaced, unless a marker line does.
  if (!isMarked) forgetHead(copy);
  const written = copy.toString({ lineWidth: 0, directives: false });
  const isLast = end >= text.length;
  const own = `${isMarked ? "---\n" : ""}${isLast && !text.endsWith("\n") ? written.trimEnd() : written}`;
  return applySplices(text, [{ start, end, text: own }]);
}

function writtenOut(alias: Alias, document: Document): Node {
  const node = document.createNode(alias.toJS(document));
  node.comment = alias.comment ?? null;
  node.commentBefore = alias.commentBefore ?? null;
  return node;
}

function forgetHead(document: Document): void {
  const { contents } = document;
  const first = isMap(contents) ? contents.items[0]?.key : undefined;
  document.commentBefore = null;
  if (contents !== null) contents.commentBefore = null;
  if (isNode(first)) first.commentBefore = null;
}

function setFields(document: Document, path: readonly string[], wanted: Readonly<Record<string, unknown>>): void {
  const map = document.getIn(path, true);
  if (!isMap(map)) return document.setIn(path, document.createNode(wanted));
  const before: unknown = map.toJS(document);
  for (const key of isMapping(before) ? Object.keys(before) : [])
    if (!Object.hasOwn(wanted, key)) document.deleteIn([...path, key]);
  for (const [key, value] of Object.entries(wanted)) {
    const node: unknown = document.getIn([...path, key], true);
    const old: unknown = isNode(node) ? node.toJS(document) : undefined;
    if (isDeepStrictEqual(old, value)) continue;
    if (isMap(node) && isMapping(value)) setFields(document, [...path, key], value);
    else if (isScalar(node) && !(value instanceof Object)) node.value = value;
    else document.setIn([...path, key], document.createNode(value));
  }
}

function append(text: string, added: string): string {
  if (text.trim() === "") return added;
  const lineEnd = text.includes("\r\n") ? "\r\n" : "\n";
  const isClosed = text.endsWith("\n");
  return `${text}${isClosed ? "" : lineEnd}---${lineEnd}${added.replaceAll(/\r?\n/g, lineEnd)}`;
}
