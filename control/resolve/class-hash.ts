/** The pin of a class: a hash of its spec in canonical form, so that comments and key order do not change it. */
import { createHash } from "node:crypto";
import { compareText } from "../../schemas/compare.ts";

/** Asked once for each Binding, and there are few classes. */
const known = new WeakMap<object, string>();

/** 32 hexadecimal digits of SHA-256 over the spec as JSON with sorted keys. */
export function classHash(spec: object): string {
  const hash = known.get(spec) ?? makeHash(spec);
  known.set(spec, hash);
  return hash;
}

function makeHash(spec: object): string {
  return createHash("sha256")
    .update(JSON.stringify(canonical(spec)))
    .digest("hex")
    .slice(0, 32);
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
