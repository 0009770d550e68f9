/**
 * Edits of Bindings to one commit of the specs repository: by the person whose change caused them, committed by Gitplane,
 * with a trailer that says what caused it. It stands on the revision that the edits were made of and is pushed by
 * compare-and-swap, so it never races a person: whoever pushed meanwhile is first, and the next round begins from there.
 *
 * For pull requests every set of files has a branch of its own, named by a hash of what they say, one commit on top of the
 * revision. One branch for all would have to be rewound to propose something else, which a push does not do, or drag along
 * what a squashed merge has taken already. So a branch says the same for as long as it stands: what is proposed is not
 * proposed twice, and what was declined stays declined while its branch is there.
 */
import { findEntry } from "../../git/find-entry.ts";
import type { Commit, Oid, Ref, Repository } from "../../git/repository.ts";
import { compareText } from "../../schemas/compare.ts";
import { specsRef } from "../../schemas/layout.ts";
import { hashParts } from "../../schemas/names.ts";
import { trailerKeys } from "../../schemas/trailers.ts";
import { ignoreFile, readIgnore, type SpecsFile } from "../load/load.ts";
import { gitFile } from "../load/specs-files.ts";
import { committer } from "../publish/publish.ts";
import { commitMessage } from "./commit-message.ts";
import type { Edit } from "./edit.ts";
import { editSpecsFile } from "./edited-file.ts";

/** `direct` to the specs branch, to a `branch` for a pull request, or `off`: nothing is written. */
export const machineCommitModes = ["direct", "branch", "off"] as const;
export type MachineCommitMode = (typeof machineCommitModes)[number];

export type CommitEdits = {
  readonly specs: Repository;
  /** The head of the specs that the edits were made of. */
  readonly revision: Oid;
  readonly edits: readonly Edit[];
  /** The revision or receipt that made them necessary. */
  readonly cause: Oid;
  readonly mode: MachineCommitMode;
  readonly nowSeconds: () => number;
  readonly signal: AbortSignal;
};

/** An edit that is not made, and why: the same every time, so it is worth a line in the log once. */
export type RefusedEdit = { readonly path: string; readonly reason: string };

export type MachineCommit = { readonly refused: readonly RefusedEdit[] } & (
  | { readonly kind: "nothing" }
  | { readonly kind: "committed"; readonly ref: Ref; readonly revision: Oid; readonly paths: readonly string[] }
  /** The branch stands there already. */
  | { readonly kind: "proposed"; readonly ref: Ref; readonly revision: Oid }
  /** The specs moved on: the next round starts from their new head. */
  | { readonly kind: "overtaken" }
  /** The repository said no, or would be written to without end. */
  | { readonly kind: "stopped"; readonly reason: string }
);

export const proposalPrefix = "refs/heads/gitplane/auto-deploy/";

/** A person's change needs one machine commit. This many in a row, and two versions of Gitplane are undoing each other's. */
const rowLimit = 5;

/** Throws GitError when the repository cannot be reached: nothing was changed then, or everything was. */
export async function commitEdits(context: CommitEdits): Promise<MachineCommit> {
  const { specs, revision, edits, mode } = context;
  if (mode === "off" || edits.length === 0) return { kind: "nothing", refused: [] };
  const head = await specs.readCommit(revision);
  const { changes, made, refused } = await makeChanges(specs, head, edits);
  if (changes.size === 0) return { kind: "nothing", refused };
  if (mode === "branch") return { ...(await propose(context, { head, changes, made })), refused };
  if (await isInRow(specs, head)) {
    const reason = `the last ${rowLimit} commits are Gitplane's own, each caused by the one before: look for another control plane, of another version, that writes to this branch`;
    return { kind: "stopped", reason, refused };
  }
  const next = await commit(context, { head, changes, made });
  const pushed = await specs.push(specsRef, { expect: revision, next }, { signal: context.signal });
  switch (pushed.kind) {
    case "pushed":
      return { kind: "committed", ref: specsRef, revision: next, paths: [...changes.keys()], refused };
    case "conflict":
    case "rewind":
      return { kind: "overtaken", refused };
    case "refused":
      return { kind: "stopped", reason: pushed.reason, refused };
  }
}

type Content = {
  readonly head: Commit;
  /** In path order. */
  readonly changes: ReadonlyMap<string, Uint8Array | null>;
  readonly made: readonly Edit[];
};

async function makeChanges(specs: Repository, head: Commit, edits: readonly Edit[]) {
  const ignore = await fileAt(specs, head, ignoreFile);
  const { isIgnored } = await readIgnore(ignore?.kind === "blob" ? [ignore] : []);
  const changes = new Map<string, Uint8Array | null>();
  const made: Edit[] = [];
  const refused: RefusedEdit[] = [];
  const byPath = [...Map.groupBy(edits, ({ path }) => path)].toSorted(([a], [b]) => compareText(a, b));
  for (const [path, own] of byPath) {
    const found = await fileAt(specs, head, path);
    if (found?.kind === "blocked") refused.push({ path, reason: `${found.by} is in the way` });
    else if (isIgnored(path)) refused.push({ path, reason: ".gitplaneignore keeps it out of the specs" });
    else {
      const bytes = await found?.read();
      const edited = editSpecsFile(path, bytes, own);
      if (edited.kind === "refused") refused.push({ path, reason: edited.reason });
      if (edited.kind !== "edited") continue;
      changes.set(path, edited.bytes);
      made.push(...own);
    }
  }
  return { changes, made, refused };
}

/** Undefined where nothing stands, `blocked` where something else than a file does, or stands in the way. */
async function fileAt(specs: Repository, { tree }: Commit, path: string): Promise<FileAt> {
  const found = await findEntry(specs, tree, path);
  if (found.kind !== "found") return found.kind === "nothing" ? undefined : found;
  const { kind, oid } = found.entry;
  return kind === "blob" ? gitFile(specs, { path, oid, kind }) : { kind: "blocked", by: path };
}

type FileAt = SpecsFile | { readonly kind: "blocked"; readonly by: string } | undefined;

async function commit({ specs, cause, nowSeconds }: CommitEdits, { head, changes, made }: Content): Promise<Oid> {
  return specs.commit({
    parent: head.oid,
    changes,
    message: commitMessage(made),
    trailers: [[trailerKeys.causedBy, cause]],
    author: head.author,
    committer,
    committedAtSeconds: nowSeconds(),
  });
}

/** Whether the commit and those before it are all machine commits caused by their parents. */
async function isInRow(specs: Repository, head: Commit): Promise<boolean> {
  if (!isOwn(head)) return false;
  const commits = await specs.log({ to: head.oid, limit: rowLimit });
  return commits.length === rowLimit && commits.every(isOwn);
}

function isOwn({ committer: by, parents, trailers }: Commit): boolean {
  return (
    by.mail === committer.mail && trailers.some(([key, value]) => key === trailerKeys.causedBy && value === parents[0])
  );
}

type Proposal =
  | { readonly kind: "committed"; readonly ref: Ref; readonly revision: Oid; readonly paths: readonly string[] }
  | { readonly kind: "proposed"; readonly ref: Ref; readonly revision: Oid }
  | { readonly kind: "overtaken" }
  | { readonly kind: "stopped"; readonly reason: string };

/** A branch that was merged and then undone on the specs branch is proposed again. */
async function propose(context: CommitEdits, content: Content): Promise<Proposal> {
  const { specs, signal, revision } = context;
  const ref = proposalRef(content.changes);
  const tip = (await specs.fetch([ref], { signal })).get(ref);
  if (tip !== undefined && !(await specs.isAncestor(tip, revision))) return { kind: "proposed", ref, revision: tip };
  const next = await commit(context, content);
  const pushed = await specs.push(ref, { expect: tip, next }, { signal });
  switch (pushed.kind) {
    case "pushed":
      return { kind: "committed", ref, revision: next, paths: [...content.changes.keys()] };
    case "conflict":
      return pushed.actual === undefined ? { kind: "overtaken" } : { kind: "proposed", ref, revision: pushed.actual };
    case "rewind":
      return { kind: "overtaken" };
    case "refused":
      return { kind: "stopped", reason: pushed.reason };
  }
}

/** By what the files say, not by what they stand on: what is proposed stays proposed while people push other things. */
function proposalRef(changes: Content["changes"]): Ref {
  const parts = [...changes].flatMap(([path, bytes]) =>
    bytes === null ? [path, "removed"] : [path, "written", Buffer.from(bytes).toString("utf8")],
  );
  return `${proposalPrefix}${hashParts(parts, 12)}`;
}
