/** Words for what a schema found: one described issue a mistake, at the key or the value that has to change. */
import { z } from "zod";
import { nearestName } from "../problems/nearest.ts";
import { noAlternative, wordOf } from "./say-issue.ts";
import { fieldsAt, type Path, schemasAt } from "./schema-fields.ts";
import { exampleAt, rangeOf, suggestValue } from "./suggest-value.ts";
import { at, type Traced } from "./traced.ts";

export type DescribedIssue = {
  readonly path: Path;
  readonly message: string;
  readonly remedy: string;
  /** True when the key itself is the mistake, not its value. */
  readonly onKey: boolean;
  /** The field that a misspelt one stands for: that it is missing is the same mistake. */
  readonly meant?: Path;
};

/** What was checked, and by which schema. */
export type Checked = { readonly schema: z.core.$ZodType; readonly tree: Traced };

/** One mistake can be thousands of names; the first are the ones to mend. */
const keyLimit = 100;

export function describeIssue(issue: z.core.$ZodIssue, checked: Checked): readonly DescribedIssue[] {
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.slice(0, keyLimit).map((key) => describeUnknownField(issue.path, key, checked));
    case "invalid_key":
      return issue.issues.map((inner) => ({
        path: issue.path,
        message: `the name ${inner.message}`,
        remedy: suggestKey(issue, checked) ?? `choose another name: it ${inner.message}`,
        onKey: true,
      }));
    case "invalid_union":
      return describeUnion(issue, checked);
    case "invalid_value":
      return [describeValue(issue, checked)];
    case "invalid_type":
      return [describeType(issue, checked)];
    default:
      return [{ path: issue.path, message: issue.message, remedy: remedyOf(issue, checked), onKey: false }];
  }
}

/** A field that the schema does not have at this level: perhaps it is misspelt, or stands one level too high or too low. */
export function describeUnknownField(path: Path, key: string, { schema, tree }: Checked): DescribedIssue {
  const described = { path: [...path, key], message: "is not a field here", onKey: true };
  const fields = fieldsAt(schema, path);
  const level = valueAt(tree, path);
  const absent = fields.filter((field) => level?.kind !== "map" || !level.entries.has(field));
  const near = nearestName(key, absent) ?? absent.find((field) => field === otherNames.get(key));
  if (near !== undefined) return { ...described, remedy: `did you mean ${near}?`, meant: [...path, near] };
  const above = path.map((_, depth) => path.slice(0, depth)).findLast((outer) => fieldsAt(schema, outer).includes(key));
  if (above !== undefined) return { ...described, remedy: `it is a field of ${pathText(above)}: move it there` };
  const below = fields.find((field) => fieldsAt(schema, [...path, field]).includes(key));
  if (below !== undefined)
    return { ...described, remedy: `it is a field of ${pathText([...path, below])}: move it there` };
  return { ...described, remedy: "remove it, or mend its spelling or indentation" };
}

/** Variables of a container have a key here and a name in Kubernetes; those of a connection have a name. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ["name", "key"],
  ["key", "name"],
]);

function pathText(path: Path): string {
  return path.length === 0 ? "the document itself" : path.map(String).join(".");
}

/** Undefined for what is not there; a null stands there and says nothing. */
function valueAt(tree: Traced, path: Path): Traced | undefined {
  return at(tree, ...path.map((part) => (typeof part === "number" ? part : String(part))));
}

function isAbsent(value: Traced | undefined): boolean {
  return value === undefined || (value.kind === "scalar" && value.value === null);
}

function describeAbsent(path: Path, value: Traced | undefined, what: string): DescribedIssue {
  return value === undefined
    ? { path, message: "is missing", remedy: `add it: ${what}`, onKey: false }
    : { path, message: "has no value", remedy: `write ${what}`, onKey: false };
}

function describeValue(issue: z.core.$ZodIssueInvalidValue, { tree }: Checked): DescribedIssue {
  const { path } = issue;
  const allowed = issue.values.map(String);
  const listed = allowed.length === 1 ? (allowed[0] ?? "") : `one of ${allowed.join(", ")}`;
  const value = valueAt(tree, path);
  if (isAbsent(value)) return describeAbsent(path, value, listed);
  const near = value?.kind === "scalar" ? nearestName(String(value.value), allowed) : undefined;
  const remedy = near === undefined ? `write ${listed}` : `did you mean ${near}?`;
  return { path, message: `must be ${listed}`, remedy, onKey: false };
}

function describeType(issue: z.core.$ZodIssueInvalidType, { schema, tree }: Checked): DescribedIssue {
  const { path, message, expected } = issue;
  const value = valueAt(tree, path);
  if (isAbsent(value)) return describeAbsent(path, value, wantedAt(schema, path, expected));
  return { path, message, remedy: (value && typeRemedy(expected, value)) ?? `write ${wordOf(expected)}`, onKey: false };
}

/** What is missing, with an example or its bounds where the schema knows them. */
function wantedAt(schema: z.core.$ZodType, path: Path, expected: string): string {
  if (expected === "number" || expected === "int") return rangeOf(schemasAt(schema, path)) ?? wordOf(expected);
  const example = expected === "string" ? exampleAt(schema, path) : undefined;
  return example === undefined ? wordOf(expected) : `${wordOf(expected)}, such as ${example}`;
}

/** What to write instead; where nothing better is known, the rule once more as something to do. */
function remedyOf(issue: z.core.$ZodIssue, { schema, tree }: Checked): string {
  const schemas = schemasAt(schema, issue.path);
  const value = valueAt(tree, issue.path);
  const suggested = value?.kind === "scalar" ? suggestValue(schemas, value.value) : undefined;
  if (suggested !== undefined) return suggested;
  const range = rangeOf(schemas);
  return range === undefined ? ruleAsRemedy(issue) : `write ${range}`;
}

function suggestKey(issue: z.core.$ZodIssueInvalidKey, { schema }: Checked): string | undefined {
  const maps = schemasAt(schema, issue.path.slice(0, -1));
  const keys = maps.flatMap((map) => (map instanceof z.ZodRecord ? [map.keyType] : []));
  return suggestValue(keys, issue.path.at(-1));
}

/** Rules are sentences of what a value must be or have. */
function ruleAsRemedy(issue: z.core.$ZodIssue): string {
  if (issue.code === "too_big")
    return `shorten it to ${issue.maximum} ${issue.origin === "string" ? "characters" : "items"}`;
  if (issue.code === "too_small") return issue.origin === "string" ? "write a longer text" : "add what is missing";
  const wanted = /^must be (.*)$/.exec(issue.message)?.[1];
  return wanted === undefined ? "write a value that keeps this rule" : `write ${wanted}`;
}

/** The usual slips of a hand that writes YAML. */
function typeRemedy(expected: string, value: Traced): string | undefined {
  const isMap = expected === "object" || expected === "record";
  if (value.kind === "list" && isMap) return "write a map: without the `- ` in front";
  if (value.kind === "map" && expected === "array") return "write a list: `- ` in front of each item";
  if (value.kind !== "scalar") return undefined;
  if (typeof value.value !== "string") return expected === "string" ? "put the value in quotes" : undefined;
  if (isMap && /^[\w.-]+:\S/.test(value.value)) return "put a space after the colon";
  const isNumber = expected === "number" || expected === "int";
  if (isNumber && value.value !== "" && Number.isFinite(Number(value.value))) return "remove the quotes";
  if (expected === "boolean" && /^(true|false)$/.test(value.value)) return "remove the quotes";
  return undefined;
}

/** Of several alternatives, what is wrong with the one that was most likely meant: the one with the fewest mistakes. */
function describeUnion(issue: z.core.$ZodIssueInvalidUnion, checked: Checked): readonly DescribedIssue[] {
  const own = { path: issue.path, message: issue.message, remedy: remedyOf(issue, checked), onKey: false };
  if (issue.message !== noAlternative) return [own];
  const alternatives = issue.errors.map((errors) =>
    errors.map((inner): z.core.$ZodIssue => ({ ...inner, path: [...issue.path, ...inner.path] })),
  );
  const types = alternatives.map(([only, ...others]) =>
    only?.code === "invalid_type" && others.length === 0 && only.path.length === issue.path.length
      ? wordOf(only.expected)
      : undefined,
  );
  if (types.length > 0 && types.every((type) => type !== undefined)) {
    const words = [...new Set(types)].join(" or ");
    return [{ path: issue.path, message: `must be ${words}`, remedy: `write ${words}`, onKey: false }];
  }
  const [likely] = alternatives
    .map((errors) => errors.flatMap((inner) => describeIssue(inner, checked)))
    .toSorted((a, b) => a.length - b.length);
  return likely ?? [own];
}
