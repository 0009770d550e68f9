/** How long a watch is asked to last. The server ends it then; the spread keeps all watches from coming back at once. */
const shortestSeconds = 300;
const longestSeconds = 600;

/** `idleMs`: after so long without a word the connection is dead. */
export function watchSpan(random: () => number): { readonly seconds: number; readonly idleMs: number } {
  const seconds = shortestSeconds + Math.floor(random() * (longestSeconds - shortestSeconds));
  return { seconds, idleMs: (seconds + 30) * 1000 };
}
