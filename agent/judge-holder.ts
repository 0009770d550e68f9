/** Decides about a namespace or a definition by what would go along with it. Pure. */
import { holdLimit } from "../schemas/hold.ts";
import type { PlaneId } from "../schemas/layout.ts";
import { type Approvals, isApproved } from "./approvals.ts";
import { findForeign, nameForeign, rootsOf } from "./foreign.ts";
import type { HeldObject } from "./holds.ts";
import type { PruneStep } from "./step.ts";
import type { ListOutcome } from "./target.ts";

/** Which object may go, and in what state. */
type Only = Pick<PruneStep, "uid" | "along" | "isUnlessForeign" | "isUnlessOurs">;

export type Verdict =
  /** May go; only the object with this uid, where there is one. */
  | ({ readonly kind: "go"; readonly isApproved?: true } & Only)
  /** Is no replacement, as the target sees it. */
  | { readonly kind: "in-place" }
  /** Never goes. */
  | { readonly kind: "spared"; readonly reason: string }
  /** `mayPass`: it may be that nobody need approve it. */
  | ({ readonly kind: "waits"; readonly mayPass?: true } & Pick<HeldObject, "uid" | "reason" | "along">)
  /** No approval helps for now. */
  | { readonly kind: "stuck"; readonly reason: string; readonly mayPass?: true };

export type HolderQuestion = {
  /** Why it is held at all. */
  readonly reason: string;
  readonly uid: string;
  readonly plane: PlaneId;
  /** Whether it may go without approval while nothing of others is in it. */
  readonly isFree: boolean;
};

/** What becomes of it if nobody has approved anything. */
export function judgeHolder(listed: ListOutcome, { reason: why, uid, plane, isFree }: HolderQuestion): Verdict {
  if (listed.kind === "failed") {
    const reason = `${why}; what would go along cannot be listed: ${listed.reason}`;
    return { kind: "waits", uid, reason, mayPass: true };
  }
  if (!listed.isWhole) {
    return { kind: "stuck", reason: `${why}; more than ${listed.objects.length} objects would go along` };
  }
  const foreign = findForeign(listed.objects, plane);
  const hidden = describeHidden(listed.unlisted);
  if (foreign.length > 0) {
    const reason = `${why}; along with it would go ${nameForeign(foreign)}${hidden}`;
    const along = rootsOf(foreign).map((each) => ({ action: "prune", id: each.id, uid: each.uid }) as const);
    // With the holder itself, one Hold.
    if (along.length >= holdLimit) return { kind: "stuck", reason: `${reason}; too many to approve: empty it first` };
    return { kind: "waits", uid, reason, along };
  }
  if (hidden !== "") return { kind: "waits", uid, reason: `${why}${hidden}` };
  return isFree ? { kind: "go", uid, isUnlessForeign: true } : { kind: "waits", uid, reason: why };
}

/** What was approved goes with what was in it then, and with nothing that came since. */
export function judgeApproved(verdict: Verdict, approvals: Approvals): Verdict {
  if (verdict.kind !== "waits") return verdict;
  const { uid, reason, mayPass, along = [] } = verdict;
  // Nobody knows what would go along: what was approved may be less.
  if (mayPass === true) return { kind: "stuck", reason, mayPass };
  if (!along.every((each) => isApproved(approvals, each))) return verdict;
  return { kind: "go", uid, isApproved: true, along: along.map((each) => each.uid) };
}

/** An agent of least power does not see everything; whoever approves must know. */
function describeHidden(unlisted: readonly string[]): string {
  if (unlisted.length === 0) return "";
  const more = unlisted.length > 5 ? ` and ${unlisted.length - 5} more kinds` : "";
  return `; objects of kinds that the agent may not list may be in it: ${unlisted.slice(0, 5).join(", ")}${more}`;
}
