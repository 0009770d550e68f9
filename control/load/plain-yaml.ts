/**
 * YAML as nearly everybody writes it (block maps and lists, scalars of one line, literal blocks), read in one pass over the
 * lines: twenty times quicker than the full parser, which builds every token first, and a platform is thousands of small
 * files. It reads less, never otherwise: whatever is not plainly one of these forms is undefined, and the full parser reads
 * the file and finds the words for what is wrong. A test compares the two on generated texts.
 */
import { PlainFlow } from "./plain-flow.ts";
import { NotPlain, plainScalar } from "../../schemas/plain-scalar.ts";
import type { Origin, Traced, TracedMap } from "./traced.ts";

export type PlainDocument = {
  readonly tree: TracedMap;
  /** Of the file, from the document's start mark or first key to the next mark. */
  readonly text: string;
};

/** Longer files are rare, and what bounds them is counted elsewhere. */
const lengthLimit = 20_000;
const depthLimit = 50;

/** The mappings of the file in order, without empty documents; undefined where only the full parser can tell. */
export function readPlainYaml(file: string, text: string): readonly PlainDocument[] | undefined {
  if (text.length > lengthLimit || !text.endsWith("\n") || unusual.test(text)) return undefined;
  try {
    return new PlainReader(file, text).documents();
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

/** Tabs, other line ends, marks, and what the full parser or a terminal treats in a way of its own. */
const unusual = /[^\n\x20-\x7e\u00a1-\u1fff\u2010-\u2027\u2030-\ud7ff]/;

type Line = { readonly indent: number; readonly content: string; readonly offset: number };

const keyed = /^([A-Za-z0-9][A-Za-z0-9_./-]{0,200}):(?: +|$)/;
const doubleQuoted = /^"([^"\\]*)"(?: +#.*)?$/;
const singleQuoted = /^'((?:[^']|'')*)'(?: +#.*)?$/;
class PlainReader {
  readonly #file: string;
  readonly #text: string;
  readonly #lines: readonly Line[];
  #at = 0;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
    this.#lines = splitLines(text);
  }

  documents(): readonly PlainDocument[] {
    const documents: PlainDocument[] = [];
    let start: number | undefined;
    for (let line = this.#next(); line !== undefined; line = this.#next()) {
      if (isMark(line)) {
        start = line.offset;
        this.#at += 1;
        continue;
      }
      if (line.indent !== 0) throw new NotPlain();
      start ??= line.offset;
      const tree = this.#map(0, 0);
      const after = this.#next();
      if (after !== undefined && !isMark(after)) throw new NotPlain();
      documents.push({ tree, text: this.#text.slice(start, after?.offset) });
    }
    return documents;
  }

  /** The next line with something to read; comments and empty lines are passed over. */
  #next(): Line | undefined {
    for (let line = this.#lines[this.#at]; line !== undefined; line = this.#lines[this.#at]) {
      if (line.content !== "" && !line.content.startsWith("#")) return line;
      this.#at += 1;
    }
    return undefined;
  }

  /** The next line of this block; undefined where the block ends. What stands deeper continues what cannot be continued. */
  #nextOf(indent: number): Line | undefined {
    const line = this.#next();
    if (line === undefined || line.indent < indent || isMark(line)) return undefined;
    if (line.indent > indent) throw new NotPlain();
    return line;
  }

  /** `first` is the content of a list item that starts with a key, the rest of the map below it. */
  #map(indent: number, depth: number, first?: Line): TracedMap {
    if (depth > depthLimit) throw new NotPlain();
    const entries = new Map<string, Traced>();
    let origin: Origin | undefined;
    for (let line = first ?? this.#nextOf(indent); line !== undefined; line = this.#nextOf(indent)) {
      const [matched, key] = keyed.exec(line.content) ?? [];
      if (matched === undefined || key === undefined || entries.has(key)) throw new NotPlain();
      origin ??= this.#origin(indent);
      const value = line.content.slice(matched.length);
      const column = indent + matched.length;
      entries.set(key, this.#value({ value, column, indent }, depth + 1));
    }
    if (origin === undefined) throw new NotPlain();
    return { kind: "map", entries, origin };
  }

  #value({ value, column, indent }: { value: string; column: number; indent: number }, depth: number): Traced {
    if (value === "" || value.startsWith("#")) return this.#below(indent, depth);
    if (value === "|" || value === "|-") return this.#literal({ strip: value === "|-", column, indent });
    const scalar = this.#scalar(value, column);
    this.#at += 1;
    return scalar;
  }

  /** A list may stand at its key's own indent. */
  #below(indent: number, depth: number): Traced {
    this.#at += 1;
    const line = this.#next();
    if (line === undefined || isMark(line)) throw new NotPlain();
    if (isItem(line) && line.indent >= indent) return this.#list(line.indent, depth);
    if (line.indent <= indent) throw new NotPlain();
    return this.#map(line.indent, depth);
  }

  #list(indent: number, depth: number): Traced {
    if (depth > depthLimit) throw new NotPlain();
    const items: Traced[] = [];
    const origin = this.#origin(indent);
    for (let line = this.#nextOf(indent); line !== undefined && isItem(line); line = this.#nextOf(indent)) {
      const content = line.content.slice(1).trimStart();
      const column = indent + line.content.length - content.length;
      if (keyed.test(content)) items.push(this.#map(column, depth + 1, { ...line, content }));
      else {
        items.push(this.#scalar(content, column));
        this.#at += 1;
      }
    }
    return { kind: "list", items, origin };
  }

  #scalar(text: string, column: number): Traced {
    const origin = this.#origin(column);
    const double = doubleQuoted.exec(text)?.[1];
    if (double !== undefined) return { kind: "scalar", value: double, origin };
    const single = singleQuoted.exec(text)?.[1];
    if (single !== undefined) return { kind: "scalar", value: single.replaceAll("''", "'"), origin };
    if (text.startsWith("[") || text.startsWith("{"))
      return new PlainFlow(text, (at) => this.#origin(column + at)).read();
    const comment = text.indexOf(" #");
    return { kind: "scalar", value: plainScalar((comment < 0 ? text : text.slice(0, comment)).trimEnd()), origin };
  }

  /** A literal block, from its header to the first line that stands no deeper than the key. */
  #literal({ strip, column, indent }: { strip: boolean; column: number; indent: number }): Traced {
    const origin = this.#origin(column);
    const first = this.#lines[this.#at + 1];
    if (first === undefined || first.content === "" || first.indent <= indent) throw new NotPlain();
    const texts: string[] = [];
    for (this.#at += 1; ; this.#at += 1) {
      const line = this.#lines[this.#at];
      if (line === undefined || (line.content !== "" && line.indent <= indent)) break;
      if (line.content !== "" && line.indent < first.indent) throw new NotPlain();
      texts.push(" ".repeat(Math.max(0, line.indent - first.indent)) + line.content);
    }
    const value = texts.join("\n").replace(/\n+$/, "");
    return { kind: "scalar", value: strip ? value : `${value}\n`, origin };
  }

  /** In the line that is being read; columns count from 0 here. */
  #origin(column: number): Origin {
    return { kind: "field", file: this.#file, line: this.#at + 1, column: column + 1 };
  }
}

function splitLines(text: string): readonly Line[] {
  const lines: Line[] = [];
  for (let offset = 0; offset < text.length;) {
    const end = text.indexOf("\n", offset);
    let start = offset;
    while (text[start] === " ") start += 1;
    lines.push({ indent: start - offset, content: text.slice(start, end), offset });
    offset = end + 1;
  }
  return lines;
}

function isMark({ indent, content }: Line): boolean {
  if (indent > 0) return false;
  if (content.startsWith("---") && content !== "---") throw new NotPlain();
  if (content.startsWith("...") || content.startsWith("%")) throw new NotPlain();
  return content === "---";
}

function isItem({ content }: Line): boolean {
  return content.startsWith("- ");
}
