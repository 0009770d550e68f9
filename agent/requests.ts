/** How many requests an agent sent to its API server. */

/** Requests sent since the start, retries included. */
export type RequestsByVerb = ReadonlyMap<string, number>;

/** How many of each were sent between two looks; none where there were none. */
export function requestsBetween(before: RequestsByVerb, after: RequestsByVerb): Readonly<Record<string, number>> {
  const sent = [...after].map(([verb, count]) => [verb, count - (before.get(verb) ?? 0)] as const);
  return Object.fromEntries(sent.filter(([, count]) => count > 0));
}
