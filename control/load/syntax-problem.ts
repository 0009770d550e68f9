/** What the YAML parser could not read, told by the slip that most likely caused it. */
import { type CST, Parser, type YAMLError } from "yaml";
import type { Problem } from "../../schemas/problem.ts";
import { relatedTo } from "../problems/related.ts";
import { firstNeighbour, type LineOff, lineOff } from "./indent-slip.ts";
import type { LineTable } from "./line-table.ts";

export type BrokenText = { readonly file: string; readonly text: string; readonly lines: LineTable };

export const tooDeep = "the document is nested too deeply";
/** One slip can make hundreds of errors; the first places are the ones to mend. */
const errorLimit = 20;

/** One error leads to others at the same slip; what lies far behind the first is not looked at. */
const lookLimit = 200;

/** One Problem a place, in the order of the text. What follows something left open is read wrongly, so it is left out. */
export function syntaxProblems(broken: BrokenText, errors: readonly YAMLError[]): readonly Problem[] {
  const open = findOpen(broken.text);
  const isBefore = ({ pos }: YAMLError): boolean => open === undefined || pos[0] < open.offset;
  const read = errors.filter(isBefore);
  const tabs = read.filter(({ code }) => code === "TAB_AS_INDENT");
  const slips = withoutFollowers(
    withoutTabs(read, tabs, broken)
      .slice(0, lookLimit)
      .map((error) => slipOf(error, broken.text)),
    broken,
  );
  const told = [...slips, ...tabSlips(tabs)].slice(0, errorLimit).map((slip) => problemOf(slip, broken));
  return open === undefined ? told : [...told, tellOpen(open, errors, broken)];
}

/** A line that is off makes errors in itself and in its neighbours, and each place is told once. */
function withoutFollowers(slips: readonly FoundSlip[], { lines }: BrokenText): readonly Slip[] {
  const told: Slip[] = [];
  const offsets = new Set<number>();
  const linesOff = new Set<number>();
  let until = -1;
  let end = -1;
  for (const slip of slips) {
    const { line } = lines.position(slip.offset);
    if (offsets.has(slip.from) || offsets.has(slip.offset) || linesOff.has(line)) continue;
    offsets.add(slip.from).add(slip.offset);
    if (slip.offset < end || (slip.until !== undefined && slip.offset < until)) continue;
    if (slip.until !== undefined) linesOff.add(line);
    until = slip.until ?? until;
    end = slip.isEnd === true ? until : end;
    told.push(slip);
  }
  return told;
}

/** The line of a tab is read as indented otherwise, and so may be the line before it, to which it then belongs. */
function withoutTabs(
  errors: readonly YAMLError[],
  [first]: readonly YAMLError[],
  { text }: BrokenText,
): readonly YAMLError[] {
  if (first === undefined) return errors;
  const line = text.lastIndexOf("\n", Math.max(first.pos[0] - 1, 0));
  const before = text.lastIndexOf("\n", Math.max(line - 1, 0));
  return errors.filter(({ pos }) => pos[0] < before);
}

function tabSlips([first, ...further]: readonly YAMLError[]): readonly Slip[] {
  if (first === undefined) return [];
  const more = further.length === 0 ? "" : `, and in ${further.length} more ${further.length === 1 ? "line" : "lines"}`;
  const message = `a tab stands where YAML reads the indentation${more}`;
  return [{ offset: first.pos[0], message, remedy: "indent with spaces" }];
}

type Slip = {
  readonly offset: number;
  readonly message: string;
  readonly remedy: string;
  /** Of a line that is off: where its neighbours end. */
  readonly until?: number;
  /** Nothing up to there is read. */
  readonly isEnd?: boolean;
};

/** `from`: where the parser noticed it. */
type FoundSlip = Slip & { readonly from: number };

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

function slipOf(error: YAMLError, text: string): FoundSlip {
  const [from] = error.pos;
  const slip = findSlip(error, text) ?? {
    offset: from,
    message: error.code === "RESOURCE_EXHAUSTION" ? tooDeep : error.message,
    remedy: "mend the YAML; nothing of this file is used and nothing it may have held is deleted",
  };
  return { ...slip, from };
}

/** Undefined where the parser's own words are the best there are. */
function findSlip({ code, pos: [start, end] }: YAMLError, text: string): Slip | undefined {
  switch (code) {
    case "BLOCK_AS_IMPLICIT_KEY":
      return findNestedSlip(start, text);
    case "BAD_SCALAR_START":
      return unquotedSlip(start, text.charAt(start));
    case "BAD_ALIAS":
    case "NON_STRING_KEY":
    case "UNEXPECTED_TOKEN":
      return findUnquoted(start, text) ?? findOuterSlip(start, text);
    case "MULTILINE_IMPLICIT_KEY":
      return findColonSlip(start, text.slice(start, end));
    case "BAD_INDENT":
      return findIndentSlip(start, text);
    // At the start of a line it is the dash of a list that is missing.
    case "MISSING_CHAR":
      return text.charAt(start - 1) === "\n" ? findIndentSlip(start, text) : undefined;
    default:
      return undefined;
  }
}

function unquotedSlip(offset: number, sign: string): Slip {
  return { offset, message: `a text without quotes cannot start with ${sign}`, remedy: "put the text in quotes" };
}

const lineReach = 1000;

/** A schedule or a template for what YAML reads as an alias or a map: where the line's value starts. */
function findUnquoted(offset: number, text: string): Slip | undefined {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  if (offset - start > lineReach) return undefined;
  const lead = /^ *(?:- +)*(?:[\w./-]+: +)?(?=(\*|&(?=\s)|\{\{))/.exec(text.slice(start, start + lineReach));
  return lead === null ? undefined : unquotedSlip(start + lead[0].length, lead[1] ?? "");
}

/** A map where a value stands already: in the same line behind a second colon, or in the next, which is indented too far. */
function findNestedSlip(start: number, text: string): Slip {
  const value = /^(?:"[^"\n]*"|'[^'\n]*'|(?:[^\n:]|:(?=\S))*)\n\s*(?=\S)/;
  const offset = start + (/^ */.exec(text.slice(start, start + lineReach))?.[0].length ?? 0);
  if (text.startsWith("- ", offset)) return findIndentSlip(offset, text) ?? unevenSlip({ offset, until: offset });
  const next = value.exec(text.slice(start, start + 10_000))?.[0].length;
  if (next !== undefined) return unevenSlip(lineOff(text, start, start + next));
  return {
    offset: start,
    message: "a second `: ` stands in one line",
    remedy: "put the text in quotes, or start a new line for the inner field",
  };
}

function unevenSlip(off: LineOff): Slip {
  return {
    ...off,
    message: "this line is indented differently from its neighbours",
    remedy: "start the fields of one map, or the items of one list, in the same column",
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

/** The error stands before the blanks of the line that does not fit, or behind them. */
function findIndentSlip(start: number, text: string): Slip | undefined {
  const line = text.lastIndexOf("\n", start - 1) + 1;
  const blanks = /^ */.exec(text.slice(line, line + lineReach))?.[0].length ?? 0;
  const offset = line + blanks;
  if (start > offset) return undefined;
  if (/[\]}]/.test(text.charAt(offset)))
    return {
      offset,
      message: `this ${text.charAt(offset)} stands too far left`,
      remedy: "indent it further than the field it belongs to",
    };
  if (/\s/.test(text.charAt(offset))) return undefined;
  const neighbour = firstNeighbour(text, offset);
  return unevenSlip(neighbour === undefined ? { offset, until: offset } : lineOff(text, neighbour, offset));
}

/** A line at the very left ends a document whose first line is indented, and nothing behind it is read. */
function findOuterSlip(start: number, text: string): Slip | undefined {
  if (start === 0 || text.charAt(start - 1) !== "\n" || !/[\w"']/.test(text.charAt(start))) return undefined;
  const end = text.indexOf("\n---", start);
  return { ...unevenSlip({ offset: start, until: end < 0 ? text.length : end }), isEnd: true };
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
