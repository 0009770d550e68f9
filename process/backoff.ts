/**
 * Waiting between attempts: exponential growth with full jitter (a random delay between nothing and the bound), which spreads
 * many clients that failed together better than equal or decorrelated jitter does.
 */

import { setTimeout as timeout } from "node:timers/promises";

export type Backoff = { readonly baseMs: number; readonly capMs: number };

/** The delay before attempt `attempt` (0 is the first retry), in whole milliseconds. `random` answers in [0, 1). */
export function backoffDelayMs({ baseMs, capMs }: Backoff, attempt: number, random: () => number): number {
  return Math.floor(random() * Math.min(capMs, baseMs * 2 ** Math.max(0, attempt)));
}

/** Node fires at once for anything longer. */
const longestTimerMs = 2 ** 31 - 1;

/** Resolves after `ms`; rejects with an AbortError as soon as the signal says so, leaving no timer behind. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  const delayMs = Math.min(longestTimerMs, Math.max(0, ms));
  await timeout(delayMs, undefined, signal === undefined ? {} : { signal });
}
