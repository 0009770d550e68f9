/** Of a receipt, what the status of its Release is told from. */
import type { Health } from "../../schemas/health.ts";
import type { Outcome } from "../../schemas/outcome.ts";
import type { Receipt } from "../../schemas/receipt.ts";
import { driftText } from "./drift-text.ts";
import { shortObject } from "./short-object.ts";

export type ReceiptFacts = {
  /** The blob that was applied last. */
  readonly release: string;
  readonly result: Outcome;
  readonly health: Health;
  /** The object that makes it so, and why: of a failed or held result as the agent says it, else of the worst health. */
  readonly cause?: string;
  /** What somebody else changed and nobody put right, of the first object that has such. */
  readonly drift?: string;
};

export function receiptFacts({ release, result, health, reason, objects }: Receipt): ReceiptFacts {
  const worst = objects.find((object) => object.health === health && health !== "Healthy" && health !== "Unknown");
  const said = worst && `${shortObject(worst.id)}${worst.reason === undefined ? ` is ${health}` : `: ${worst.reason}`}`;
  const cause = reason ?? said;
  const drifted = objects.find((object) => object.drift?.healed === false);
  const drift = drifted?.drift && `${shortObject(drifted.id)}: ${driftText(drifted.drift)}`;
  return {
    release,
    result,
    health,
    ...(cause === undefined ? {} : { cause }),
    ...(drift === undefined ? {} : { drift }),
  };
}
