/** Objects that others name as standing first: who waits for one is told what became of it. */
import { onAbort } from "../process/on-abort.ts";
import type { Change } from "./change.ts";
import type { ApplyStep } from "./step.ts";

export class Named {
  readonly #pending = new Map<string, PromiseWithResolvers<Change | undefined>>();

  /** Of these steps, only what some of them name can be waited for. */
  constructor(steps: readonly ApplyStep[]) {
    const names = new Set(steps.flatMap(({ after = [] }) => after));
    for (const { id } of steps) if (names.has(id)) this.#pending.set(id, Promise.withResolvers());
  }

  /**
   * What became of the object; undefined for one that no step is about, since that stands already. Throws the signal's
   * reason when aborted: whoever was to settle it has stopped too.
   */
  async wait(id: string, signal: AbortSignal): Promise<Change | undefined> {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    signal.throwIfAborted();
    const stopped = Promise.withResolvers<never>();
    const leave = onAbort(signal, () => stopped.reject(signal.reason));
    try {
      return await Promise.race([pending.promise, stopped.promise]);
    } finally {
      leave();
    }
  }

  settle(change: Change): void {
    this.#pending.get(change.step.id)?.resolve(change);
  }
}
