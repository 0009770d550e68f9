/** The specs of a Git repository, held from revision to revision: only blobs that changed are read, only their files parsed. */
import type { Oid, Repository, TreeChange } from "../../git/repository.ts";
import { isPlacedApproval } from "../../schemas/approval.ts";
import type { Problem } from "../../schemas/problem.ts";
import { isPlatformFile } from "./check-places.ts";
import {
  approvalsOf,
  type Content,
  isRulesPath,
  judge,
  type Judgement,
  parseSpecsFile,
  placeFile,
  readRules,
  rulesFor,
  type SpecsFile,
  type TreeRules,
} from "./load.ts";
import { type ApprovalFiles, type FoundApproval, loadApprovals } from "./load-approvals.ts";
import type { FoundRecovery } from "./load-recoveries.ts";
import type { PlaceRules } from "./places.ts";
import type { ParsedFile } from "./parse.ts";
import type { FileInTree } from "./place-documents.ts";
import { gitFile, listGitFiles } from "./specs-files.ts";

export type SpecsChange = {
  /** The very contents that came before. */
  readonly gone: readonly Content[];
  readonly come: readonly Content[];
  /** Of the specs as a whole, all that there are now. */
  readonly problems: readonly Problem[];
  /** What people said about lost history. */
  readonly recoveries: readonly FoundRecovery[];
  /** What people allowed agents to do. */
  readonly approvals: readonly FoundApproval[];
  /** Why nothing may be published at all. */
  readonly stop: string | undefined;
  /** Who may write where; undefined where everything may stand everywhere. */
  readonly rules: PlaceRules | undefined;
};

type Held = {
  readonly tree: Oid;
  readonly rules: TreeRules;
  readonly judgement: Judgement;
  readonly approvals: ApprovalFiles;
};

/** Blobs asked for at once, so that their answers come without a wait for each. */
const readsAtOnce = 64;

export class SpecsTree {
  readonly #repository: Repository;
  readonly #files = new Map<string, FileInTree>();
  readonly #contents = new Map<string, Content>();
  #held: Held | undefined;

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** Goes on to another tree. Throws GitError, and then stays where it was. */
  async move(tree: Oid): Promise<SpecsChange> {
    const held = this.#held;
    if (held?.tree === tree) return this.#describe([], held);
    const changes = await this.#repository.diffTrees(held?.tree, tree);
    if (held === undefined || changes.some(({ path }) => isRulesPath(path))) return this.#moveWhole(tree);
    return this.#moveSome({ ...held, tree }, changes);
  }

  /** Rules changed, or nothing is held yet. What was parsed of the same blob is used again. */
  async #moveWhole(tree: Oid): Promise<SpecsChange> {
    const listed = await listGitFiles(this.#repository, tree);
    const rules = await readRules(listed);
    const files = await this.#parse(listed.filter(rules.selects), rules);
    const judgement = judge([...files.values()], [rules]);
    for (const path of this.#files.keys()) if (!files.has(path)) this.#files.delete(path);
    for (const [path, file] of files) this.#files.set(path, file);
    const approvals = await loadApprovals(listed, this.#held?.approvals);
    this.#held = { tree, rules, judgement, approvals };
    return this.#describe(new Set([...this.#contents.keys(), ...files.keys()]), this.#held);
  }

  async #moveSome(
    { tree, rules, judgement: before, approvals }: Held,
    changes: readonly TreeChange[],
  ): Promise<SpecsChange> {
    const present = changes.flatMap((change) =>
      change.action === "removed" ? [] : [gitFile(this.#repository, change)],
    );
    const files = await this.#parse(present.filter(rules.selects), rules);
    const touched = new Set(changes.map(({ path }) => path).filter((path) => files.has(path) || this.#files.has(path)));
    const isJudged =
      rules.rules !== undefined && [...touched].some((path) => bearsOnPlaces(this.#files.get(path), files.get(path)));
    for (const path of touched) {
      const file = files.get(path);
      if (file === undefined) this.#files.delete(path);
      else this.#files.set(path, file);
    }
    const judgement = isJudged ? judge([...this.#files.values()], [rules]) : before;
    this.#held = { tree, rules, judgement, approvals: await changeApprovals(approvals, changes, present) };
    const isSame = judgement.areRulesUsed === before.areRulesUsed && isEqual(judgement.known, before.known);
    return this.#describe(isSame ? touched : new Set([...touched, ...this.#files.keys()]), this.#held);
  }

  async #parse(wanted: readonly SpecsFile[], rules: TreeRules): Promise<ReadonlyMap<string, FileInTree>> {
    const files = new Map<string, FileInTree>();
    for (let at = 0; at < wanted.length; at += readsAtOnce) {
      const read = wanted.slice(at, at + readsAtOnce).map(async (file): Promise<FileInTree> => {
        const known = this.#files.get(file.path);
        const isKnown = known?.file.id === file.id && known.file.kind === file.kind;
        const parsed = isKnown ? known.parsed : keepSame(known?.parsed, await parseSpecsFile(file));
        return { file, parsed, rules: rulesFor(file, rules) };
      });
      for (const file of await Promise.all(read)) files.set(file.file.path, file);
    }
    return files;
  }

  /** Places the files of these paths anew. */
  #describe(touched: Iterable<string>, { judgement, rules, approvals }: Held): SpecsChange {
    const gone: Content[] = [];
    const come: Content[] = [];
    for (const path of touched) {
      const before = this.#contents.get(path);
      const file = this.#files.get(path);
      if (before !== undefined) gone.push(before);
      if (file === undefined) {
        this.#contents.delete(path);
        continue;
      }
      const content = placeFile(file, judgement);
      this.#contents.set(path, content);
      come.push(content);
    }
    const { recoveries, stop } = judgement;
    const approved = approvalsOf([approvals]);
    const problems = [...judgement.problems, ...approved.problems];
    return { gone, come, problems, recoveries, approvals: approved.found, stop, rules: rules.rules };
  }
}

/** A person's approval is no rule of the tree: it costs the reading of its own file. */
async function changeApprovals(
  before: ApprovalFiles,
  changes: readonly TreeChange[],
  present: readonly SpecsFile[],
): Promise<ApprovalFiles> {
  const changed = changes.filter(({ path }) => isPlacedApproval(path));
  if (changed.length === 0) return before;
  const next = new Map(before);
  for (const { path } of changed) next.delete(path);
  for (const [path, file] of await loadApprovals(present)) next.set(path, file);
  return next;
}

/** Documents that stand where they stood and say what they said are the very same, so that nothing has to ask them again. */
function keepSame(before: ParsedFile | undefined, after: ParsedFile): ParsedFile {
  if (before === undefined) return after;
  const known = new Map(before.documents.map((document) => [document.place.line, document]));
  const documents = after.documents.map((document) => {
    const same = known.get(document.place.line);
    return same?.text === document.text && same.place.column === document.place.column ? same : document;
  });
  return { ...after, documents };
}

/** Whether what is wrong with the places, or which organizations exist, may be another than before. */
function bearsOnPlaces(before: FileInTree | undefined, after: FileInTree | undefined): boolean {
  return before === undefined || after === undefined || isPlatformFile(before) || isPlatformFile(after);
}

function isEqual(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && a.isSubsetOf(b);
}
