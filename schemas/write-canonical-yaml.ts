/**
 * What `writeStateYaml` writes, byte for byte as js-yaml does but five times quicker: a control plane that starts writes every
 * Release of its planes. It writes less, never otherwise: a scalar that is not plainly safe is left to js-yaml alone, and a
 * whole document where the place of one matters. A test compares the two on generated values.
 */
import { dump } from "js-yaml";
import { NotPlain } from "./plain-scalar.ts";

/** Keys by code unit, no anchors, no folding. */
export function dumpCanonically(value: unknown): string {
  return dump(value, { sortKeys: true, noRefs: true, lineWidth: -1 });
}

/** The text of a map or a list; undefined when only js-yaml can tell. Never throws. */
export function writeCanonicalYaml(value: unknown): string | undefined {
  try {
    return isBlock(value) ? block(value, "", 0) + "\n" : undefined;
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

const deepest = 100;
/** Starts like no number and holds nothing that ends a plain scalar. */
const plain = /^[A-Za-z/][A-Za-z0-9_./@-]*(?::[A-Za-z0-9_./@-]+)*$/;
/** What YAML 1.1 takes for a truth value, or YAML for nothing. */
const reserved = /^(?:y|n|yes|no|on|off|true|false|null)$/i;
/** Several lines of what prints, which need no mark of their indent or of the line feeds at their end. */
const literal = /^[!-~][ -~\u00a1-\u2027\u202a-\ud7ff]*(?:\n+[ -~\u00a1-\u2027\u202a-\ud7ff]+)*\n?$/;

/** As long as it may be to be kept, and as many. */
const keptLength = 200;
const keptCount = 10_000;
const keptScalars = new Map<string | number, string>();
const keptKeys = new Map<string, string>();

/** Every line starts on a new line except the first, and none ends one. */
function block(value: object, indent: string, depth: number): string {
  if (depth > deepest) throw new NotPlain();
  return Array.isArray(value) ? list(value, indent, depth) : map(value, indent, depth);
}

function list(items: readonly unknown[], indent: string, depth: number): string {
  let text = "";
  for (const item of items) {
    const inner = isBlock(item) ? block(item, `${indent}  `, depth + 1) : inline(item, indent);
    text += text === "" ? `- ${inner}` : `\n${indent}- ${inner}`;
  }
  return text;
}

function map(value: object, indent: string, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new NotPlain();
  const fields = value as Readonly<Record<string, unknown>>;
  let text = "";
  for (const key of Object.keys(fields).sort()) {
    const inner = fields[key];
    if (inner === undefined) continue;
    text += text === "" ? `${keyText(key)}:` : `\n${indent}${keyText(key)}:`;
    text += isBlock(inner) ? `\n${indent}  ${block(inner, `${indent}  `, depth + 1)}` : ` ${inline(inner, indent)}`;
  }
  // All of its fields are undefined.
  if (text === "") throw new NotPlain();
  return text;
}

/** Whether it has lines of its own below its key. */
function isBlock(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value)
    ? value.length > 0
    : Object.keys(value).length > 0 || Object.getPrototypeOf(value) !== Object.prototype;
}

function inline(value: unknown, indent: string): string {
  switch (typeof value) {
    case "string":
      return stringText(value, indent);
    case "number":
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : keptScalar(value);
    case "boolean":
      return String(value);
    case "object":
      return value === null ? "null" : Array.isArray(value) ? "[]" : "{}";
    default:
      throw new NotPlain();
  }
}

function stringText(text: string, indent: string): string {
  if (isPlain(text)) return text;
  return text.includes("\n") && literal.test(text) ? literalText(text, `\n${indent}  `) : keptScalar(text);
}

function isPlain(text: string): boolean {
  return plain.test(text) && !reserved.test(text);
}

function literalText(text: string, lineStart: string): string {
  const isClipped = text.endsWith("\n");
  const lines = (isClipped ? text.slice(0, -1) : text).replaceAll(/\n(?=[^\n])/g, lineStart);
  return (isClipped ? "|" : "|-") + lineStart + lines;
}

/** As js-yaml writes it inside a collection, where on one line its place does not matter. */
function keptScalar(value: string | number): string {
  return keptScalars.get(value) ?? keep(keptScalars, value, dumpCanonically([value]).slice("- ".length, -"\n".length));
}

function keyText(key: string): string {
  // A long one gets a mark of its own.
  if (key.length <= keptLength && isPlain(key)) return key;
  return keptKeys.get(key) ?? keep(keptKeys, key, dumpCanonically({ [key]: 0 }).slice(0, -": 0\n".length));
}

function keep<Value>(kept: Map<Value, string>, value: Value, text: string): string {
  if (text.includes("\n")) throw new NotPlain();
  if (text.length > keptLength) return text;
  if (kept.size >= keptCount) kept.clear();
  kept.set(value, text);
  return text;
}
