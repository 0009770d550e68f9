/**
 * Why a Release is not as the specs say, applied and healthy: exactly one reason, the first that stands in the way on its
 * path from the specs over the plane's branch to the cluster. Pure.
 */
import type { Oid } from "../../git/repository.ts";
import type { ProblemCode } from "../../schemas/problem.ts";
import type { ReceiptFacts } from "./receipt-facts.ts";

export type Behind =
  /** `problem` where the reason is one; what was rendered before stays. */
  | { readonly why: "not-rendered"; readonly reason: string; readonly problem?: ProblemAt }
  | { readonly why: "held"; readonly reason: string }
  /** By their sequence numbers; `refused` when the agent saw the newer revision and would not take it. */
  | {
      readonly why: "not-fetched";
      readonly applied: number;
      readonly of: number;
      readonly lastSeen?: string;
      readonly refused?: string;
    }
  | { readonly why: "applying" }
  | { readonly why: "waiting"; readonly for: string }
  | { readonly why: "unhealthy"; readonly reason: string }
  /** Somebody else changed it, and it was not put right. */
  | { readonly why: "drifted"; readonly reason: string };

export type ProblemAt = { readonly code: ProblemCode; readonly file: string; readonly line: number };

export type Progress = {
  /** What must be so before it leaves this plane for the one that it moved to. */
  readonly awaited?: string;
  /** Why nothing new is rendered for it; undefined when it renders, or is to go. */
  readonly unrendered: Pick<Extract<Behind, { why: "not-rendered" }>, "reason" | "problem"> | undefined;
  /** Whether the branch has what the specs render to, as far as that can be told. */
  readonly isPublished: boolean;
  /** In the branch; undefined when it left it. */
  readonly blob: Oid | undefined;
  readonly receipt: ReceiptFacts | undefined;
  readonly plane: PlaneProgress;
  readonly isCell: boolean;
};

export type PlaneProgress = {
  readonly sequence: number;
  /** Undefined when none has reported yet. */
  readonly agent: { readonly sequence: number; readonly lastSeen: string; readonly refused?: string } | undefined;
};

export function whyBehind(progress: Progress): Behind | undefined {
  const { awaited, unrendered, isPublished, blob, receipt, plane } = progress;
  if (awaited !== undefined) return { why: "waiting", for: awaited };
  if (unrendered !== undefined) return { why: "not-rendered", ...unrendered };
  if (!isPublished) return { why: "waiting", for: "the control plane to publish it" };
  const isCurrent = plane.agent !== undefined && plane.agent.sequence >= plane.sequence;
  const isOfThis = receipt !== undefined && receipt.release === blob;
  if (!isOfThis && !isCurrent && !(receipt?.result === "held" && blob === undefined)) return notFetched(plane);
  if (receipt?.result === "held") return { why: "held", reason: receipt.cause ?? "a person must approve it" };
  if (receipt?.result === "failed") return { why: "unhealthy", reason: receipt.cause ?? "it could not be applied" };
  if (!isOfThis) return { why: "applying" };
  const unwell = whyUnwell(receipt, progress.isCell);
  return unwell ?? (receipt.drift === undefined ? undefined : { why: "drifted", reason: receipt.drift });
}

function notFetched({ sequence, agent }: PlaneProgress): Behind {
  if (agent === undefined) return { why: "not-fetched", applied: 0, of: sequence };
  const { sequence: applied, lastSeen, refused } = agent;
  return { why: "not-fetched", applied, of: sequence, lastSeen, ...(refused === undefined ? {} : { refused }) };
}

/** No controller reports on a Cell: it is a namespace. */
function whyUnwell({ health, cause }: ReceiptFacts, isCell: boolean): Behind | undefined {
  switch (health) {
    case "Healthy":
    case "Suspended":
      return undefined;
    case "Degraded":
    case "Missing":
      return { why: "unhealthy", reason: cause ?? `it is ${health}` };
    case "Progressing":
      return cause === undefined ? { why: "applying" } : { why: "waiting", for: cause };
    case "Unknown":
      return isCell ? undefined : { why: "waiting", for: "a controller to report on it" };
  }
}

export function behindText(behind: Behind): string {
  switch (behind.why) {
    case "not-rendered":
      return `not rendered: ${behind.problem === undefined ? behind.reason : problemText(behind.problem)}`;
    case "held":
      return `held: ${behind.reason}`;
    case "not-fetched":
      return `not fetched: ${fetchText(behind)}`;
    case "applying":
      return "applying";
    case "waiting":
      return `waiting for ${behind.for}`;
    case "unhealthy":
      return `unhealthy: ${behind.reason}`;
    case "drifted":
      return `drifted: ${behind.reason}`;
  }
}

function problemText({ code, file, line }: ProblemAt): string {
  return `${code} in ${file}:${line}`;
}

function fetchText({ applied, of, lastSeen, refused }: Extract<Behind, { why: "not-fetched" }>): string {
  if (lastSeen === undefined) return "no agent has reported yet";
  const seen = `last seen ${lastSeen}`;
  return refused === undefined
    ? `the agent applied #${applied} of #${of}, ${seen}`
    : `the agent refused #${of} after #${applied}, ${seen}: ${refused}`;
}
