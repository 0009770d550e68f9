/** Keeps the local clone tidy: every fetch and every report leaves a few files there, and nothing else folds them together. */
import type { Log } from "./log.ts";
import { sleep } from "./backoff.ts";

export type Upkeep = {
  readonly maintain: () => Promise<unknown>;
  readonly everyMs: number;
  readonly log: Log;
  readonly signal: AbortSignal;
};

/** Maintains now and then until aborted. A failure is said and does not end it. */
export async function keepTidy({ maintain, everyMs, log, signal }: Upkeep): Promise<void> {
  while (!signal.aborted) {
    try {
      await sleep(everyMs, signal);
      await maintain();
    } catch (error) {
      if (!signal.aborted) log.warn({ error }, "the local clone could not be tidied");
    }
  }
}
