/** Plain data as text, the same for every order of keys. */
import { compareText } from "../../schemas/compare.ts";

/** JSON with sorted keys. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(canonical(value));
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => compareText(a, b))
      .map(([key, inner]) => [key, canonical(inner)]),
  );
}
