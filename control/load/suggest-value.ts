/**
 * What to write instead of a value that its schema refuses. Suggestions are made of the value by the slips that people make,
 * and only one that the schema takes is offered, so a new kind needs nothing here.
 */
import { z } from "zod";
import { maskSecrets } from "./secret-formats.ts";
import { type Path, schemasAt } from "./schema-fields.ts";

type Schema = z.core.$ZodType;

/** Longer ones are no slip that can be told in a sentence. */
const longestValue = 100;

/** A sentence that offers another value, or undefined where none is known. */
export function suggestValue(schemas: readonly Schema[], value: unknown): string | undefined {
  if (typeof value !== "string" || value === "" || value.length > longestValue) return undefined;
  const isTaken = (text: string): boolean =>
    text !== value && maskSecrets(text) === text && schemas.some((schema) => z.safeParse(schema, text).success);
  const [first = "", ...fields] = value.trim().split(/\s+/);
  if (fields.length === 5 && /^[0-9*/,-]+$/.test(first) && isTaken(fields.join(" ")))
    return `seconds are not a field here: write ${fields.join(" ")}`;
  const found = candidatesOf(value).find(isTaken);
  return found === undefined ? undefined : `did you mean ${found}?`;
}

/** A value that the schema at the path takes, where it does not take just any text or name. */
export function exampleAt(root: Schema, path: Path): string | undefined {
  const schemas = schemasAt(root, path);
  const isTaken = (text: string): boolean => schemas.some((schema) => z.safeParse(schema, text).success);
  const isName = isTaken("word") && !isTaken("a/b:1");
  return isName || isTaken("any text, 1") ? undefined : examples.find(isTaken);
}

const examples: readonly string[] = [
  "https://example.org/keys",
  "https://example.org",
  "0 3 * * *",
  "registry.example/team/app:1.2",
  "10.0.0.0/8",
  "apps.example.org",
  "1h30m",
];

/** Which numbers are taken; undefined for what is no number with bounds. */
export function rangeOf(schemas: readonly Schema[]): string | undefined {
  const number = schemas.find((schema) => schema instanceof z.ZodNumber);
  if (number === undefined) return undefined;
  const { minValue, maxValue } = number;
  const low = minValue !== null && minValue > Number.MIN_SAFE_INTEGER ? minValue : undefined;
  const high = maxValue !== null && maxValue < Number.MAX_SAFE_INTEGER ? maxValue : undefined;
  if (low !== undefined && high !== undefined) return `a number from ${low} to ${high}`;
  if (low !== undefined) return `a number of at least ${low}`;
  return high === undefined ? undefined : `a number of at most ${high}`;
}

const unitLetters: ReadonlyMap<string, string> = new Map([
  ["millisecond", "ms"],
  ["second", "s"],
  ["sec", "s"],
  ["minute", "m"],
  ["min", "m"],
  ["hour", "h"],
  ["day", "d"],
]);

const scheduleWords: ReadonlyMap<string, string> = new Map([
  ["hour", "@hourly"],
  ["day", "@daily"],
  ["night", "@midnight"],
  ["week", "@weekly"],
  ["month", "@monthly"],
  ["year", "@yearly"],
]);

/** In the order in which they keep most of what was written. */
function candidatesOf(value: string): readonly string[] {
  const text = value.trim();
  const lower = text.toLowerCase();
  const [, number = "", unit = ""] = /^([0-9]+) *([a-z]+?)s?$/.exec(lower) ?? [];
  const bare = lower.replace(/^https?:\/\//, "").replace(/\/+$/, "");
  const parts = text.split("/").filter((part) => part !== "" && part !== "..");
  const descending = parts.join("/");
  const schedule = scheduleWords.get(lower.replace(/^(every|each|once a) +/, "").replace(/s$/, ""));
  return [
    text,
    ...(schedule === undefined ? [] : [schedule]),
    ...(unitLetters.has(unit) ? [`${number}${unitLetters.get(unit)}`] : []),
    text.replaceAll(" ", ""),
    lower,
    bare,
    descending,
    `https://${text}`,
    text.replaceAll(/[^A-Za-z0-9_]+/g, "_"),
    lower.replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, ""),
  ];
}
