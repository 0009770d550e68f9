/**
 * The recoveries of one tree of specs. `.gitplane/` in its root is the platform team's, and no place of `gitplane.yaml` can
 * lead there, so no tenant's document is one. One that cannot be read unlocks nothing and holds nothing back.
 */
import { isPlacedRecovery, Recovery } from "../../schemas/recovery.ts";
import type { Problem } from "../../schemas/problem.ts";
import { checkSchema } from "./check-schema.ts";
import type { SpecsFile } from "./load.ts";
import { readSubjects, schemaProblems, type Subject } from "./parse.ts";
import { readUnlessTooLarge } from "./read-file.ts";
import { TreeReader } from "./tree-reader.ts";

export type FoundRecovery = { readonly recovery: Recovery; readonly path: string };

export type Recoveries = { readonly found: readonly FoundRecovery[]; readonly problems: readonly Problem[] };

export async function loadRecoveries(files: readonly SpecsFile[]): Promise<Recoveries> {
  const read = await Promise.all(files.filter(({ path }) => isPlacedRecovery(path)).map(loadFile));
  return { found: read.flatMap(({ found }) => found), problems: read.flatMap(({ problems }) => problems) };
}

async function loadFile(file: SpecsFile): Promise<Recoveries> {
  const refuse = (message: string): Recoveries => {
    const place = { file: file.shown, line: 1, column: 1 };
    return { found: [], problems: [{ code: "schema", severity: "error", message, place, remedy }] };
  };
  if (file.kind !== "blob") return refuse(`a ${file.kind} is not followed`);
  const bytes = await readUnlessTooLarge(file);
  if (bytes === undefined) return refuse("the file is far larger than what is read");
  const read = readSubjects(file.shown, bytes);
  if ("spoiled" in read) return { found: [], problems: read.problems };
  const [subject, second] = read;
  if (subject === undefined || second !== undefined) return refuse("the file must hold one Recovery");
  return readRecovery(subject, file.path);
}

const remedy = "write it with `gitplane recover`, or remove it";

function readRecovery(subject: Subject, path: string): Recoveries {
  const reader = new TreeReader(subject);
  const tree = reader.read(subject.document.contents);
  if (reader.problems.length > 0 || tree === undefined) return { found: [], problems: reader.problems };
  const checked = checkSchema(Recovery, tree);
  if (checked.kind === "wrong") return { found: [], problems: schemaProblems(subject, checked.issues) };
  return { found: [{ recovery: checked.data, path }], problems: [] };
}
