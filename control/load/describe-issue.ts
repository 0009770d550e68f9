/** Words for what a schema found: one described issue a mistake, at the key or the value that has to change. */
import type { z } from "zod";

export type DescribedIssue = {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly remedy: string;
  /** True when the key itself is the mistake, not its value. */
  readonly onKey: boolean;
};

export function describeIssue(issue: z.core.$ZodIssue): readonly DescribedIssue[] {
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        path: [...issue.path, key],
        message: "is not a field here",
        remedy: "remove it, or mend its spelling or indentation",
        onKey: true,
      }));
    case "invalid_key":
      return issue.issues.map((inner) => ({
        path: issue.path,
        message: `the name ${inner.message}`,
        remedy: "rename it",
        onKey: true,
      }));
    case "invalid_union":
      return issue.errors.flatMap((errors) => errors.flatMap(describeIssue));
    case "invalid_value":
      return [describeValue(issue)];
    case "invalid_type":
      return [describeType(issue)];
    default:
      return [{ path: issue.path, message: issue.message, remedy: "change the value", onKey: false }];
  }
}

function describeValue(issue: z.core.$ZodIssueInvalidValue): DescribedIssue {
  const allowed = issue.values.map(String).join(", ");
  return {
    path: issue.path,
    message: `must be ${issue.values.length === 1 ? allowed : `one of ${allowed}`}`,
    remedy: `write ${allowed}`,
    onKey: false,
  };
}

function describeType(issue: z.core.$ZodIssueInvalidType): DescribedIssue {
  const missing = issue.input === undefined && issue.message.includes("received undefined");
  if (missing) return { path: issue.path, message: "is missing", remedy: `add it (${issue.expected})`, onKey: false };
  return {
    path: issue.path,
    message: `must be a ${issue.expected}`,
    remedy: `write a ${issue.expected}`,
    onKey: false,
  };
}
