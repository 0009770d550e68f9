/**
 * The specs repository at one revision, or folders on disk, to parsed documents, each in its place. Which files count is
 * decided here: `*.yaml` and `*.yml` outside dot-folders (but `.gitplane/frozen/`, `.gitplane/recoveries/` and `.gitplane/approvals/`), less what
 * `.gitplaneignore` lists. Of several trees that are read as one, each has its own ignore file and its own `gitplane.yaml`.
 * Both files, the recoveries, the approvals, and the frozen classes (found by who they are and a hash of what they say, so that none stands in for another),
 * are the platform team's.
 */
import { compareText } from "../../schemas/compare.ts";
import { type Problem, sortProblems } from "../../schemas/problem.ts";
import { isPlacedRecovery } from "../../schemas/recovery.ts";
import { checkPlaces, declaredOrganizations, namedOrganizations } from "./check-places.ts";
import { type IgnoreRules, noRules, readIgnoreRules, refuseIgnoreRules } from "./ignore-rules.ts";
import { type ApprovalFiles, type FoundApproval, loadApprovals } from "./load-approvals.ts";
import { loadPlaces, type TreePlaces } from "./load-places.ts";
import { type FoundRecovery, loadRecoveries, type Recoveries } from "./load-recoveries.ts";
import { type ParsedFile, parseFile, type SpecDocument } from "./parse.ts";
import { type FileInTree, placeDocuments } from "./place-documents.ts";
import { isPlacesPath, type PlaceRules } from "./places.ts";
import { readUnlessTooLarge } from "./read-file.ts";
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
  /** What people said about lost history, under `.gitplane/recoveries/`. */
  readonly recoveries: readonly FoundRecovery[];
  /** What people allowed agents to do, under `.gitplane/approvals/`. */
  readonly approvals: readonly FoundApproval[];
  /** Why nothing may be published from this revision at all. */
  readonly stop: string | undefined;
};

/** Parsed files by path and content. Dropping it costs time only. */
export type ParseCache = Map<string, ParsedFile>;

const frozenFolder = ".gitplane/frozen/";
export const ignoreFile = ".gitplaneignore";

/** What some file, or several, hold. */
export type Content = Omit<Specs, "recoveries" | "approvals" | "stop">;

/** Reads and parses what the cache lacks; entries of files that are gone leave the cache. Places are judged anew every time. */
export async function load(trees: readonly (readonly SpecsFile[])[], cache: ParseCache): Promise<Specs> {
  const rules = await Promise.all(trees.map(readRules));
  const approvals = approvalsOf(await Promise.all(trees.map(async (files) => await loadApprovals(files))));
  const wanted = trees
    .flatMap((files, tree) => files.filter(rules[tree]?.selects ?? (() => false)).map((file) => ({ file, tree })))
    .toSorted((a, b) => compareText(a.file.shown, b.file.shown));
  const parsed = new Map<string, ParsedFile>();
  const files: FileInTree[] = [];
  for (const { file, tree } of wanted) {
    const key = `${file.id} ${file.shown}`;
    const result = cache.get(key) ?? (await parseSpecsFile(file));
    parsed.set(key, result);
    files.push({ file, parsed: result, rules: rulesFor(file, rules[tree]) });
  }
  cache.clear();
  for (const [key, value] of parsed) cache.set(key, value);
  const judgement = judge(files, rules);
  const contents = files.map((file) => placeFile(file, judgement));
  return {
    documents: contents.flatMap(({ documents }) => documents),
    frozen: contents.flatMap(({ frozen }) => frozen),
    problems: sortProblems([
      ...judgement.problems,
      ...approvals.problems,
      ...contents.flatMap(({ problems }) => problems),
    ]),
    spoiled: contents.flatMap(({ spoiled }) => spoiled),
    recoveries: judgement.recoveries,
    approvals: approvals.found,
    stop: judgement.stop,
  };
}

/** What the approvals of the trees come to. */
export function approvalsOf(trees: readonly ApprovalFiles[]): {
  readonly found: readonly FoundApproval[];
  readonly problems: readonly Problem[];
} {
  const files = trees.flatMap((tree) => [...tree.values()]);
  return {
    found: files.flatMap(({ found }) => found ?? []).toSorted((a, b) => compareText(a.shown, b.shown)),
    problems: files.flatMap(({ problems }) => problems),
  };
}

/** What the files with rules in a tree say. */
export type TreeRules = TreePlaces & {
  /** Whether a file is made of specs. */
  readonly selects: (file: SpecsFile) => boolean;
  /** What is wrong with the ignore file. */
  readonly refused: readonly Problem[];
  readonly recoveries: Recoveries;
};

export async function readRules(files: readonly SpecsFile[]): Promise<TreeRules> {
  const [places, ignored] = await Promise.all([loadPlaces(files), readIgnore(files)]);
  const recoveries = await loadRecoveries(files);
  return { ...places, selects: (file) => isSelected(file, ignored), refused: ignored.problems, recoveries };
}

/** Whether a file of this path has a part in `readRules`. */
export function isRulesPath(path: string): boolean {
  return path === ignoreFile || isPlacesPath(path) || isPlacedRecovery(path);
}

/** The rules that a file stands under; frozen classes are the platform team's. */
export function rulesFor(file: SpecsFile, tree: TreeRules | undefined): PlaceRules | undefined {
  return isFrozen(file) ? undefined : tree?.rules;
}

/** Reads a file that `readRules` selects. A link is not followed. */
export async function parseSpecsFile(file: SpecsFile): Promise<ParsedFile> {
  return file.kind === "blob" ? readAndParse(file) : linkProblem(file);
}

async function readAndParse(file: SpecsFile): Promise<ParsedFile> {
  const bytes = await readUnlessTooLarge(file);
  if (bytes !== undefined) return parseFile(file.shown, bytes);
  const place = { file: file.shown, line: 1, column: 1 };
  const message = "the file is far larger than what is read";
  return {
    documents: [],
    problems: [{ code: "file-too-large", severity: "error", message, place, remedy: "split the file" }],
    spoiled: [unread],
  };
}

/** What the rules of the trees come to, beside their files. */
export type Judgement = {
  readonly problems: readonly Problem[];
  readonly recoveries: readonly FoundRecovery[];
  /** Why nothing may be published at all. */
  readonly stop: string | undefined;
  /** While they are wrong, every document would be told that it is misplaced. */
  readonly areRulesUsed: boolean;
  /** The organizations that exist, whatever any tenant writes. */
  readonly known: ReadonlySet<string>;
};

export function judge(files: readonly FileInTree[], trees: readonly TreeRules[]): Judgement {
  const byRules = Map.groupBy(files, ({ rules }) => rules);
  const rulesOfTrees = trees.flatMap(({ rules }) => rules ?? []);
  const placeProblems = sortProblems([
    ...trees.flatMap(({ problems }) => problems),
    ...rulesOfTrees.flatMap((rules) => checkPlaces(rules, byRules.get(rules) ?? [], files)),
  ]);
  const broken = placeProblems.find(({ severity }) => severity === "error");
  // What the rules keep out may be meant to run nowhere.
  const refused = trees.flatMap((tree) => tree.refused);
  return {
    problems: sortProblems([...placeProblems, ...refused, ...trees.flatMap(({ recoveries }) => recoveries.problems)]),
    recoveries: trees.flatMap(({ recoveries }) => recoveries.found),
    stop: broken === undefined ? refused[0]?.message : stopText(broken),
    areRulesUsed: broken === undefined,
    known: new Set([...declaredOrganizations(files), ...rulesOfTrees.flatMap(namedOrganizations)]),
  };
}

/** What a file holds, each document in its place or out of it. */
export function placeFile(one: FileInTree, { areRulesUsed, known }: Judgement): Content {
  const placed = placeDocuments({ ...one, rules: areRulesUsed ? one.rules : undefined }, known);
  return isFrozen(one.file) ? { ...placed, documents: [], frozen: placed.documents } : { ...placed, frozen: [] };
}

function isFrozen({ path }: SpecsFile): boolean {
  return path.startsWith(frozenFolder);
}

function stopText({ place: { file, line, column }, message }: Problem): string {
  return `who may write where cannot be told while ${file}:${line}:${column} is wrong: ${message}`;
}

/** Links are selected whatever their name: one may stand where a folder of specs stood. */
function isSelected({ path, kind }: SpecsFile, { isIgnored }: IgnoreRules): boolean {
  return (
    (kind !== "blob" || /\.ya?ml$/.test(path)) &&
    (path.startsWith(frozenFolder) || !/(^|\/)\./.test(path)) &&
    !isPlacesPath(path) &&
    !isIgnored(path)
  );
}

/** Without the file nothing is ignored. One that its source does not read is as much too long as one that it reads. */
export async function readIgnore(files: readonly SpecsFile[]): Promise<IgnoreRules> {
  const file = files.find(({ path, kind }) => path === ignoreFile && kind === "blob");
  if (file === undefined) return noRules;
  const bytes = await readUnlessTooLarge(file);
  return bytes === undefined
    ? refuseIgnoreRules(file.shown)
    : readIgnoreRules(file.shown, Buffer.from(bytes).toString("utf8"));
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
