/** Shapes of values out of JSON or YAML, asked by hand where a schema would cost too much. Pure. */

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A mapping of nothing but texts. */
export function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  if (!isMapping(value)) return false;
  for (const name in value) if (typeof value[name] !== "string") return false;
  return true;
}
