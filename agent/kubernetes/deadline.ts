/**
 * The end of a request: when its caller gives up, or when its time is over. AbortSignal.any and AbortSignal.timeout would
 * leave a timer and a listener per request behind on a signal that lives as long as the agent.
 */
import { onAbort } from "../../process/on-abort.ts";

export class Deadline implements Disposable {
  readonly #leave: () => void;
  readonly #timer: NodeJS.Timeout;
  #isOver = false;

  /** `end` is called with the caller's own reason or with that of the clock; at once where the caller has given up already. */
  constructor(outer: AbortSignal, timeoutMs: number, end: (reason: Error) => void) {
    this.#timer = setTimeout(() => {
      this.#isOver = true;
      end(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    this.#leave = onAbort(outer, () => end(outer.reason as Error));
    if (outer.aborted) end(outer.reason as Error);
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
    this.#leave();
  }
}
