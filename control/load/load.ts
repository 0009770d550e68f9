/**
 * The specs repository at one revision, or folders on disk, to parsed documents. Which files count is decided here: `*.yaml`
 * and `*.yml` outside dot-folders (but `.gitplane/frozen/`), less what `.gitplaneignore` lists.
 */
import ignore, { type Ignore } from "ignore";
import { compareText } from "../../schemas/compare.ts";
import { type Problem, sortProblems } from "../../schemas/problem.ts";
import { type ParsedFile, parseFile, type SpecDocument } from "./parse.ts";
import { type Spoiled, unread } from "./spoils.ts";

/** A file as a source lists it. `id` changes whenever the content does. */
export type SpecsFile = {
  /** Relative to the root of the tree it belongs to, with `/`: what rules about paths look at. */
  readonly path: string;
  /** What Problems call it: the path, or more where several trees are read as one. */
  readonly shown: string;
  readonly id: string;
  /** From the folder that the program runs in, with `/`; absent for what is not on a disk. */
  readonly onDisk?: string;
  readonly kind: "blob" | "symlink" | "submodule";
  /** Throws an error of code `too-large` for what is not worth reading. */
  readonly read: () => Promise<Uint8Array>;
};

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
export async function load(trees: readonly (readonly SpecsFile[])[], cache: ParseCache): Promise<Specs> {
  const selections = await Promise.all(trees.map(async (files) => selectFiles(files, await readIgnore(files))));
  const wanted = selections.flat().toSorted((a, b) => compareText(a.shown, b.shown));
  const parsed = new Map<string, ParsedFile>();
  for (const file of wanted) {
    const key = `${file.id} ${file.shown}`;
    parsed.set(key, cache.get(key) ?? (file.kind === "blob" ? await readAndParse(file) : linkProblem(file)));
  }
  cache.clear();
  for (const [key, value] of parsed) cache.set(key, value);
  const places = trees.flat().filter(({ path }) => path === placesFile);
  return gather(wanted, [...parsed.values()], places);
}

/** A file beyond what its source reads is a person's mistake in that file, and no reason to stop at the others. */
async function readAndParse(file: SpecsFile): Promise<ParsedFile> {
  try {
    return parseFile(file.shown, await file.read());
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "too-large")) throw error;
    const place = { file: file.shown, line: 1, column: 1 };
    const message = "the file is far larger than what is read";
    return {
      documents: [],
      problems: [{ code: "file-too-large", severity: "error", message, place, remedy: "split the file" }],
      spoiled: [unread],
    };
  }
}

function gather(files: readonly SpecsFile[], parsed: readonly ParsedFile[], places: readonly SpecsFile[]): Specs {
  const pairs = files.map((file, index) => ({
    file,
    result: parsed[index] ?? { documents: [], problems: [], spoiled: [] },
  }));
  const isFrozen = ({ path }: SpecsFile): boolean => path.startsWith(frozenFolder);
  const isPlaces = ({ path }: SpecsFile): boolean => path === placesFile;
  return {
    documents: pairs.flatMap(({ file, result }) => (isFrozen(file) ? [] : result.documents)),
    frozen: pairs.flatMap(({ file, result }) => (isFrozen(file) ? result.documents : [])),
    problems: sortProblems([
      ...places.map(placesProblem),
      ...pairs.flatMap(({ file, result }) => (isPlaces(file) ? [] : result.problems)),
    ]),
    spoiled: pairs.flatMap(({ file, result }) => result.spoiled.map((spoiled) => ({ file: file.shown, ...spoiled }))),
    stop:
      places.length === 0
        ? undefined
        : `${placesFile} restricts who may write where, and this version cannot check that`,
  };
}

/** Links are selected whatever their name: one may stand where a folder of specs stood. */
function selectFiles(files: readonly SpecsFile[], ignored: Ignore): readonly SpecsFile[] {
  return files.filter(
    ({ path, kind }) =>
      (kind !== "blob" || /\.ya?ml$/.test(path)) &&
      (path.startsWith(frozenFolder) || !/(^|\/)\./.test(path)) &&
      !ignored.ignores(path),
  );
}

/** Patterns as in .gitignore. Without the file nothing is ignored. */
async function readIgnore(files: readonly SpecsFile[]): Promise<Ignore> {
  const file = files.find(({ path, kind }) => path === ignoreFile && kind === "blob");
  const rules = ignore({ allowRelativePaths: true });
  return file === undefined ? rules : rules.add(Buffer.from(await file.read()).toString("utf8"));
}

function linkProblem(file: SpecsFile): ParsedFile {
  const place = { file: file.shown, line: 1, column: 1 };
  const message = `a ${file.kind} is not followed`;
  const remedy = `commit what it leads to, or list it in ${ignoreFile}`;
  return {
    documents: [],
    problems: [{ code: "symlink", severity: "error", message, place, remedy }],
    spoiled: [unread],
  };
}

function placesProblem({ shown }: SpecsFile): Problem {
  return {
    code: "places-unsupported",
    severity: "error",
    message: `${placesFile} is not enforced by this version, so nothing is published from this revision`,
    place: { file: shown, line: 1, column: 1 },
    remedy: "remove the file, or use one specs repository for each tenant until it is",
  };
}
