/**
 * YAML as `writeStateYaml` writes it, read in one pass: three times quicker than the full parser and without its garbage, and
 * an agent that starts reads every Release of its plane. It reads less, never otherwise: what is not plainly one of the
 * canonical forms is undefined, and the full parser has the last word. A test compares the two on generated texts.
 */
import { NotPlain, plainScalar } from "./plain-scalar.ts";

/** The text's value; undefined when only the full parser can tell. Never throws. */
export function readCanonicalYaml(text: string): { readonly value: unknown } | undefined {
  if (!text.endsWith("\n") || foreign.test(text) || !text.isWellFormed()) return undefined;
  try {
    return { value: new CanonicalReader(text).read() };
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

/** Control characters, line ends other than LF, marks of byte order. */
const foreign =
  // oxlint-disable-next-line no-control-regex -- the very thing that is looked for
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/;
const plainKey = /^[A-Za-z_./][A-Za-z0-9_./-]*$/;
const quotedKey = /'((?:[^'\n]|'')*)'(?=:[ \n])/y;
const integer = /^(?:0|-?[1-9][0-9]{0,14})$/;
const decimal = /^-?(?:0|[1-9][0-9]{0,8})\.[0-9]{0,6}[1-9]$/;
/** What some schema of YAML takes for a number, a date or a time of day. */
const numberLike =
  /^(?:0x[0-9a-f_]+|0o[0-7_]+|0b[01_]+|[0-9][0-9_,]*(?:\.[0-9_.]*)?(?:e[-+]?[0-9]+)?|[0-9]{4}-[0-9].*|[0-9]+(?::[0-9.]+)+)$/i;
const jsonEscapes = /^"(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"$/;
const deepest = 100;
const step = 2;
const space = 0x20;
const lineFeed = 0x0a;
const dash = 0x2d;
const quote = 0x27;

class CanonicalReader {
  readonly #text: string;
  /** Of the line that is read: where it begins to say something, how far that is indented, and where it ends. */
  #at = 0;
  #indent = 0;
  #end = 0;
  /** Judged already: a Release says most of its keys and many of its scalars again and again. */
  readonly #keys = new Map<string, string>();
  readonly #scalars = new Map<string, unknown>();

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
    return this.#findKey() !== undefined;
  }

  /** Passes over the key and its colon. */
  #key(): string {
    const found = this.#findKey();
    if (found === undefined) throw new NotPlain();
    this.#at += found.length + 1;
    return found.key;
  }

  /** The key that the line starts with here, and its length as it is written. */
  #findKey(): { readonly key: string; readonly length: number } | undefined {
    if (this.#text.charCodeAt(this.#at) === quote) return this.#findQuotedKey();
    const colon = this.#text.indexOf(":", this.#at);
    const after = this.#text.charCodeAt(colon + 1);
    if (colon === -1 || colon > this.#end || (after !== space && after !== lineFeed)) return undefined;
    const written = this.#text.slice(this.#at, colon);
    let key = this.#keys.get(written);
    if (key === undefined) {
      if (!plainKey.test(written)) return undefined;
      key = keyOf(plainScalar(written));
      this.#keys.set(written, key);
    }
    return { key, length: written.length };
  }

  #findQuotedKey(): { readonly key: string; readonly length: number } | undefined {
    quotedKey.lastIndex = this.#at;
    const [written, inner = ""] = quotedKey.exec(this.#text) ?? [];
    return written === undefined ? undefined : { key: keyOf(inner.replaceAll("''", "'")), length: written.length };
  }

  /** The rest of the line, or the block that it announces; then the next line is open. */
  #scalar(indent: number): unknown {
    const text = this.#text.slice(this.#at, this.#end);
    if (text === "|" || text === "|-") return this.#literal(indent, text === "|-");
    this.#open(this.#end + 1);
    if (text === "[]" || text === "{}") return text === "[]" ? [] : {};
    let value = this.#scalars.get(text);
    if (value === undefined) {
      value = scalarOf(text);
      this.#scalars.set(text, value);
    }
    return value;
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

function keyOf(value: string | number | boolean): string {
  if (typeof value !== "string" || value === "__proto__") throw new NotPlain();
  return value;
}

function scalarOf(text: string): unknown {
  if (text.startsWith("'")) return singleQuoted(text);
  return text.startsWith('"') ? doubleQuoted(text) : plain(text);
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
