/**
 * A bounded number of things at once, in total and for each key, so that no one takes all of it. Who must wait stands in a
 * queue of bounded length for a bounded time.
 */

export type ShareLimits = {
  readonly total: number;
  readonly perKey: number;
  readonly queued: number;
  readonly queueMs: number;
};

type Waiting = { readonly key: string; readonly start: (slot: Disposable | undefined) => void };

export class FairShare {
  readonly #limits: ShareLimits;
  readonly #usedByKey = new Map<string, number>();
  #used = 0;
  #queue: readonly Waiting[] = [];

  constructor(limits: ShareLimits) {
    this.#limits = limits;
  }

  /** A slot to dispose after use; undefined when the queue is full, the wait too long or the signal aborted. */
  async take(key: string, signal: AbortSignal): Promise<Disposable | undefined> {
    if (signal.aborted) {
      return undefined;
    }
    if (this.#isFree(key)) {
      return this.#occupy(key);
    }
    if (this.#queue.length >= this.#limits.queued) {
      return undefined;
    }
    return await new Promise((resolve) => {
      const giveUp = (): void => waiting.start(undefined);
      const timer = setTimeout(giveUp, this.#limits.queueMs);
      signal.addEventListener("abort", giveUp, { once: true });
      const waiting: Waiting = {
        key,
        start: (slot) => {
          clearTimeout(timer);
          signal.removeEventListener("abort", giveUp);
          this.#queue = this.#queue.filter((other) => other !== waiting);
          resolve(slot);
        },
      };
      this.#queue = [...this.#queue, waiting];
    });
  }

  #isFree(key: string): boolean {
    return this.#used < this.#limits.total && (this.#usedByKey.get(key) ?? 0) < this.#limits.perKey;
  }

  #occupy(key: string): Disposable {
    this.#used += 1;
    this.#usedByKey.set(key, (this.#usedByKey.get(key) ?? 0) + 1);
    let isTaken = true;
    return {
      [Symbol.dispose]: () => {
        if (isTaken) {
          isTaken = false;
          this.#leave(key);
        }
      },
    };
  }

  #leave(key: string): void {
    this.#used -= 1;
    const remaining = (this.#usedByKey.get(key) ?? 1) - 1;
    if (remaining === 0) {
      this.#usedByKey.delete(key);
    } else {
      this.#usedByKey.set(key, remaining);
    }
    // First come, first served, passing over keys that have all they may have.
    const next = this.#queue.find((waiting) => this.#isFree(waiting.key));
    next?.start(this.#occupy(next.key));
  }
}
