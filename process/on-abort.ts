/**
 * What is to happen when a signal is aborted, of which thousands wait for one signal at a time: an EventTarget walks through
 * all its listeners for each that comes or goes, so each signal has one here, which calls the others.
 */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `act` once the signal is aborted, in the order of asking; the answer takes it back. Not for a signal that is aborted. */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  let acts = waiting.get(signal);
  if (acts === undefined) {
    const all = new Set<() => void>();
    acts = all;
    waiting.set(signal, all);
    signal.addEventListener("abort", () => all.forEach((each) => each()), { once: true });
  }
  acts.add(act);
  return () => void acts.delete(act);
}
