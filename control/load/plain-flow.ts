/** Brackets and braces on one line, holding words, quoted texts without escapes, and each other. */
import { NotPlain, plainScalar } from "../../schemas/plain-scalar.ts";
import type { Origin, Traced } from "./traced.ts";

const depthLimit = 20;

/** In brackets: a key with its colon, a quoted text, a word; each where the search stands. */
const flowKey = /([A-Za-z0-9][A-Za-z0-9_./-]{0,200}): +/y;
const flowQuoted = /"([^"\\]*)"(?= *[,\]}])/y;
const flowWord = /[A-Za-z0-9_/.](?:[A-Za-z0-9_/.@+=-]|:(?=[A-Za-z0-9_/.]))*(?= *[,\]}])/y;
const afterFlow = /^(?: +#.*| *)$/;
const spaces = / */y;

export class PlainFlow {
  readonly #text: string;
  readonly #originAt: (at: number) => Origin;
  #at = 0;

  /** `originAt` gives the place of an offset in the text. */
  constructor(text: string, originAt: (at: number) => Origin) {
    this.#text = text;
    this.#originAt = originAt;
  }

  /** All of the text, but for a comment behind it. Throws NotPlain. */
  read(): Traced {
    const tree = this.#value(0);
    if (!afterFlow.test(this.#text.slice(this.#at))) throw new NotPlain();
    return tree;
  }

  #value(depth: number): Traced {
    if (depth > depthLimit) throw new NotPlain();
    const origin = this.#originAt(this.#at);
    const sign = this.#text[this.#at];
    if (sign === "[") return this.#list(origin, depth);
    if (sign === "{") return this.#map(origin, depth);
    const quoted = this.#take(flowQuoted)?.[1];
    if (quoted !== undefined) return { kind: "scalar", value: quoted, origin };
    const word = this.#take(flowWord)?.[0];
    if (word === undefined) throw new NotPlain();
    return { kind: "scalar", value: plainScalar(word), origin };
  }

  #list(origin: Origin, depth: number): Traced {
    const items: Traced[] = [];
    for (this.#at += 1; !this.#ends("]"); this.#separate("]")) items.push(this.#value(depth + 1));
    return { kind: "list", items, origin };
  }

  #map(origin: Origin, depth: number): Traced {
    const entries = new Map<string, Traced>();
    for (this.#at += 1; !this.#ends("}"); this.#separate("}")) {
      const key = this.#take(flowKey)?.[1];
      if (key === undefined || entries.has(key)) throw new NotPlain();
      entries.set(key, this.#value(depth + 1));
    }
    return { kind: "map", entries, origin };
  }

  /** Passes over the closing sign. */
  #ends(close: string): boolean {
    this.#take(spaces);
    if (this.#text[this.#at] !== close) return false;
    this.#at += 1;
    return true;
  }

  /** After an item stands a comma or the end, which is left standing. */
  #separate(close: string): void {
    this.#take(spaces);
    if (this.#text[this.#at] === ",") this.#at += 1;
    else if (this.#text[this.#at] !== close) throw new NotPlain();
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text) ?? undefined;
    this.#at += found?.[0].length ?? 0;
    return found;
  }
}
