/**
 * YAML as `writeStateYaml` writes it, read in one pass: ten times quicker than the full parser and without its garbage, and
 * an agent that starts reads every Release of its plane. It reads less, never otherwise: what is not plainly one of the
 * canonical forms is undefined, and the full parser has the last word. A test compares the two on generated texts.
 */
import { NotPlain, plainScalar } from "./plain-scalar.ts";

/** The text's value; undefined when only the full parser can tell. Never throws. */
export function readCanonicalYaml(text: string): { readonly value: unknown } | undefined {
  if (!text.endsWith("\n") || foreign.test(text)) return undefined;
  try {
    return { value: new CanonicalReader(text).read() };
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

/** Control characters, line ends other than LF, marks of byte order, halves of characters. */
const foreign =
  // oxlint-disable-next-line no-control-regex -- the very thing that is looked for
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const plainKey = /[A-Za-z_./][A-Za-z0-9_./-]*(?=:[ \n])/y;
const quotedKey = /'((?:[^'\n]|'')*)'(?=:[ \n])/y;
const integer = /^(?:0|-?[1-9][0-9]{0,14})$/;
const decimal = /^-?(?:0|[1-9][0-9]{0,8})\.[0-9]{0,6}[1-9]$/;
/** What some schema of YAML takes for a number, a date or a time of day. */
const numberLike = /^[0-9][0-9_.,:eExXoObBtTzZ+-]*$/;
const jsonEscapes = /^"(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"$/;
const deepest = 100;
const step = 2;
const space = 0x20;
const dash = 0x2d;

class CanonicalReader {
  readonly #text: string;
  /** Of the line that is read: where it begins to say something, how far that is indented, and where it ends. */
  #at = 0;
  #indent = 0;
  #end = 0;

  constructor(text: string) {
    this.#text = text;
    this.#open(0);
  }

  read(): unknown {
    const value = this.#block(0, 0);
    if (this.#indent !== -1) throw new NotPlain();
    return value;
  }

  /** Goes to the line that starts here; beyond the last one the indent is -1. */
  #open(start: number): void {
    if (start >= this.#text.length) {
      this.#indent = -1;
      return;
    }
    let at = start;
    while (this.#text.charCodeAt(at) === space) at += 1;
    this.#end = this.#text.indexOf("\n", at);
    if (at === this.#end) throw new NotPlain();
    this.#at = at;
    this.#indent = at - start;
  }

  #block(indent: number, depth: number): unknown {
    if (this.#indent !== indent || depth > deepest) throw new NotPlain();
    return this.#isItem() ? this.#list(indent, depth) : this.#map(indent, depth);
  }

  #isItem(): boolean {
    return this.#text.charCodeAt(this.#at) === dash && this.#text.charCodeAt(this.#at + 1) === space;
  }

  #list(indent: number, depth: number): unknown[] {
    const items: unknown[] = [];
    while (this.#indent === indent && this.#isItem()) {
      this.#at += step;
      // What follows the dash on its line is as if it stood on a line of its own.
      this.#indent += step;
      items.push(
        this.#isItem() || this.#startsWithKey() ? this.#block(indent + step, depth + 1) : this.#scalar(indent),
      );
    }
    if (this.#indent >= indent) throw new NotPlain();
    return items;
  }

  /** Keys in the order of the writer, which is also how one that stands twice is found. */
  #map(indent: number, depth: number): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    let previous: string | undefined;
    while (this.#indent === indent) {
      const key = this.#key();
      if (previous !== undefined && key <= previous) throw new NotPlain();
      previous = key;
      if (this.#at === this.#end) {
        this.#open(this.#end + 1);
        map[key] = this.#block(indent + step, depth + 1);
      } else {
        this.#at += 1;
        map[key] = this.#scalar(indent);
      }
    }
    if (this.#indent > indent) throw new NotPlain();
    return map;
  }

  #startsWithKey(): boolean {
    return this.#match(plainKey) !== undefined || this.#match(quotedKey) !== undefined;
  }

  /** Passes over the key and its colon. */
  #key(): string {
    const plain = this.#match(plainKey);
    const quoted = plain === undefined ? this.#match(quotedKey) : undefined;
    const found = plain ?? quoted;
    if (found === undefined) throw new NotPlain();
    this.#at += found[0].length + 1;
    const key = quoted === undefined ? plainScalar(found[0]) : (quoted[1] ?? "").replaceAll("''", "'");
    if (typeof key !== "string" || key === "__proto__") throw new NotPlain();
    return key;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text) ?? undefined;
  }

  /** The rest of the line, or the block that it announces; then the next line is open. */
  #scalar(indent: number): unknown {
    const text = this.#text.slice(this.#at, this.#end);
    if (text === "|" || text === "|-") return this.#literal(indent, text === "|-");
    this.#open(this.#end + 1);
    return scalarOf(text);
  }

  #literal(indent: number, isStripped: boolean): string {
    const lines: string[] = [];
    let own = 0;
    let start = this.#end + 1;
    for (;;) {
      const end = this.#text.indexOf("\n", start);
      if (end === -1) break;
      let at = start;
      while (this.#text.charCodeAt(at) === space) at += 1;
      if (at === end) {
        if (at > start || lines.length === 0) throw new NotPlain();
        lines.push("");
      } else {
        if (lines.length === 0) own = at - start;
        if (at - start < own || own <= indent) break;
        lines.push(this.#text.slice(start + own, end));
      }
      start = end + 1;
    }
    if (lines.length === 0) throw new NotPlain();
    const last = lines.findLastIndex((line) => line !== "");
    // Line feeds that the writer would have kept with another mark, or that stand between two entries.
    if (last < lines.length - 1) throw new NotPlain();
    this.#open(start);
    const value = lines.join("\n");
    return isStripped ? value : `${value}\n`;
  }
}

function scalarOf(text: string): unknown {
  switch (text.charCodeAt(0)) {
    case 0x27:
      return singleQuoted(text);
    case 0x22:
      return doubleQuoted(text);
    case 0x5b:
      if (text === "[]") return [];
      throw new NotPlain();
    case 0x7b:
      if (text === "{}") return {};
      throw new NotPlain();
    default:
      return plain(text);
  }
}

function singleQuoted(text: string): string {
  const inner = text.slice(1, -1);
  if (text.length < 2 || !text.endsWith("'")) throw new NotPlain();
  if (!inner.includes("'")) return inner;
  if (inner.replaceAll("''", "").includes("'")) throw new NotPlain();
  return inner.replaceAll("''", "'");
}

function doubleQuoted(text: string): string {
  if (!jsonEscapes.test(text)) throw new NotPlain();
  const value: unknown = JSON.parse(text);
  if (typeof value !== "string" || !value.isWellFormed()) throw new NotPlain();
  return value;
}

function plain(text: string): unknown {
  if (text === "null") return null;
  if (integer.test(text) || decimal.test(text)) return Number(text);
  if (text.endsWith(" ") || text.endsWith(":") || numberLike.test(text)) throw new NotPlain();
  return plainScalar(text);
}
