/** The words of texts that could not be used, indexed so that thousands of names can be looked for in thousands of texts. */
import { bindingKinds } from "../../schemas/kinds.ts";

/** A text that could not be used, and whether it may have held more than it names. */
export type SpoiledText = { readonly text: string; readonly mayHoldMore: boolean };

type Spoiled = SpoiledText & { readonly file: string };

export class SpoiledWords {
  /** The first file that may have held any name at all. */
  readonly #anything: string | undefined;
  readonly #spoiled: readonly Spoiled[];
  readonly #fileByWord = new Map<string, string>();
  readonly #wordsByKind = new Map<string, Set<string>>();
  readonly #bindings: readonly ReadonlySet<string>[];

  constructor(spoiled: readonly Spoiled[]) {
    this.#anything = spoiled.find(({ text, mayHoldMore }) => mayHoldMore || couldSpell(text))?.file;
    this.#spoiled = spoiled;
    const bindings: Set<string>[] = [];
    for (const { file, text } of spoiled) {
      const words = new Set(text.match(/[A-Za-z0-9-]+/g));
      for (const word of words) if (!this.#fileByWord.has(word)) this.#fileByWord.set(word, file);
      for (const kind of words) if (/^[A-Z]/.test(kind)) this.#addKind(kind, words);
      if (bindingKinds.some((kind) => words.has(kind))) bindings.push(words);
    }
    this.#bindings = bindings;
  }

  #addKind(kind: string, words: ReadonlySet<string>): void {
    const known = this.#wordsByKind.get(kind) ?? new Set<string>();
    for (const word of words) known.add(word);
    this.#wordsByKind.set(kind, known);
  }

  /** The first file that may have held the name, in whatever way. */
  holderOf(name: string): string | undefined {
    return (
      this.#anything ??
      this.#fileByWord.get(name) ??
      // Two words may have run together in a broken file.
      this.#spoiled.find(({ text }) => text.includes(name))?.file
    );
  }

  /** Whether a spoiled text plainly names this kind and this name. */
  couldBe(kind: string, name: string): boolean {
    return this.#wordsByKind.get(kind)?.has(name) === true;
  }

  /** Whether a spoiled text plainly names a Binding, this component and this environment. */
  couldBind(component: string, environment: string): boolean {
    return this.#bindings.some((words) => words.has(component) && words.has(environment));
  }
}

/** Escapes (in double quotes, all start with a backslash) could spell any name; so could bytes that are not text. */
function couldSpell(text: string): boolean {
  return text.includes("\\") || text.includes("\0");
}
