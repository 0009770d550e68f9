/**
 * What has brought a plane to a stop that only a person can end, read from Git alone: its branch stands on lost specs, or its
 * agent has applied a revision that the branch has lost. `gitplane status` says it, `gitplane recover` mends it.
 */
import type { Commit, Oid, Repository } from "../git/repository.ts";
import type { PlaneReceipt } from "../schemas/receipt.ts";
import { readTrailers } from "../schemas/trailers.ts";
import { isPast, judgeTip, type Refusal, type SpecsHead } from "./publish/refusal.ts";
import { specsRef } from "../schemas/layout.ts";

/** A revision that the agent has applied and that the branch does not lead to. */
export type LostRevision = { readonly applied: Oid; readonly sequence: number };

/**
 * Why nothing is published for the plane. Undefined when something is, or when the specs moved while we looked: what a tip is
 * ahead of then is our own look.
 */
export async function findRefusal(tip: Commit, head: SpecsHead): Promise<Refusal | undefined> {
  const standing = await judgeTip(tip, head);
  if (standing.kind !== "refused") return undefined;
  const now = (await head.specs.fetch([specsRef])).get(specsRef);
  return now === head.revision ? standing : undefined;
}

/** Undefined when the tip follows on what the agent applied, also by a restoration that it may go by. */
export async function findLostRevision(
  state: Repository,
  tip: Commit | undefined,
  agent: PlaneReceipt | undefined,
): Promise<LostRevision | undefined> {
  const applied = agent?.appliedRevision;
  if (agent === undefined || applied === undefined) return undefined;
  const lost = { applied, sequence: agent.sequence };
  if (tip === undefined) return lost;
  if (await isPast(state, applied, tip.oid)) return undefined;
  return (await isRestored(state, tip, lost)) ? undefined : lost;
}

/** Whether a commit of the branch, above the lost sequence, says that it recovers the revision. */
async function isRestored(state: Repository, tip: Commit, { applied, sequence }: LostRevision): Promise<boolean> {
  for (let commit = tip; ;) {
    const trailers = readTrailers(commit.trailers);
    if (trailers === undefined || trailers.sequence <= sequence) return false;
    if (trailers.recovers?.includes(applied) === true) return true;
    const [parent] = commit.parents;
    if (parent === undefined) return false;
    commit = await state.readCommit(parent);
  }
}

/** One sentence for whoever looks at the plane, with what to do. */
export function stopText(refusal: Refusal | undefined, lost: LostRevision | undefined): string | undefined {
  if (refusal !== undefined) return `nothing is published: ${refusal.reason}`;
  if (lost === undefined) return undefined;
  return `the branch has lost revision ${lost.applied.slice(0, 10)} (${lost.sequence}), which the agent has applied: nothing newer is applied until \`gitplane recover\``;
}
