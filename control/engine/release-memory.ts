/**
 * Which blob each Release of a Binding is, by what it is made of: a Binding that comes to the same again is not rendered
 * again, be it in the same process or in the next one. Nothing else is taken from here. Problems, places and routes are made
 * of the specs, and where a plane's branch holds another blob than remembered the Release is rendered and that is written.
 * So a memory that is wrong, whoever made it so, can have nothing written that the specs do not say; that it keeps nothing
 * from being written either is proven by rendering what was recalled once nothing else is to be done.
 */
import type { ObjectFormat } from "../../git/object-id.ts";
import type { Oid } from "../../git/repository.ts";

/** The blob of a Release's file. */
export type KnownBlob = {
  /** In the formats that were asked for. */
  readonly ids: Map<ObjectFormat, Oid>;
  /** Whether this process has made the ids of the text itself. */
  isProven: boolean;
};

export type RememberedRelease = { readonly print: string; readonly blob: KnownBlob };

export class ReleaseMemory {
  readonly #byKey: Map<string, RememberedRelease>;
  /** How often something was recalled since the start. */
  recalled = 0;
  /** How often something came to be another than before, or to be forgotten. */
  changes = 0;

  /** By rememberedKeys. */
  constructor(remembered: Iterable<readonly [key: string, remembered: RememberedRelease]> = []) {
    this.#byKey = new Map(remembered);
  }

  get size(): number {
    return this.#byKey.size;
  }

  recall(key: string, print: string): KnownBlob | undefined {
    const known = this.#byKey.get(key);
    if (known?.print !== print) return undefined;
    this.recalled += 1;
    return known.blob;
  }

  /** Only what was rendered without a Problem, since Problems are not remembered. */
  remember(key: string, remembered: RememberedRelease): void {
    this.#byKey.set(key, remembered);
    this.changes += 1;
  }

  forget(key: string): void {
    if (this.#byKey.delete(key)) this.changes += 1;
  }

  /** What is remembered of these, in their order. */
  of(keys: Iterable<string>): readonly (readonly [key: string, remembered: RememberedRelease])[] {
    return Array.from(keys).flatMap((key) => {
      const known = this.#byKey.get(key);
      return known === undefined ? [] : [[key, known] as const];
    });
  }
}
