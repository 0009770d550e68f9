/** The pin of a class: a hash of its spec in canonical form, so that comments and key order do not change it. */
import { createHash } from "node:crypto";
import { canonicalText } from "./canonical-text.ts";

/** Asked once for each Binding, and there are few classes. */
const known = new WeakMap<object, string>();

/** 32 hexadecimal digits of SHA-256 over the spec as JSON with sorted keys. */
export function classHash(spec: object): string {
  const hash = known.get(spec) ?? makeHash(spec);
  known.set(spec, hash);
  return hash;
}

function makeHash(spec: object): string {
  return createHash("sha256").update(canonicalText(spec)).digest("hex").slice(0, 32);
}
