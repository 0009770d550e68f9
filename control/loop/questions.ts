/** Questions to another process that wait for their answers, by number. */
export class Questions<Answer> {
  readonly #waiting = new Map<number, PromiseWithResolvers<Answer>>();
  #last = 0;

  /** Asks with a number of its own. Rejects when the question is refused, and with the signal's reason. */
  async ask(send: (id: number) => void, signal?: AbortSignal): Promise<Answer> {
    const id = (this.#last += 1);
    const waiting = Promise.withResolvers<Answer>();
    const giveUp = (): void => waiting.reject(signal?.reason);
    this.#waiting.set(id, waiting);
    signal?.addEventListener("abort", giveUp);
    try {
      send(id);
      return await waiting.promise;
    } finally {
      signal?.removeEventListener("abort", giveUp);
      this.#waiting.delete(id);
    }
  }

  /** An answer that nobody waits for any more is let go. */
  answer(id: number, answer: Answer): void {
    this.#waiting.get(id)?.resolve(answer);
  }

  refuse(id: number, error: Error): void {
    this.#waiting.get(id)?.reject(error);
  }

  /** Who would have answered is gone. */
  refuseAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
  }
}
