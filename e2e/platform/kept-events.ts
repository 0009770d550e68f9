/** Events asked for one by one, until a deadline or without: what a deadline left pending is the next answer, so none is lost. */
export class KeptEvents<T> {
  readonly #events: AsyncIterator<T, void, undefined>;
  #pending: Promise<IteratorResult<T, void>> | undefined;

  constructor(events: AsyncIterator<T, void, undefined>) {
    this.#events = events;
  }

  async next(): Promise<IteratorResult<T, void>> {
    this.#pending ??= this.#events.next();
    const result = await this.#pending;
    this.#pending = undefined;
    return result;
  }

  /** Undefined when the deadline comes first. */
  async nextUntil(deadline: AbortSignal): Promise<IteratorResult<T, void> | undefined> {
    if (deadline.aborted) return undefined;
    this.#pending ??= this.#events.next();
    const late = Promise.withResolvers<undefined>();
    const giveUp = (): void => late.resolve(undefined);
    deadline.addEventListener("abort", giveUp, { once: true });
    const result = await Promise.race([this.#pending, late.promise]);
    deadline.removeEventListener("abort", giveUp);
    if (result !== undefined) this.#pending = undefined;
    return result;
  }
}
