/**
 * What to replace in a text so that a node of it becomes a wanted value: scalars that differ, keys and items that are new
 * or gone, and nothing else, so that comments, order and quotes stay. Where a node cannot be changed in place, its value is
 * written anew. The caller reads the result back: a shape that nobody thought of must not become a wrong value.
 */
import { isDeepStrictEqual } from "node:util";
import { isMapping } from "../../schemas/mapping.ts";
import { type Document, isMap, isScalar, isSeq, type Pair, Scalar, type YAMLMap, type YAMLSeq } from "yaml";
import { alignLists } from "./align-lists.ts";
import { afterColon, contentEnd, dashOffsets, isBlockScalar, isEmpty, startOf, valueEnd } from "./node-places.ts";
import { cutLines, lineEnd, lineStart, type Splice } from "./splice.ts";
import { blockIndent, blockLines, flowText, type TextStyle } from "./yaml-text.ts";

export type Frame = { readonly text: string; readonly document: Document; readonly style: TextStyle };

/** Undefined where the node cannot become the value in place. The document was parsed with its source tokens. */
export function mergeNode(node: unknown, wanted: unknown, frame: Frame): readonly Splice[] | undefined {
  if (isDeepStrictEqual(plainOf(node, frame), wanted)) return [];
  if (isScalar(node)) return mergeScalar(node, wanted);
  if (isMap(node) && isMapping(wanted))
    return blockIndent(node) === undefined ? mergeFlowMap(node, wanted, frame) : mergeMap(node, wanted, frame);
  if (isSeq(node) && Array.isArray(wanted))
    return blockIndent(node) === undefined ? mergeFlowList(node, wanted, frame) : mergeList(node, wanted, frame);
  return undefined;
}

function plainOf(node: unknown, { document }: Frame): unknown {
  return node instanceof Object && "toJS" in node && typeof node.toJS === "function" ? node.toJS(document) : null;
}

function mergeScalar(node: Scalar, wanted: unknown): readonly Splice[] | undefined {
  if (node.range === undefined || node.range === null || isEmpty(node) || isBlockScalar(node)) return undefined;
  const [start, end] = node.range;
  const text = scalarText(wanted, node.type);
  return text === undefined ? undefined : [{ start, end, text }];
}

/** In the quotes of what stood there, where it is text too. */
function scalarText(value: unknown, type: Scalar["type"]): string | undefined {
  if (typeof value === "object" && value !== null) return undefined;
  if (typeof value !== "string") return flowText(value);
  if (value.includes("\n")) return undefined;
  if (type === Scalar.QUOTE_DOUBLE) return JSON.stringify(value);
  const isPrintable = /^[ -~\u00a1-\u1fff]*$/.test(value);
  return type === Scalar.QUOTE_SINGLE && isPrintable ? `'${value.replaceAll("'", "''")}'` : flowText(value);
}

type Keyed = { readonly key: string; readonly pair: Pair };

function keyed(map: YAMLMap): readonly Keyed[] {
  return map.items.map((pair) => ({ key: isScalar(pair.key) ? String(pair.key.value) : "", pair }));
}

/** New keys go after the key that they follow in the wanted map. */
function mergeMap(map: YAMLMap, wanted: Readonly<Record<string, unknown>>, frame: Frame) {
  const pairs = keyed(map);
  const kept = pairs.filter(({ key }) => Object.hasOwn(wanted, key));
  const last = kept.at(-1);
  const indent = " ".repeat(blockIndent(map) ?? 0);
  const hasExplicitKeys = pairs.some(({ pair }) =>
    pair.srcToken?.start.some(({ type }) => type === "explicit-key-ind"),
  );
  if (last === undefined || hasExplicitKeys) return undefined;
  const splices = [
    ...pairs.map(({ key, pair }) =>
      Object.hasOwn(wanted, key) ? mergePair(pair, wanted[key], { frame, indent }) : cutPair(pair, frame),
    ),
    ...newRuns(kept, wanted).map(({ after, keys }) => {
      const lines = keys.flatMap((key) => blockLines({ [key]: wanted[key] }, frame.style));
      return insertAfter(contentEnd((after ?? last).pair, frame.text), indentLines(lines, indent), frame);
    }),
  ];
  return allOf(splices);
}

type Run = { readonly after: Keyed | undefined; readonly keys: string[] };

/** Keys that the map lacks, in runs that stand together, each with the pair before it. */
function newRuns(kept: readonly Keyed[], wanted: Readonly<Record<string, unknown>>): readonly Run[] {
  const present = new Map(kept.map((one) => [one.key, one]));
  const runs = new Map<Keyed | undefined, string[]>();
  let after: Keyed | undefined;
  for (const key of Object.keys(wanted)) {
    const pair = present.get(key);
    if (pair !== undefined) after = pair;
    else runs.set(after ?? kept.at(-1), [...(runs.get(after ?? kept.at(-1)) ?? []), key]);
  }
  return [...runs].map(([pair, keys]) => ({ after: pair, keys }));
}

function mergePair(pair: Pair, wanted: unknown, at: { readonly frame: Frame; readonly indent: string }) {
  return mergeNode(pair.value, wanted, at.frame) ?? replaceValue(pair, wanted, at);
}

/** The comments of the key's line and those between it and the value stay. */
function replaceValue(pair: Pair, wanted: unknown, { frame, indent }: { frame: Frame; indent: string }) {
  const { text, style } = frame;
  const colon = afterColon(pair);
  const end = contentEnd(pair, frame.text);
  if (colon === undefined || end === undefined) return undefined;
  const lines = blockLines(wanted, style);
  const isNested = typeof wanted === "object" && wanted !== null && Object.keys(wanted).length > 0;
  const isFlatList = Array.isArray(wanted) && style.hasFlatLists;
  const deeper = isNested && !isFlatList ? indent + " ".repeat(style.step) : indent;
  const head = isNested ? "" : ` ${lines[0] ?? ""}`;
  const body = indentLines(isNested ? lines : lines.slice(1), deeper);
  const below = body.map((line) => `\n${line}`).join("");
  const gap = pair.srcToken?.sep?.some(({ type }) => type === "comment") === true;
  if (gap && end > colon) {
    const start = lineStart(text, end === colon ? colon : startOf(pair.value, colon));
    const own = isNested ? body : [indent + " ".repeat(style.step) + head.trim(), ...body];
    return [{ start, end, text: own.join("\n") }];
  }
  const lineOfColon = lineEnd(text, colon);
  const tail = text.slice(end, lineOfColon);
  if (end <= lineOfColon && tail.trim() !== "")
    return [
      { start: colon, end, text: head },
      { start: lineOfColon, end: lineOfColon, text: below },
    ];
  return [{ start: colon, end, text: head + below }];
}

function cutPair(pair: Pair, frame: Frame): readonly Splice[] | undefined {
  const start = startOf(pair.key, -1);
  const end = contentEnd(pair, frame.text);
  if (start < 0 || end === undefined || !standsFirst(frame.text, start)) return undefined;
  return [cutLines(frame.text, start, end)];
}

/** A key that shares its line with a dash cannot go alone. */
function standsFirst(text: string, offset: number): boolean {
  return text.slice(lineStart(text, offset), offset).trim() === "";
}

function insertAfter(offset: number | undefined, lines: readonly string[], { text }: Frame) {
  if (offset === undefined) return undefined;
  const at = lineEnd(text, offset);
  return [{ start: at, end: at, text: lines.map((line) => `\n${line}`).join("") }];
}

function indentLines(lines: readonly string[], indent: string): readonly string[] {
  return lines.map((line) => (line === "" ? "" : indent + line));
}

function mergeList(list: YAMLSeq, wanted: readonly unknown[], frame: Frame) {
  const offsets = dashOffsets(list);
  if (offsets.length !== list.items.length) return undefined;
  const steps = alignLists(
    list.items.map((item) => plainOf(item, frame)),
    wanted,
  );
  if (!steps.some(({ action }) => action === "keep")) return undefined;
  const indent = " ".repeat(blockIndent(list) ?? 0);
  const itemEnd = (index: number): number => valueEnd(list.items[index], frame.text) ?? (offsets[index] ?? 0) + 1;
  const splices = steps.map((step): readonly Splice[] | undefined => {
    switch (step.action) {
      case "keep":
        return (
          mergeNode(list.items[step.index], step.value, frame) ??
          replaceItem({ start: (offsets[step.index] ?? 0) + 1, end: itemEnd(step.index), indent }, step.value, frame)
        );
      case "cut": {
        const start = offsets[step.index] ?? 0;
        return standsFirst(frame.text, start) ? [cutLines(frame.text, start, itemEnd(step.index))] : undefined;
      }
      case "insert": {
        const lines = step.values.flatMap((value) => itemLines(value, { frame, indent }));
        if (step.after !== undefined) return insertAfter(itemEnd(step.after), lines, frame);
        const first = lineStart(frame.text, offsets[0] ?? 0);
        const isOwnLine = standsFirst(frame.text, offsets[0] ?? 0);
        return isOwnLine ? [{ start: first, end: first, text: lines.map((line) => `${line}\n`).join("") }] : undefined;
      }
    }
  });
  return allOf(splices);
}

function itemLines(value: unknown, { frame, indent }: { frame: Frame; indent: string }): readonly string[] {
  const [first = "", ...rest] = blockLines(value, frame.style);
  return [`${indent}- ${first}`, ...indentLines(rest, `${indent}  `)];
}

function replaceItem(
  { start, end, indent }: { readonly start: number; readonly end: number; readonly indent: string },
  wanted: unknown,
  frame: Frame,
): readonly Splice[] {
  const lines = itemLines(wanted, { frame, indent });
  return [{ start, end, text: lines.join("\n").slice(indent.length + 1) }];
}

function mergeFlowMap(map: YAMLMap, wanted: Readonly<Record<string, unknown>>, frame: Frame) {
  const pairs = keyed(map);
  if (pairs.length === 0 || pairs.some(({ key }) => !Object.hasOwn(wanted, key))) return undefined;
  const present = new Set(pairs.map(({ key }) => key));
  const isJson = pairs.every(({ pair }) => isScalar(pair.key) && pair.key.type === Scalar.QUOTE_DOUBLE);
  const added = Object.keys(wanted)
    .filter((key) => !present.has(key))
    .map((key) =>
      isJson ? `${JSON.stringify(key)}: ${JSON.stringify(wanted[key])}` : `${flowText(key)}: ${flowText(wanted[key])}`,
    );
  return allOf([
    ...pairs.map(({ key, pair }) => mergeFlowValue(pair.value, wanted[key], frame)),
    appendFlow(contentEnd(pairs.at(-1)?.pair, frame.text), added),
  ]);
}

function mergeFlowList(list: YAMLSeq, wanted: readonly unknown[], frame: Frame) {
  if (list.items.length === 0 || list.items.length > wanted.length) return undefined;
  return allOf([
    ...list.items.map((item, index) => mergeFlowValue(item, wanted[index], frame)),
    appendFlow(valueEnd(list.items.at(-1), frame.text), wanted.slice(list.items.length).map(flowText)),
  ]);
}

function mergeFlowValue(node: unknown, wanted: unknown, frame: Frame): readonly Splice[] | undefined {
  const merged = mergeNode(node, wanted, frame);
  const end = valueEnd(node, frame.text);
  const start = startOf(node, -1);
  if (merged !== undefined || end === undefined || start < 0) return merged;
  const isJson = isMap(node) && node.items.some(({ key }) => isScalar(key) && key.type === Scalar.QUOTE_DOUBLE);
  return [{ start, end, text: isJson ? JSON.stringify(wanted) : flowText(wanted) }];
}

function appendFlow(end: number | undefined, added: readonly string[]): readonly Splice[] | undefined {
  if (added.length === 0) return [];
  return end === undefined ? undefined : [{ start: end, end, text: added.map((one) => `, ${one}`).join("") }];
}

function allOf(parts: readonly (readonly Splice[] | undefined)[]): readonly Splice[] | undefined {
  return parts.some((part) => part === undefined) ? undefined : parts.flatMap((part) => part ?? []);
}
