/**
 * A bounded number of things at once; who comes first goes first, save for those who ask ahead of the line, and who is told
 * to stop leaves it. The bound may change: what has begun goes on, and what is above it is not begun anew.
 */
import { onAbort } from "../process/on-abort.ts";

/** A way into slots that others share. */
export type Line = {
  /** Runs the work when a slot is free and answers what it answers. */
  run<T>(work: () => Promise<T>): Promise<T>;
};

export class Slots implements Line {
  #count: number;
  #taken = 0;
  readonly #waiting = new Set<() => void>();
  readonly #waitingAhead = new Set<() => void>();
  /** For what belongs to something that has begun: before everybody who waits in the line itself. */
  readonly ahead: Line = { run: async (work) => await this.#run(await this.#takeFrom(this.#waitingAhead), work) };

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
    return await this.#takeFrom(this.#waiting, signal);
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    return await this.#run(await this.take(), work);
  }

  /** Every item through `work`, results in the items' order. The first failure is thrown after all that started have ended. */
  async map<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
    return await allEnded(items.map((item) => this.run(() => work(item))));
  }

  async #takeFrom(waiting: Set<() => void>, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#taken < this.#count) this.#taken += 1;
    else await this.#queue(waiting, signal);
    return () => this.#giveBack();
  }

  async #run<T>(giveBack: () => void, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      giveBack();
    }
  }

  #queue(waiting: Set<() => void>, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const stay =
        signal === undefined
          ? undefined
          : onAbort(signal, () => {
              waiting.delete(enter);
              reject(signal.reason as Error);
            });
      const enter = (): void => {
        stay?.();
        resolve();
      };
      waiting.add(enter);
    });
  }

  #giveBack(): void {
    this.#taken -= 1;
    this.#admit();
  }

  /** A freed slot goes straight to the next in line, so that nobody overtakes. */
  #admit(): void {
    for (const waiting of [this.#waitingAhead, this.#waiting]) {
      for (const next of waiting) {
        if (this.#taken >= this.#count) return;
        this.#taken += 1;
        waiting.delete(next);
        next();
      }
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
