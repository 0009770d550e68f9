/** A schema's own findings in plain words, for zod to use where a schema does not bring a sentence of its own. */
import type { z } from "zod";

const words: ReadonlyMap<string, string> = new Map([
  ["string", "a text"],
  ["number", "a number"],
  ["int", "a whole number"],
  ["bigint", "a whole number"],
  ["boolean", "true or false"],
  ["object", "a map"],
  ["record", "a map"],
  ["map", "a map"],
  ["array", "a list"],
  ["null", "nothing"],
  ["never", "left out"],
]);

/** What a person calls a value of a schema's type, with its article. */
export function wordOf(type: string): string {
  return words.get(type) ?? `a ${type}`;
}

/** Said of a value that fits none of several schemas, where they do not bring a sentence of their own. */
export const noAlternative = "fits none of its alternatives";

export function sayIssue(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${wordOf(issue.expected)}, not ${wordOf(typeOf(issue.input))}`;
    case "too_big":
      return `must ${limitText(issue.origin, { word: "at most", limit: issue.maximum, inclusive: issue.inclusive })}`;
    case "too_small":
      return issue.minimum === 1 && issue.origin === "string"
        ? "must not be empty"
        : `must ${limitText(issue.origin, { word: "at least", limit: issue.minimum, inclusive: issue.inclusive })}`;
    case "invalid_format":
      return issue.pattern === undefined ? `must be a valid ${issue.format}` : `must match ${issue.pattern}`;
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    case "invalid_union":
      return noAlternative;
    default:
      return "is not allowed here";
  }
}

function typeOf(input: unknown): string {
  if (Array.isArray(input)) return "array";
  return input === null ? "null" : typeof input;
}

type Limit = {
  readonly word: "at most" | "at least";
  readonly limit: number | bigint;
  readonly inclusive: boolean | undefined;
};

function limitText(origin: string, { word, limit, inclusive }: Limit): string {
  const one = Number(limit) === 1;
  switch (origin) {
    case "string":
      return `have ${word} ${limit} ${one ? "character" : "characters"}`;
    case "array":
    case "set":
      return `have ${word} ${limit} ${one ? "item" : "items"}`;
    default:
      if (inclusive === false) return `be ${word === "at most" ? "less" : "more"} than ${limit}`;
      return `be ${word} ${limit}`;
  }
}
