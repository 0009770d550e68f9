/**
 * YAML of the state repository: written canonically (keys by code unit, no anchors, no folding) so that equal data is equal
 * bytes and YAML 1.1 readers see the same strings; read back with bounds. People's input is read elsewhere, with places.
 */
import { load } from "js-yaml";
import { readCanonicalYaml } from "./canonical-yaml.ts";
import { dumpCanonically, writeCanonicalYaml } from "./write-canonical-yaml.ts";

/** Throws TypeError on values that YAML of the state repository does not hold (functions, symbols, undefined in a list). */
export function writeStateYaml(value: unknown): string {
  return writeCanonicalYaml(value) ?? dumpCanonically(value);
}

/**
 * Throws YAMLException on malformed text, and RangeError on what the state repository never holds: integers beyond 2^53,
 * which a number cannot carry, infinities and what is no number, which JSON turns into null, and aliases, whose expansion is
 * not bounded by the size of the text.
 */
export function readStateYaml(text: string): unknown {
  const canonical = readCanonicalYaml(text);
  if (canonical !== undefined) return canonical.value;
  const value: unknown = load(text);
  refuseForeign(value, new Set());
  return value;
}

function refuseForeign(value: unknown, seen: Set<object>): void {
  if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new RangeError(`integer ${value} is beyond what can be carried exactly`);
  }
  if (typeof value === "number" && !Number.isFinite(value)) throw new RangeError(`${value} is no value of JSON`);
  if (typeof value !== "object" || value === null) return;
  if (seen.has(value)) throw new RangeError("aliases are not allowed in the state repository");
  seen.add(value);
  for (const inner of Object.values(value)) refuseForeign(inner, seen);
}
