/**
 * Who may write the objects of a Release now: the round that is bringing a revision, or whoever puts drift right. A round
 * closes everything until it knows which Releases it is about; those it keeps until its end.
 */
export class Turns {
  readonly #busy = new Map<string, Set<Promise<void>>>();
  readonly #onOpen: () => void;
  #claimed: ReadonlySet<string> | "all" | undefined;

  /** `onOpen` is called when a Release that was refused before may be had again. */
  constructor(onOpen: () => void) {
    this.#onOpen = onOpen;
  }

  /** A round begins. */
  close(): void {
    this.#claimed = "all";
  }

  /** The round is about these paths. Resolves when nobody else is writing them. */
  async claim(paths: readonly string[]): Promise<void> {
    this.#claimed = new Set(paths);
    await Promise.all(paths.flatMap((path) => [...(this.#busy.get(path) ?? [])]));
    this.#onOpen();
  }

  /** The round has ended. */
  open(): void {
    this.#claimed = undefined;
    this.#onOpen();
  }

  /** Does the work unless a round has the path now; answers whether it did. */
  async take(path: string, work: () => Promise<void>): Promise<boolean> {
    if (this.#claimed === "all" || this.#claimed?.has(path) === true) return false;
    const works = this.#busy.get(path) ?? new Set();
    this.#busy.set(path, works);
    const { promise, resolve } = Promise.withResolvers<void>();
    works.add(promise);
    try {
      await work();
    } finally {
      works.delete(promise);
      if (works.size === 0) this.#busy.delete(path);
      resolve();
    }
    return true;
  }
}
