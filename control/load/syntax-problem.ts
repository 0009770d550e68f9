/** What the YAML parser could not read, told by the slip that most likely caused it. */
import { type CST, Parser, type YAMLError } from "yaml";
import type { Problem } from "../../schemas/problem.ts";
import { relatedTo } from "../problems/related.ts";
import type { LineTable } from "./line-table.ts";

export type BrokenText = { readonly file: string; readonly text: string; readonly lines: LineTable };

export const tooDeep = "the document is nested too deeply";
/** One slip can make hundreds of errors; the first places are the ones to mend. */
const errorLimit = 20;

/** One Problem a place, in the order of the text. What follows something left open is read wrongly, so it is left out. */
export function syntaxProblems(broken: BrokenText, errors: readonly YAMLError[]): readonly Problem[] {
  const open = findOpen(broken.text);
  const isBefore = ({ pos }: YAMLError): boolean => open === undefined || pos[0] < open.offset;
  const first = new Map(
    errors
      .filter(isBefore)
      .map((error) => [error.pos[0], error] as const)
      .toReversed(),
  );
  const told = [...first.values()]
    .toReversed()
    .slice(0, errorLimit)
    .map((error) => tellError(error, broken));
  return open === undefined ? told : [...told, tellOpen(open, errors, broken)];
}

type Slip = { readonly offset: number; readonly message: string; readonly remedy: string };

function problemOf({ offset, message, remedy }: Slip, { file, lines }: BrokenText): Problem {
  return { code: "yaml-syntax", severity: "error", message, place: { file, ...lines.position(offset) }, remedy };
}

type Open = { readonly offset: number; readonly sign: string };

function tellOpen({ offset, sign }: Open, errors: readonly YAMLError[], broken: BrokenText): Problem {
  const closing =
    new Map([
      ["[", "]"],
      ["{", "}"],
    ]).get(sign) ?? sign;
  const message = `the ${sign} that is opened here is never closed`;
  const problem = problemOf({ offset, message, remedy: `write the ${closing} that closes it` }, broken);
  const end = errors.find(({ pos }) => pos[0] > offset);
  if (end === undefined) return problem;
  const place = { file: broken.file, ...broken.lines.position(end.pos[0]) };
  if (place.line === problem.place.line) return problem;
  return { ...problem, ...relatedTo([{ place, message: "at the latest it closes before this" }]) };
}

function tellError(error: YAMLError, broken: BrokenText): Problem {
  const slip = findSlip(error, broken.text) ?? {
    offset: error.pos[0],
    message: error.code === "RESOURCE_EXHAUSTION" ? tooDeep : error.message,
    remedy: "mend the YAML; nothing of this file is used and nothing it may have held is deleted",
  };
  return problemOf(slip, broken);
}

/** Undefined where the parser's own words are the best there are. */
function findSlip({ code, pos: [start, end] }: YAMLError, text: string): Slip | undefined {
  switch (code) {
    case "TAB_AS_INDENT":
      return { offset: start, message: "a tab stands where YAML reads the indentation", remedy: "indent with spaces" };
    case "BLOCK_AS_IMPLICIT_KEY":
      return findNestedSlip(start, text);
    case "BAD_SCALAR_START":
      return {
        offset: start,
        message: `a text without quotes cannot start with ${text.charAt(start)}`,
        remedy: "put it in quotes",
      };
    case "MULTILINE_IMPLICIT_KEY":
      return findColonSlip(start, text.slice(start, end));
    case "BAD_INDENT":
      return findIndentSlip(start, text);
    default:
      return undefined;
  }
}

/** A map where a value stands already: in the same line behind a second colon, or in the next, which is indented too far. */
function findNestedSlip(start: number, text: string): Slip {
  const next = /^[^\n:]*\n\s*(?=\S)/.exec(text.slice(start, start + 10_000))?.[0].length;
  if (next !== undefined)
    return {
      offset: start + next,
      message: "this line is indented further than the one before, which has a value already",
      remedy: "start the fields of one map in the same column",
    };
  return {
    offset: start,
    message: "a second `: ` stands in one line",
    remedy: "put the text in quotes, or start a new line for the inner field",
  };
}

/** What is read as a name over several lines is mostly a first line whose colon is missing, or has no space behind it. */
function findColonSlip(start: number, name: string): Slip {
  const line = /^[^\n]*/.exec(name)?.[0] ?? "";
  const colon = /^[\w./-]+:(?=[^\s/])/.exec(line)?.[0];
  if (colon !== undefined)
    return {
      offset: start + colon.length - 1,
      message: "no space stands after this colon, so it is read as part of the name",
      remedy: "put a space after the colon",
    };
  return {
    offset: start,
    message: "this line has no colon, so it is read together with the next as one name",
    remedy: "write a colon and a space after the field's name",
  };
}

/** The error stands before the blanks of the line that does not fit. */
function findIndentSlip(start: number, text: string): Slip | undefined {
  const blanks = /^ */.exec(text.slice(start, start + 1000))?.[0].length ?? 0;
  const offset = start + blanks;
  if (/[\]}]/.test(text.charAt(offset)))
    return {
      offset,
      message: `this ${text.charAt(offset)} stands too far left`,
      remedy: "indent it further than the field it belongs to",
    };
  if ((start > 0 && text.charAt(start - 1) !== "\n") || /\s/.test(text.charAt(offset))) return undefined;
  return {
    offset,
    message: "the indentation of this line fits no line before it",
    remedy: "start the fields of one map, or the items of one list, in the same column",
  };
}

/** The first bracket, brace or quote that is left open, and of those inside each other the innermost. */
function findOpen(text: string): Open | undefined {
  for (const token of new Parser().parse(text)) {
    const open = openIn(token);
    if (open !== undefined) return open;
  }
  return undefined;
}

/** Walks with a stack of its own: a broken text may be nested deeper than calls go. */
function openIn(root: CST.Token): Open | undefined {
  const rest: CST.Token[] = [root];
  let found: Open | undefined;
  for (let token = rest.pop(); token !== undefined; token = rest.pop()) {
    const open = openSign(token);
    if (open !== undefined) {
      found = open;
      rest.length = 0; // what is left open inside it is nearer to the slip than what follows
    }
    rest.push(...childrenOf(token).toReversed());
  }
  return found;
}

function openSign(token: CST.Token): Open | undefined {
  if (token.type === "flow-collection") {
    const isClosed = token.end.some(({ type }) => type === "flow-map-end" || type === "flow-seq-end");
    return isClosed ? undefined : { offset: token.start.offset, sign: token.start.source };
  }
  if (token.type !== "single-quoted-scalar" && token.type !== "double-quoted-scalar") return undefined;
  const quote = token.source.charAt(0);
  return token.source.length > 1 && token.source.endsWith(quote) ? undefined : { offset: token.offset, sign: quote };
}

function childrenOf(token: CST.Token): readonly CST.Token[] {
  if (token.type === "document") return token.value === undefined ? [] : [token.value];
  if (token.type !== "block-map" && token.type !== "block-seq" && token.type !== "flow-collection") return [];
  return token.items.flatMap(({ key, value }) => [key, value]).filter((child) => child !== undefined && child !== null);
}
