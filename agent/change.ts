/** What became of a step, in the past tense. */
import type { Log } from "../process/log.ts";
import type { Outcome } from "../schemas/outcome.ts";
import type { Step } from "./step.ts";
import type { Failure } from "./target.ts";

export type Change = {
  readonly step: Step;
  readonly outcome: Outcome;
  readonly reason?: string;
  /** Only of what failed: whether time may help. */
  readonly class?: Failure["class"];
  readonly uid?: string;
  readonly generation?: number;
  /** The object stands, but for fields that were left to others. */
  readonly isPartial?: boolean;
};

/** One readable line an effect; what failed is a warning. */
export function logChange(log: Log, change: Change): void {
  const { step, outcome, reason } = change;
  const fields = { release: step.path, ...(reason === undefined ? {} : { reason }) };
  if (outcome === "failed") log.warn(fields, `failed ${step.id}`);
  else log.info(fields, `${outcome} ${step.id}`);
}
