/** What agents refuse to do until a person approves it. Pure. */
import { carriedApprovalPath } from "../../schemas/approval.ts";
import { approveCommand, type Hold } from "../../schemas/hold.ts";
import type { Fleet } from "./fleet.ts";

export type HoldStatus = {
  readonly hash: string;
  readonly reason: string;
  /** How many. */
  readonly steps: number;
  /** Somebody approved it, and its agent has not come to it yet. */
  readonly isApproved: boolean;
};

export type HoldRow = HoldStatus & {
  readonly plane: string;
  /** What a person types to approve it. */
  readonly command: string;
};

/** `approved` are paths of the plane's tree that approvals stand at. */
export function holdStatuses(holds: readonly Hold[], approved: { has(path: string): boolean }): readonly HoldStatus[] {
  return holds.map(({ hash, reason, steps }) => ({
    hash,
    reason,
    steps: steps.length,
    isApproved: approved.has(carriedApprovalPath(hash)),
  }));
}

/** In the order of the planes. */
export function holdRows({ planes }: Pick<Fleet, "planes">): readonly HoldRow[] {
  return planes.flatMap(({ plane, holds = [] }) =>
    holds.map((hold) => ({ plane, ...hold, command: approveCommand(hold) })),
  );
}
