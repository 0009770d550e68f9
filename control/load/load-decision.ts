/**
 * A person's decision in a file of its own under `.gitplane/`: one document of one schema. `.gitplane/` in the root is the
 * platform team's, and no place of `gitplane.yaml` can lead there, so no tenant's document is one.
 */
import type { z } from "zod";
import type { Problem } from "../../schemas/problem.ts";
import { checkSchema } from "./check-schema.ts";
import type { SpecsFile } from "./load.ts";
import { readSubjects, schemaProblems, type Subject } from "./parse.ts";
import { readUnlessTooLarge } from "./read-file.ts";
import { TreeReader } from "./tree-reader.ts";

export type DecisionKind<Data> = {
  readonly schema: z.ZodType<Data>;
  /** As people call it. */
  readonly name: string;
  readonly remedy: string;
};

export type Decision<Data> =
  | { readonly kind: "read"; readonly data: Data; readonly bytes: Uint8Array }
  | { readonly kind: "wrong"; readonly problems: readonly Problem[] };

/** Throws GitError when the file cannot be read; what is wrong with what it says is a Problem. */
export async function loadDecision<Data>(file: SpecsFile, kind: DecisionKind<Data>): Promise<Decision<Data>> {
  const refuse = (message: string): Decision<never> => ({
    kind: "wrong",
    problems: [decisionProblem(file, message, kind.remedy)],
  });
  if (file.kind !== "blob") return refuse(`a ${file.kind} is not followed`);
  const bytes = await readUnlessTooLarge(file);
  if (bytes === undefined) return refuse("the file is far larger than what is read");
  const read = readSubjects(file.shown, bytes);
  if ("spoiled" in read) return { kind: "wrong", problems: read.problems };
  const [subject, second] = read;
  if (subject === undefined || second !== undefined) return refuse(`the file must hold one ${kind.name}`);
  const checked = readData(subject, kind.schema);
  return checked.kind === "wrong" ? checked : { ...checked, bytes };
}

/** What is wrong with the file as a whole. */
export function decisionProblem({ shown }: SpecsFile, message: string, remedy: string): Problem {
  return { code: "schema", severity: "error", message, place: { file: shown, line: 1, column: 1 }, remedy };
}

function readData<Data>(
  subject: Subject,
  schema: z.ZodType<Data>,
): { readonly kind: "read"; readonly data: Data } | Extract<Decision<never>, { kind: "wrong" }> {
  const reader = new TreeReader(subject);
  const tree = reader.read(subject.document.contents);
  if (reader.problems.length > 0 || tree === undefined) return { kind: "wrong", problems: reader.problems };
  const checked = checkSchema(schema, tree);
  if (checked.kind === "wrong") return { kind: "wrong", problems: schemaProblems(subject, checked.issues) };
  return { kind: "read", data: checked.data };
}
