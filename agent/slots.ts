/**
 * A bounded number of things at once; who comes first goes first, and who is told to stop leaves the line. The bound may
 * change: what has begun goes on, and what is above it is not begun anew.
 */
import { onAbort } from "../process/on-abort.ts";

export class Slots {
  #count: number;
  #taken = 0;
  readonly #waiting = new Set<() => void>();

  constructor(count: number) {
    this.#count = count;
  }

  /** How many are taken now. */
  get taken(): number {
    return this.#taken;
  }

  resize(count: number): void {
    this.#count = count;
    this.#admit();
  }

  /** Waits for a slot and answers what gives it back, to be called once. Rejects with the signal's reason. */
  async take(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#taken < this.#count) this.#taken += 1;
    else await this.#queue(signal);
    return () => this.#giveBack();
  }

  /** Runs the work when a slot is free and answers what it answers. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const giveBack = await this.take();
    try {
      return await work();
    } finally {
      giveBack();
    }
  }

  /** Every item through `work`, results in the items' order. The first failure is thrown after all that started have ended. */
  async map<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
    return await allEnded(items.map((item) => this.run(() => work(item))));
  }

  #queue(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const stay =
        signal === undefined
          ? undefined
          : onAbort(signal, () => {
              this.#waiting.delete(enter);
              reject(signal.reason as Error);
            });
      const enter = (): void => {
        stay?.();
        resolve();
      };
      this.#waiting.add(enter);
    });
  }

  #giveBack(): void {
    this.#taken -= 1;
    this.#admit();
  }

  /** A freed slot goes straight to the next in line, so that nobody overtakes. */
  #admit(): void {
    for (const next of this.#waiting) {
      if (this.#taken >= this.#count) return;
      this.#taken += 1;
      this.#waiting.delete(next);
      next();
    }
  }
}

/** What the works answer, in order. The first failure is thrown after all have ended: nothing goes on behind the caller. */
export async function allEnded<T>(works: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(works);
  return settled.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}
