/** `gitplane.yaml` of one tree of specs: its rules, or every mistake in it. Read by the same reader as specs, and never cached. */
import { anyone, folderOf, Places } from "../../schemas/places.ts";
import type { Place, Problem } from "../../schemas/problem.ts";
import type { Allowance } from "./allowance.ts";
import { checkSchema } from "./check-schema.ts";
import { readSubjects, schemaProblems, type Subject } from "./parse.ts";
import { at } from "./traced.ts";
import { placeOf, TreeReader } from "./tree-reader.ts";

/** What one entry says, and where. */
export type PlaceRule = {
  /** Empty for the root. */
  readonly folder: string;
  readonly allowed: Allowance;
  readonly place: Place;
};

/** By folder. */
export type PlaceRules = ReadonlyMap<string, PlaceRule>;

export type PlacesFile = { readonly rules: PlaceRules; readonly problems: readonly Problem[] };

/** Whether a path is the file, or what a file system without case or a habit takes for it: misnamed it would allow everything. */
export function isPlacesPath(path: string): boolean {
  return /^gitplane\.ya?ml(\/|$)/i.test(path);
}

/** No rules when there is any error. */
export function readPlaces(file: string, bytes: Uint8Array): PlacesFile {
  const read = readSubjects(file, bytes);
  if ("spoiled" in read) return broken(read.problems);
  const [subject, second] = read;
  if (subject === undefined) return broken([placesProblem(file, "the file is empty")]);
  if (second !== undefined) {
    const place = { file, ...second.lines.position(second.document.range?.[0] ?? 0) };
    return broken([
      ...readRules(subject).problems,
      { ...placesProblem(file, "the file has more than one document"), place },
    ]);
  }
  return readRules(subject);
}

function readRules(subject: Subject): PlacesFile {
  const reader = new TreeReader(subject);
  const tree = reader.read(subject.document.contents);
  if (reader.problems.length > 0 || tree === undefined) return broken(reader.problems);
  if (tree.kind !== "map") return broken([placesProblem(subject.file, "the document is not a map")]);
  const checked = checkSchema(Places, tree);
  if (checked.kind === "wrong") return broken(schemaProblems(subject, checked.issues));
  const rules = checked.data.places.map((entry, index): PlaceRule => {
    const origin = at(tree, "places", index)?.origin ?? tree.origin;
    return {
      folder: folderOf(entry.path),
      allowed: { organizations: namesOf(entry.organizations), kinds: namesOf(entry.kinds) },
      place: placeOf(origin, subject.file),
    };
  });
  return { rules: new Map(rules.map((rule) => [rule.folder, rule])), problems: [] };
}

function namesOf(names: readonly string[]): "all" | ReadonlySet<string> {
  return names.includes(anyone) ? "all" : new Set(names);
}

/** Whatever the reader calls it, here it is a mistake in who may write where, and stops publishing. */
function broken(problems: readonly Problem[]): PlacesFile {
  return { rules: new Map(), problems: problems.map((problem) => ({ ...problem, code: "invalid-places" })) };
}

/** One of the file as a whole. */
export function placesProblem(file: string, message: string): Problem {
  return {
    code: "invalid-places",
    severity: "error",
    message,
    place: { file, line: 1, column: 1 },
    remedy: "write apiVersion, kind: Places and the list places, or remove the file to allow everything everywhere",
  };
}
