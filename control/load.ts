/**
 * The specs repository at one revision, or folders on disk, to parsed documents. Which files count is decided here: `*.yaml`
 * and `*.yml` outside dot-folders (but `.gitplane/frozen/`), less what `.gitplaneignore` lists.
 */
import ignore, { type Ignore } from "ignore";
import { compareText } from "../schemas/compare.ts";
import { type Problem, sortProblems } from "../schemas/problem.ts";
import { type ParsedFile, parseFile, type SpecDocument } from "./parse.ts";

/** A file as a source lists it, its path relative to the root with `/`. `id` changes whenever the content does. */
export type SpecsFile = {
  readonly path: string;
  readonly id: string;
  readonly kind: "blob" | "symlink" | "submodule";
  readonly read: () => Promise<Uint8Array>;
};

/** What could not be used; without a text it may have held anything. */
export type Spoiled = { readonly file: string; readonly text: string | undefined };

export type Specs = {
  readonly documents: readonly SpecDocument[];
  /** Class documents that pins refer to, under `.gitplane/frozen/`. */
  readonly frozen: readonly SpecDocument[];
  readonly problems: readonly Problem[];
  readonly spoiled: readonly Spoiled[];
  /** Why nothing may be published from this revision at all. */
  readonly stop: string | undefined;
};

/** Parsed files by path and content. Dropping it costs time only. */
export type ParseCache = Map<string, ParsedFile>;

const frozenFolder = ".gitplane/frozen/";
const placesFile = "gitplane.yaml";
const ignoreFile = ".gitplaneignore";

/** Reads and parses what the cache lacks; entries of files that are gone leave the cache. */
export async function load(files: readonly SpecsFile[], cache: ParseCache): Promise<Specs> {
  const wanted = selectFiles(files, await readIgnore(files));
  const parsed = new Map<string, ParsedFile>();
  for (const file of wanted) {
    const key = `${file.id} ${file.path}`;
    parsed.set(
      key,
      cache.get(key) ?? (file.kind === "blob" ? parseFile(file.path, await file.read()) : linkProblem(file)),
    );
  }
  cache.clear();
  for (const [key, value] of parsed) cache.set(key, value);
  return gather(wanted, [...parsed.values()]);
}

function gather(files: readonly SpecsFile[], parsed: readonly ParsedFile[]): Specs {
  const pairs = files.map((file, index) => ({
    file,
    result: parsed[index] ?? { documents: [], problems: [], spoiled: [] },
  }));
  const places = files.find((file) => file.path === placesFile);
  const isFrozen = (path: string): boolean => path.startsWith(frozenFolder);
  return {
    documents: pairs.flatMap(({ file, result }) => (isFrozen(file.path) ? [] : result.documents)),
    frozen: pairs.flatMap(({ file, result }) => (isFrozen(file.path) ? result.documents : [])),
    problems: sortProblems(
      pairs.flatMap(({ file, result }) => (file === places ? [placesProblem()] : result.problems)),
    ),
    spoiled: pairs.flatMap(({ file, result }): readonly Spoiled[] =>
      file.kind === "blob"
        ? result.spoiled.map((text) => ({ file: file.path, text }))
        : [{ file: file.path, text: undefined }],
    ),
    stop:
      places === undefined
        ? undefined
        : `${placesFile} restricts who may write where, and this version cannot check that`,
  };
}

function selectFiles(files: readonly SpecsFile[], ignored: Ignore): readonly SpecsFile[] {
  return files
    .filter(
      ({ path }) =>
        /\.ya?ml$/.test(path) && (path.startsWith(frozenFolder) || !/(^|\/)\./.test(path)) && !ignored.ignores(path),
    )
    .toSorted((a, b) => compareText(a.path, b.path));
}

/** Patterns as in .gitignore. Without the file nothing is ignored. */
async function readIgnore(files: readonly SpecsFile[]): Promise<Ignore> {
  const file = files.find(({ path, kind }) => path === ignoreFile && kind === "blob");
  const rules = ignore({ allowRelativePaths: true });
  return file === undefined ? rules : rules.add(Buffer.from(await file.read()).toString("utf8"));
}

function linkProblem(file: SpecsFile): ParsedFile {
  const place = { file: file.path, line: 1, column: 1 };
  const message = `a ${file.kind} is not followed`;
  return {
    documents: [],
    problems: [{ code: "symlink", severity: "error", message, place, remedy: "commit the file itself" }],
    spoiled: [],
  };
}

function placesProblem(): Problem {
  return {
    code: "places-unsupported",
    severity: "error",
    message: `${placesFile} is not enforced by this version, so nothing is published from this revision`,
    place: { file: placesFile, line: 1, column: 1 },
    remedy: "remove the file, or use one specs repository for each tenant until it is",
  };
}
