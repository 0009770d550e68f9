/**
 * Questions about history. A machine's branch is one line of commits, and what is asked of it is nearly always a few steps
 * long: those are followed by reading commits. What has merges, is long or looks backwards is left to git, which knows how.
 */

import { type Commit, GitError, type LogRange, type Oid } from "../repository.ts";
import type { ObjectStore } from "./object-store.ts";
import { failureOf, runGit, runGitOrFail, type GitFolder } from "./program.ts";

/** Commits read one after the other, 0.2 ms each, before a process of 40 ms is the shorter way. */
const MOST_STEPS = 200;

/** Throws GitError `missing-object`, `not-a-commit`. */
export async function isAncestor(
  folder: GitFolder,
  objects: ObjectStore,
  { ancestor, descendant }: { readonly ancestor: Oid; readonly descendant: Oid },
): Promise<boolean> {
  const tip = await objects.readCommit(descendant);
  if (ancestor === descendant || tip.parents.includes(ancestor)) return true;
  const line = await followLine(objects, tip, { above: await objects.readCommit(ancestor), most: MOST_STEPS });
  switch (line.end) {
    case "above":
      return true;
    case "root":
      return false;
    case "unknown":
      return askIsAncestor(folder, ancestor, descendant);
  }
}

/** Newest first. Throws GitError `missing-object`, `not-a-commit`. */
export async function readLog(folder: GitFolder, objects: ObjectStore, range: LogRange): Promise<readonly Commit[]> {
  const tip = await objects.readCommit(range.to);
  const above = range.from === undefined ? undefined : await objects.readCommit(range.from);
  if (range.path === undefined) {
    const most = above === undefined ? Math.min(range.limit, MOST_STEPS) : MOST_STEPS;
    const line = await followLine(objects, tip, { above, most });
    const isAnswer =
      above === undefined ? line.end === "root" || line.commits.length >= range.limit : line.end === "above";
    if (isAnswer) return line.commits.slice(0, range.limit);
  }
  return askLog(folder, objects, range);
}

/** `above`: the commits are all those above that one. `root`: they are the whole history. */
type Line = { readonly commits: readonly Commit[]; readonly end: "above" | "root" | "unknown" };

/** Commits from `tip` downwards, `most` of them at most, while each has one parent. */
async function followLine(
  objects: ObjectStore,
  tip: Commit,
  { above, most }: { readonly above: Commit | undefined; readonly most: number },
): Promise<Line> {
  const commits: Commit[] = [];
  for (let next: Commit | undefined = tip; next !== undefined && commits.length < most;) {
    if (next.oid === above?.oid) return { commits, end: "above" };
    // Past the time of what it should end at, it hardly will; what is certain is git's to say, for clocks go wrong.
    if (above !== undefined && next.committedAtSeconds < above.committedAtSeconds) break;
    commits.push(next);
    if (next.parents.length === 0) return { commits, end: "root" };
    next = await readOnlyParent(objects, next);
  }
  return { commits, end: "unknown" };
}

/** Undefined for a merge, and in a clone whose history is cut off there. */
async function readOnlyParent(objects: ObjectStore, commit: Commit): Promise<Commit | undefined> {
  const [parent, ...others] = commit.parents;
  if (parent === undefined || others.length > 0) return undefined;
  try {
    return await objects.readCommit(parent);
  } catch (error) {
    if (error instanceof GitError && error.code === "missing-object") return undefined;
    throw error;
  }
}

async function askIsAncestor(folder: GitFolder, ancestor: Oid, descendant: Oid): Promise<boolean> {
  const args = ["merge-base", "--is-ancestor", "--end-of-options", ancestor, descendant];
  const outcome = await runGit(folder, args);
  if (outcome.exitCode === 0) return true;
  if (outcome.exitCode === 1) return false;
  throw failureOf(`comparing commits in ${folder.path}`, outcome);
}

async function askLog(folder: GitFolder, objects: ObjectStore, range: LogRange): Promise<readonly Commit[]> {
  const exclude = range.from === undefined ? [] : [`^${range.from}`];
  const path = range.path === undefined ? [] : [range.path];
  const args = ["rev-list", `--max-count=${range.limit}`, "--end-of-options", range.to, ...exclude, "--", ...path];
  const oids = (await runGitOrFail(folder, args))
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "");
  return Promise.all(oids.map(async (oid) => objects.readCommit(oid)));
}
