/**
 * Looks at specs, state and receipts for what only a person can mend, and says for each plane what is wrong and which Recovery
 * would mend it. It guesses nothing: what it cannot tell apart it leaves to the person.
 */
import type { Commit, Oid, Repository } from "../../git/repository.ts";
import { type PlaneId, planePath, planeRef, receiptsRef, specsRef } from "../../schemas/layout.ts";
import { apiVersion } from "../../schemas/metadata.ts";
import type { PlaneReceipt } from "../../schemas/receipt.ts";
import type { Recovery } from "../../schemas/recovery.ts";
import { readTrailers } from "../../schemas/trailers.ts";
import { LiveSpecs } from "../engine/live-specs.ts";
import { findLostRevision, findRefusal, type LostRevision } from "../plane-stop.ts";
import { pendingRestorations } from "../publish/recoveries.ts";
import { judgeTip, type Refusal, type SpecsHead } from "../publish/refusal.ts";
import { readAgent } from "./read-agent.ts";

export type Finding =
  /** Mended by a Recovery. `lostCommits` are the newest of the lost specs, as far as they are still there. */
  | {
      readonly kind: "recoverable";
      readonly plane: string;
      readonly recovery: Recovery;
      readonly wrong: string;
      readonly lostCommits: readonly Commit[];
    }
  /** A Recovery says it already, and the control plane has not been there since. */
  | { readonly kind: "waiting"; readonly plane: string; readonly wrong: string }
  /** Something else stopped it. */
  | { readonly kind: "undecided"; readonly plane: string; readonly wrong: string };

export type Diagnosis = {
  /** Head of the specs branch. */
  readonly head: Oid | undefined;
  /** Why nothing at all is published from it. */
  readonly stop: string | undefined;
  readonly planes: readonly string[];
  readonly findings: readonly Finding[];
};

export type Repositories = { readonly specs: Repository; readonly state: Repository };

/** Throws GitError when a repository cannot be read: what is not known is not called healthy. */
export async function diagnose({ specs, state }: Repositories): Promise<Diagnosis> {
  const head = (await specs.fetch([specsRef])).get(specsRef);
  if (head === undefined) return { head, stop: undefined, planes: [], findings: [] };
  const { planes, recoveries, stop } = await new LiveSpecs(specs).move(head);
  const refs = await state.fetch(planes.flatMap((plane) => [planeRef(plane), receiptsRef(plane)]));
  const findings: Finding[] = [];
  for (const plane of planes) {
    const tip = refs.get(planeRef(plane));
    const commit = tip === undefined ? undefined : await state.readCommit(tip);
    const agent = await readAgent(state, refs.get(receiptsRef(plane)));
    const looked = { plane, tip: commit, agent, state, head: { specs, revision: head, recoveries } };
    findings.push(...(await diagnoseSpecs(looked)), ...(await diagnoseState(looked)));
  }
  return { head, stop, planes: planes.map(planePath), findings };
}

type Looked = {
  readonly plane: PlaneId;
  readonly tip: Commit | undefined;
  readonly agent: PlaneReceipt | undefined;
  readonly state: Repository;
  readonly head: SpecsHead;
};

/** Whether publishing may go on from the plane's tip. */
async function diagnoseSpecs({ plane, tip, head }: Looked): Promise<readonly Finding[]> {
  if (tip === undefined) return [];
  const name = planePath(plane);
  const standing = await judgeTip(tip, head);
  if (standing.kind === "recovered") {
    const wrong = `its branch stands on lost specs ${standing.lost}; a Recovery names them, and the control plane goes on at its next look`;
    return [{ kind: "waiting", plane: name, wrong }];
  }
  const refusal = await findRefusal(tip, head);
  if (refusal === undefined) return [];
  const lost = readTrailers(tip.trailers)?.specsCommit;
  if (lost === undefined || !mendable.has(refusal.why)) {
    return [{ kind: "undecided", plane: name, wrong: refusal.reason }];
  }
  const isHere = refusal.why === "specs-rewritten";
  const wrong = isHere
    ? `its branch was rendered from specs ${lost}, which the specs branch does not lead to any more`
    : `its branch was rendered from specs ${lost}, which the specs branch does not lead to and this clone has never seen; if you look at a copy that is behind, or at another repository than the control planes, do not recover`;
  const lostCommits = isHere ? await head.specs.log({ from: head.revision, to: lost, limit: mostShown + 1 }) : [];
  const recovery: Recovery = { apiVersion, kind: "Recovery", from: "rewritten-specs", specsCommit: lost };
  return [{ kind: "recoverable", plane: name, recovery, wrong, lostCommits }];
}

const mendable: ReadonlySet<Refusal["why"]> = new Set(["specs-rewritten", "specs-unknown"]);

/** How many lost commits are worth a line each. */
export const mostShown = 10;

/** Whether the plane's agent may go on to the tip. */
async function diagnoseState({ plane, tip, agent, state, head }: Looked): Promise<readonly Finding[]> {
  const name = planePath(plane);
  const lost = await findLostRevision(state, tip, agent);
  if (lost === undefined) {
    if (agent?.refused === undefined || agent.refused.revision !== tip?.oid || isFollowable(tip, agent)) return [];
    const wrong = `its agent refuses the tip ${tip.oid}, and no Recovery helps against it: ${agent.refused.reason}`;
    return [{ kind: "undecided", plane: name, wrong }];
  }
  const pending = await pendingRestorations({ plane, repository: state, tip }, head);
  if (pending.some(({ appliedRevision }) => appliedRevision === lost.applied)) {
    const wrong = `its branch has lost revision ${lost.applied}; a Recovery names it, and the control plane publishes it at its next look`;
    return [{ kind: "waiting", plane: name, wrong }];
  }
  const sequence = Math.max(lost.sequence, 1);
  return [
    {
      kind: "recoverable",
      plane: name,
      recovery: {
        apiVersion,
        kind: "Recovery",
        from: "restored-state",
        plane: name,
        appliedRevision: lost.applied,
        sequence,
      },
      wrong: describeLoss(lost, tip),
      lostCommits: [],
    },
  ];
}

/** The agent has not looked again since the tip that lets it go on was published. */
function isFollowable(tip: Commit, { appliedRevision }: PlaneReceipt): boolean {
  return appliedRevision !== undefined && readTrailers(tip.trailers)?.recovers?.includes(appliedRevision) === true;
}

function describeLoss({ applied, sequence }: LostRevision, tip: Commit | undefined): string {
  const stands =
    tip === undefined
      ? "its branch is gone"
      : `its branch is at ${tip.oid} (sequence ${readTrailers(tip.trailers)?.sequence ?? "unknown"}) and does not lead there`;
  return `its agent has applied revision ${applied} (sequence ${sequence}), and ${stands}, as after a restored backup`;
}
