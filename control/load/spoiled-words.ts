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
  /** By kind and word the first file with a text that has both. */
  readonly #fileByKind = new Map<string, Map<string, string>>();
  readonly #bindings: readonly { readonly file: string; readonly words: ReadonlySet<string> }[];

  constructor(spoiled: readonly Spoiled[]) {
    this.#anything = spoiled.find(({ text, mayHoldMore }) => mayHoldMore || couldSpell(text))?.file;
    this.#spoiled = spoiled;
    const bindings: { file: string; words: Set<string> }[] = [];
    for (const { file, text } of spoiled) {
      const words = new Set(text.match(/[A-Za-z0-9-]+/g));
      for (const word of words) if (!this.#fileByWord.has(word)) this.#fileByWord.set(word, file);
      for (const kind of words) if (/^[A-Z]/.test(kind)) this.#addKind(kind, { file, words });
      if (bindingKinds.some((kind) => words.has(kind))) bindings.push({ file, words });
    }
    this.#bindings = bindings;
  }

  #addKind(kind: string, { file, words }: { readonly file: string; readonly words: ReadonlySet<string> }): void {
    const known = this.#fileByKind.get(kind) ?? new Map<string, string>();
    for (const word of words) if (!known.has(word)) known.set(word, file);
    this.#fileByKind.set(kind, known);
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

  /** The first file with a spoiled text that plainly names this kind and this name. */
  fileNaming(kind: string, name: string): string | undefined {
    return this.#fileByKind.get(kind)?.get(name);
  }

  /** The first file that may have held both: plainly, or because it may have held anything. */
  holderOfKind(kind: string, name: string): string | undefined {
    return this.fileNaming(kind, name) ?? this.#anything;
  }

  /** The first file with a spoiled text that plainly names a Binding, this component and this environment. */
  fileBinding(component: string, environment: string): string | undefined {
    return this.#bindings.find(({ words }) => words.has(component) && words.has(environment))?.file;
  }
}

/** Escapes (in double quotes, all start with a backslash) could spell any name; so could bytes that are not text. */
function couldSpell(text: string): boolean {
  return text.includes("\\") || text.includes("\0");
}
