/**
 * Whether publishing may go on from a plane's tip (invariant 5): only from one that a control plane wrote, by rules that are
 * not newer, from specs that are in this revision's past, or that a person's Recovery names. What is refused stays refused
 * until a person acts, so it says what to do.
 */
import { type Commit, GitError, type Oid, type Repository } from "../../git/repository.ts";
import { readTrailers } from "../../schemas/trailers.ts";
import type { FoundRecovery } from "../load/load-recoveries.ts";
import { rendererVersion } from "../render/render.ts";

export type Standing =
  | { readonly kind: "clear" }
  /** Lost specs that a person lets publishing go on from. */
  | { readonly kind: "recovered"; readonly lost: Oid }
  | Refusal;

export type Refusal = {
  readonly kind: "refused";
  readonly why: "foreign-tip" | "newer-rules" | "specs-rewritten" | "specs-unknown";
  readonly reason: string;
};

export type SpecsHead = {
  readonly specs: Repository;
  readonly revision: Oid;
  readonly recoveries: readonly FoundRecovery[];
};

export async function judgeTip(tip: Commit, { specs, revision, recoveries }: SpecsHead): Promise<Standing> {
  const trailers = readTrailers(tip.trailers);
  if (trailers === undefined) {
    const reason = `the tip ${tip.oid} was not written by a control plane; a person must say what it is and move the branch`;
    return { kind: "refused", why: "foreign-tip", reason };
  }
  const { renderer, specsCommit } = trailers;
  if (renderer > rendererVersion) {
    const reason = `the tip was rendered by rules ${renderer}, this control plane has ${rendererVersion}: it is older; update it`;
    return { kind: "refused", why: "newer-rules", reason };
  }
  if (specsCommit === revision || (await isPast(specs, specsCommit, revision))) return { kind: "clear" };
  const isNamed = recoveries.some(
    ({ recovery }) => recovery.from === "rewritten-specs" && recovery.specsCommit === specsCommit,
  );
  if (isNamed) return { kind: "recovered", lost: specsCommit };
  return (await has(specs, specsCommit)) ? rewritten(specsCommit, revision) : unknown(specsCommit, revision);
}

/** What is here was at the branch once: it is fetched from there only. */
function rewritten(lost: Oid, revision: Oid): Refusal {
  const reason = `the tip was rendered from specs ${lost}, which are not in the past of ${revision} any more: the specs branch was rewritten or turned back; push the lost commits again, or go on from here with \`gitplane recover\``;
  return { kind: "refused", why: "specs-rewritten", reason };
}

function unknown(lost: Oid, revision: Oid): Refusal {
  const reason = `the tip was rendered from specs ${lost}, which this specs repository does not have at ${revision}: this control plane is stale (it reads an older copy, or another repository), or the specs branch was rewritten; wait until it has them, or go on from here with \`gitplane recover\``;
  return { kind: "refused", why: "specs-unknown", reason };
}

/** Whether a commit is the other one or an ancestor of it; one that the repository does not have is in the past of nothing. */
export async function isPast(repository: Repository, commit: Oid, of: Oid): Promise<boolean> {
  return (await unlessMissing(() => repository.isAncestor(commit, of))) ?? false;
}

export async function has(repository: Repository, commit: Oid): Promise<boolean> {
  return (await unlessMissing(() => repository.readCommit(commit))) !== undefined;
}

async function unlessMissing<Result>(read: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof GitError && error.code === "missing-object") return undefined;
    throw error;
  }
}
