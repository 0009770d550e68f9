/**
 * The one step that is no step forward: the branch was restored from a backup, has lost what was applied, and a person let
 * it go on (`gitplane recover`). A commit with `Recovers: <applied revision>` is that person's word, for that revision only.
 * The trees are compared then, instead of the ancestry: what was applied is still in this clone.
 */
import { type Commit, GitError, type Oid, type Repository } from "../git/repository.ts";
import type { AppliedRecord } from "../schemas/applied-record.ts";
import { readTrailers } from "../schemas/trailers.ts";

/** A branch that went on for longer than this since it was recovered is not walked through. */
const mostCommits = 10_000;

/** Whether the commit, or one before it that is above the record's sequence, recovers the revision that was applied. */
export async function isRecovery(repository: Repository, commit: Commit, record: AppliedRecord): Promise<boolean> {
  if (record.revision === undefined) return false;
  let current = commit;
  for (let walked = 0; walked < mostCommits; walked += 1) {
    const trailers = readTrailers(current.trailers);
    if (trailers === undefined || trailers.sequence <= record.sequence) return false;
    if (trailers.recovers?.includes(record.revision) === true) return true;
    const [parent] = current.parents;
    if (parent === undefined) return false;
    current = await repository.readCommit(parent);
  }
  return false;
}

/**
 * The record as far as this clone can tell what it names. A clone made after the loss has neither the applied revision nor
 * what was begun since: nothing of them is known then, so everything is applied anew and nothing of them is pruned.
 */
export async function rememberedRecord(repository: Repository, record: AppliedRecord): Promise<AppliedRecord> {
  const { revision, begun, ...rest } = record;
  const kept: Oid[] = [];
  for (const oid of begun) if (await isHere(repository, oid)) kept.push(oid);
  const isKnown = revision !== undefined && (await isHere(repository, revision));
  return { ...rest, begun: kept, ...(isKnown ? { revision } : {}) };
}

/** Whether the commit is in this clone, as itself and not as what a damaged disk made of it. */
export async function isHere(repository: Repository, oid: Oid): Promise<boolean> {
  try {
    await repository.readCommit(oid);
    return true;
  } catch (error) {
    if (error instanceof GitError && error.code === "missing-object") return false;
    throw error;
  }
}
