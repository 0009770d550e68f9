/**
 * Waiting for what announces itself to nobody: a server that begins to answer, a file another program writes. Where an API
 * server can tell, watch it instead.
 */

import { setTimeout as delay } from "node:timers/promises";

import { ClusterError } from "./cluster-error.ts";

export type Poll<T> = {
  /** What is awaited, as the subject of "… took longer than". */
  readonly what: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Undefined means not yet; a throw ends the waiting. The signal it gets also covers the timeout. */
  readonly probe: (signal: AbortSignal) => Promise<T | undefined>;
};

const firstPauseMs = 20;
const longestPauseMs = 250;

/** The first defined answer of the probe. Throws `timeout`, the signal's reason when aborted, or whatever the probe throws. */
export async function poll<T>({ what, timeoutMs, signal, probe }: Poll<T>): Promise<T> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, timeout]);
  let pauseMs = firstPauseMs;
  try {
    while (true) {
      either.throwIfAborted();
      const answer = await probe(either);
      if (answer !== undefined) {
        return answer;
      }
      await delay(pauseMs * (0.75 + Math.random() / 2), undefined, { signal: either });
      pauseMs = Math.min(pauseMs * 1.5, longestPauseMs);
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (timeout.aborted) {
      throw new ClusterError("timeout", `${what} took longer than ${timeoutMs / 1000} s`, cause);
    }
    throw cause;
  }
}
