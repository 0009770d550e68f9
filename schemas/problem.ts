/**
 * A person's mistake in a document: what is wrong, where exactly, and what to do. Collected, never thrown, reported all at
 * once in file order. The world's failures are errors instead.
 */
import { z } from "zod";
import { compareText } from "./compare.ts";

export const problemCodes = [
  "ambiguous-claim",
  "ambiguous-configuration",
  "cluster-conflict",
  "duplicate-identity",
  "duplicate-key",
  "file-too-large",
  "foreign-document",
  "host-conflict",
  "inline-credentials",
  "invalid-encoding",
  "invalid-health-rule",
  "invalid-name",
  "invalid-override",
  "invalid-places",
  "invalid-template",
  "invisible-target",
  "missing-claim",
  "missing-container",
  "missing-secret-store",
  "missing-virtual-host",
  "misplaced-claim",
  "misplaced-document",
  "name-too-long",
  "namespace-conflict",
  "outside-region",
  "pipeline-cycle",
  "release-too-large",
  "reserved-field",
  "schema",
  "secret-in-git",
  "secret-like-value",
  "shared-gateway",
  "symlink",
  "unfrozen-class",
  "unguarded-path",
  "unknown-class",
  "unknown-component",
  "unknown-configuration",
  "unknown-endpoint",
  "unknown-environment",
  "unknown-organization",
  "unknown-pipeline",
  "unknown-plane",
  "unknown-project",
  "unknown-secret",
  "unknown-target",
  "unknown-workload",
  "unpinned-class",
  "unsafe-integer",
  "unsafe-template",
  "unsupported-build",
  "unsupported-endpoint",
  "unsupported-policy",
  "unsupported-secret",
  "unsupported-value",
  "unused-field",
  "yaml-syntax",
] as const;

export type ProblemCode = (typeof problemCodes)[number];

/** Where in the specs repository: path from its root with `/`, line and column from 1. */
export const Place = z.strictObject({ file: z.string(), line: z.int().min(1), column: z.int().min(1) });
export type Place = z.infer<typeof Place>;

/** Another place that has to do with it: the other duplicate, the class that forbids, the plane that lacks a host. */
export const RelatedPlace = z.strictObject({ place: Place, message: z.string() });
export type RelatedPlace = z.infer<typeof RelatedPlace>;

export const Problem = z.strictObject({
  code: z.enum(problemCodes),
  /** An error keeps the previous Release in place; a warning changes nothing. */
  severity: z.enum(["error", "warning"]),
  message: z.string(),
  place: Place,
  remedy: z.string(),
  /** In the order in which a person would look at them. */
  related: z.array(RelatedPlace).exactOptional(),
});
export type Problem = z.infer<typeof Problem>;

/** File order: file by code unit, then line, column, code and message, so equal input prints equally. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted(
    (a, b) =>
      compareText(a.place.file, b.place.file) ||
      a.place.line - b.place.line ||
      a.place.column - b.place.column ||
      compareText(a.code, b.code) ||
      compareText(a.message, b.message),
  );
}

const sentenceLimit = 600;

/** Sentences quote what people wrote, which may be a megabyte; the middle of a long one says nothing to anybody. */
export function shortenSentences(problem: Problem): Problem {
  return { ...problem, message: cutMiddle(problem.message), remedy: cutMiddle(problem.remedy) };
}

function cutMiddle(text: string): string {
  const half = sentenceLimit / 2;
  return text.length <= sentenceLimit ? text : `${text.slice(0, half)} … ${text.slice(-half)}`.toWellFormed();
}
