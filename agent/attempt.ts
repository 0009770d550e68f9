/** Tries again what failed for the moment only: a few times, with backoff, and no longer once a newer revision is there. */
import { type Backoff, backoffDelayMs, sleep } from "../process/backoff.ts";
import type { Failure } from "./target.ts";

export type Patience = {
  readonly backoff: Backoff;
  readonly retries: number;
  readonly random: () => number;
  /** Ends everything; waiting then throws its reason. */
  readonly signal: AbortSignal;
  /** A newer revision is there: no more waiting for this one. */
  readonly newer: AbortSignal;
};

export const defaultBackoff: Backoff = { baseMs: 250, capMs: 5000 };

/** The outcome of the last try. */
export async function attempt<T extends { readonly kind: string }>(
  patience: Patience,
  work: () => Promise<T | Failure>,
): Promise<T | Failure> {
  for (let tries = 0; ; tries += 1) {
    patience.signal.throwIfAborted();
    const outcome = await work();
    if (!isTransient(outcome) || tries >= patience.retries) return outcome;
    const waited = await waitUnlessNewer(patience, backoffDelayMs(patience.backoff, tries, patience.random));
    if (!waited) return outcome;
  }
}

function isTransient(outcome: { readonly kind: string; readonly class?: unknown }): boolean {
  return outcome.kind === "failed" && outcome.class === "transient";
}

/** Waits; false as soon as a newer revision makes the wait pointless. Throws the signal's reason when aborted. */
export async function waitUnlessNewer({ signal, newer }: Patience, ms: number): Promise<boolean> {
  try {
    await sleep(ms, AbortSignal.any([signal, newer]));
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
