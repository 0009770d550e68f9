/**
 * A signal that follows a caller's and also ends by itself. AbortSignal.any and AbortSignal.timeout would leave a timer and
 * a listener per request behind on a signal that lives as long as the agent.
 */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #follow = (): void => this.#controller.abort(this.#outer.reason);
  readonly #timer: NodeJS.Timeout;
  #isOver = false;

  constructor(outer: AbortSignal, timeoutMs: number) {
    this.#outer = outer;
    this.#timer = setTimeout(() => {
      this.#isOver = true;
      this.#controller.abort(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    outer.addEventListener("abort", this.#follow, { once: true });
    if (outer.aborted) this.#follow();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether the time ran out, rather than the caller giving up. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** From now on only the caller's signal counts. */
  stopClock(): void {
    clearTimeout(this.#timer);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#outer.removeEventListener("abort", this.#follow);
  }
}
