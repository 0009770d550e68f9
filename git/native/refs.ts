/** The repository's own refs: reading, and moving by compare-and-swap. */

import { GitError, type Oid, type Ref } from "../repository.ts";
import { pause } from "./pause.ts";
import { failureOf, runGit, type GitFolder, type GitOutcome } from "./program.ts";
import { removeStaleLocks } from "./stale-locks.ts";

export type RefMove = { readonly ref: Ref; readonly from: Oid | undefined; readonly to: Oid };
/** `moved` also when the ref already stands at `to`; `actual` is where it stands instead. */
export type RefMoved =
  | { readonly kind: "moved" }
  | { readonly kind: "elsewhere"; readonly actual: Oid | undefined }
  | { readonly kind: "stuck"; readonly reason: string };

const MOST_TRIES = 6;
const LONGEST_PAUSE_MS = 200;

/**
 * Refs whose names are one of these, or lie below one. A damaged ref is GitError `corrupt` and not an absence:
 * for-each-ref leaves it out and only warns.
 */
export async function readRefs(folder: GitFolder, names: readonly string[]): Promise<ReadonlyMap<Ref, Oid>> {
  if (names.length === 0) return new Map();
  const outcome = await runGit(folder, ["for-each-ref", "--format=%(objectname) %(refname)", "--", ...names]);
  if (outcome.exitCode !== 0) throw failureOf(`reading the refs of ${folder.path}`, outcome);
  if (outcome.stderr.trim() !== "") throw new GitError("corrupt", `refs of ${folder.path}: ${outcome.stderr.trim()}`);
  return parseRefs(outcome.stdout.toString("utf8"), " ");
}

/** Lines of `<oid><separator><ref>`, as for-each-ref and ls-remote write them. */
export function parseRefs(text: string, separator: string): ReadonlyMap<Ref, Oid> {
  const refs = new Map<Ref, Oid>();
  for (const line of text.split("\n")) {
    const at = line.indexOf(separator);
    if (at > 0) refs.set(line.slice(at + 1), line.slice(0, at));
  }
  return refs;
}

/**
 * Moves one ref from an expected value (undefined: it must not exist). Waits a bounded time for another process's lock,
 * removes one that a dead process left, and answers `stuck` with git's words when the ref stands where expected and still
 * cannot be moved.
 */
export async function moveRef(folder: GitFolder, move: RefMove, signal?: AbortSignal): Promise<RefMoved> {
  for (let tries = 1; ; tries++) {
    const outcome = await updateRefs(folder, [move], signal);
    if (outcome.exitCode === 0) return { kind: "moved" };
    const actual = (await readRefs(folder, [move.ref])).get(move.ref);
    if (actual === move.to) return { kind: "moved" };
    if (actual !== move.from) return { kind: "elsewhere", actual };
    if (outcome.stderr.includes("No space left on device"))
      throw failureOf(`moving ${move.ref} in ${folder.path}`, outcome);
    const unlocked = await removeStaleLocks(folder, move.ref);
    if (tries >= MOST_TRIES && !unlocked) return { kind: "stuck", reason: outcome.stderr.trim() };
    await pause(folder, LONGEST_PAUSE_MS, signal);
  }
}

/** All moves or none (git-update-ref(1), `--stdin`). */
export async function updateRefs(
  folder: GitFolder,
  moves: readonly RefMove[],
  signal?: AbortSignal,
): Promise<GitOutcome> {
  const lines = moves.map(({ ref, from, to }) => `update ${ref} ${to} ${from ?? "0".repeat(to.length)}\n`);
  return runGit(folder, ["update-ref", "--no-deref", "--stdin"], { input: Buffer.from(lines.join("")), signal });
}
