/** One document of a known kind against its schema, in words of ours. */
import type { z } from "zod";
import { type DescribedIssue, describeIssue, describeUnknownField } from "./describe-issue.ts";
import { sayIssue } from "./say-issue.ts";
import { isUnknownField, type Path } from "./schema-fields.ts";
import { toPlain, type Traced } from "./traced.ts";

export type SchemaCheck<T> =
  | { readonly kind: "sound"; readonly data: T }
  | { readonly kind: "wrong"; readonly issues: readonly DescribedIssue[] };

/** One missing bracket can make hundreds of errors; the first places are the ones to mend. */
const issueLimit = 100;

export function checkSchema<T>(schema: z.ZodType<T>, tree: Traced, plain = toPlain(tree)): SchemaCheck<T> {
  const checked = schema.safeParse(plain, { error: sayIssue });
  const issues = dropMeant([
    ...(checked.error?.issues ?? []).slice(0, issueLimit).flatMap((issue) => describeIssue(issue, { schema, tree })),
    // Fields without a value never reach the schema, and a misspelt one is still a mistake.
    ...emptyFields(tree)
      .filter(({ path, field }) => isUnknownField(schema, path, field))
      .map(({ path, field }) => describeUnknownField(path, field, { schema, tree })),
  ]).slice(0, issueLimit);
  if (checked.success && issues.length === 0) return { kind: "sound", data: checked.data };
  return { kind: "wrong", issues };
}

/** A misspelt field and the absence of the right one are one mistake. */
function dropMeant(issues: readonly DescribedIssue[]): readonly DescribedIssue[] {
  const key = (path: Path): string => JSON.stringify(path.map(String));
  const meant = new Set(issues.flatMap(({ meant: path }) => (path === undefined ? [] : [key(path)])));
  return issues.filter(({ path, onKey }) => onKey || !meant.has(key(path)));
}

type EmptyField = { readonly path: Path; readonly field: string };

/** Where a field stands without a value, a bounded number of them. */
function emptyFields(tree: Traced): readonly EmptyField[] {
  const found: EmptyField[] = [];
  collectEmpty(tree, [], found);
  return found;
}

function collectEmpty(tree: Traced, path: (string | number)[], found: EmptyField[]): void {
  if (tree.kind === "scalar" || found.length >= issueLimit) return;
  for (const [key, child] of tree.kind === "map" ? tree.entries : tree.items.entries()) {
    if (child.kind === "scalar") {
      if (child.value === null && typeof key === "string") found.push({ path: [...path], field: key });
      continue;
    }
    path.push(key);
    collectEmpty(child, path, found);
    path.pop();
  }
}
