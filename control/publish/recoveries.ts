/**
 * What a plane's next commit must say because a person recovered it. A Recovery is carried out once: by the first commit that
 * is published from specs that hold it, which is made even when the tree stays the same. Whether that has happened is read
 * from the specs of the tip, so nobody has to remember it.
 */
import { findBlob } from "../../git/find-entry.ts";
import type { Commit, Oid, Repository } from "../../git/repository.ts";
import type { PlaneId } from "../../schemas/layout.ts";
import { isOfPlane, type RestoredState } from "../../schemas/recovery.ts";
import { readTrailers, type StateTrailers } from "../../schemas/trailers.ts";
import type { FoundRecovery } from "../load/load-recoveries.ts";
import { has, isPast, type SpecsHead } from "./refusal.ts";

export type BranchTip = {
  readonly plane: PlaneId;
  readonly repository: Repository;
  /** Undefined when there is no branch. */
  readonly tip: Commit | undefined;
};

/** The plane's restorations that no commit of its branch has carried out. */
export async function pendingRestorations(
  { plane, repository, tip }: BranchTip,
  { specs, recoveries }: Pick<SpecsHead, "specs" | "recoveries">,
): Promise<readonly RestoredState[]> {
  const pending: RestoredState[] = [];
  for (const { recovery, path } of recoveries) {
    if (!isOfPlane(recovery, plane)) continue;
    const isNeeded =
      tip === undefined ||
      (!(await isPast(repository, recovery.appliedRevision, tip.oid)) && !(await isCarriedOut(path, tip, specs)));
    if (isNeeded) pending.push(recovery);
  }
  return pending;
}

/** Lost specs cannot tell: then it is carried out again, which is one commit more. */
async function isCarriedOut(path: FoundRecovery["path"], tip: Commit, specs: Repository): Promise<boolean> {
  const specsCommit = readTrailers(tip.trailers)?.specsCommit;
  if (specsCommit === undefined || !(await has(specs, specsCommit))) return false;
  const { tree } = await specs.readCommit(specsCommit);
  return (await findBlob(specs, tree, path)) !== undefined;
}

/** The sequence that follows, above all that any agent of the plane has seen, and the trailer that lets its agent follow. */
export function nextSequence(
  previous: number,
  restorations: readonly RestoredState[],
): Pick<StateTrailers, "sequence" | "recovers"> {
  const sequence = Math.max(previous, ...restorations.map((one) => one.sequence)) + 1;
  if (restorations.length === 0) return { sequence };
  return { sequence, recovers: restorations.map(({ appliedRevision }) => appliedRevision) };
}

/** Commits of the specs that a publish folds, newest first; when where it began was lost, the newest alone. */
export async function foldedCommits(
  specs: Repository,
  { from, to, limit }: { readonly from: Oid | undefined; readonly to: Oid; readonly limit: number },
): Promise<readonly Commit[]> {
  if (from !== undefined && !(await has(specs, from))) return specs.log({ to, limit: 1 });
  return specs.log({ to, from, limit });
}
