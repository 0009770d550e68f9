/**
 * "Did you mean": the name that a misspelt one stands for. leven is small, has no dependencies, is maintained, and gives up on
 * a candidate as soon as it is too far, which keeps thousands of candidates cheap.
 */
import { closestMatch } from "leven";

/** Nobody misspells their way past this; what is longer is not compared. */
const wordLimit = 100;
const candidateLimit = 1000;
/** Two edits are one transposition, so a short word already gets two. */
const farthest = 4;

/** The candidate that differs in case only, or else the one with the fewest edits, as far as that is a likely slip. */
export function nearestName(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > wordLimit || word === "") return undefined;
  const lower = word.toLowerCase();
  const byLower = new Map<string, string>();
  for (const name of candidates.slice(0, candidateLimit)) {
    if (!byLower.has(name.toLowerCase())) byLower.set(name.toLowerCase(), name);
  }
  const same = byLower.get(lower);
  if (same !== undefined) return same;
  const maxDistance = lower.length <= 3 ? 1 : Math.min(farthest, Math.ceil(lower.length / 3));
  const closest = closestMatch(lower, [...byLower.keys()], { maxDistance });
  return closest === undefined ? undefined : byLower.get(closest);
}
