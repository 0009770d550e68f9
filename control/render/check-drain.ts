/**
 * Whether a node can be emptied. A budget that no pod may be missing from refuses every eviction, and whoever drains the node
 * waits for ever (Kubernetes docs, "Specifying a Disruption Budget for your Application").
 */
import type { Problem } from "../../schemas/problem.ts";
import { at, scalarOf, type Traced } from "../load/traced.ts";
import { reportFaults } from "./template-fault.ts";

/** How many pods there are at least, and the environment's word of it, if it has one. */
export type LeastPods = { readonly count: number; readonly said: Traced | undefined };

/** At the environment's line, else at the budget's. */
export function checkDrain(budget: Traced | undefined, { count, said }: LeastPods, file: string): readonly Problem[] {
  const fields = ["minAvailable", "maxUnavailable"] as const;
  const field = fields.find((name) => at(budget, name) !== undefined);
  const tree = field && at(budget, field);
  if (field === undefined || tree === undefined || count === 0) return [];
  const number = podsOf(scalarOf(tree), count);
  if (number === undefined || (field === "minAvailable" ? number < count : number > 0)) return [];
  const message = `${field} ${String(scalarOf(tree))} lets none of ${count} pods be evicted, so no node that one is on can be drained`;
  const remedy = "have more pods, or a budget that lets one be missing, such as maxUnavailable: 1";
  return reportFaults([{ tree: said ?? tree, severity: "warning", message, remedy }], file);
}

/** Shares are rounded up (Kubernetes, pkg/controller/disruption). */
function podsOf(value: unknown, count: number): number | undefined {
  if (typeof value === "number") return value;
  const share = typeof value === "string" ? /^(\d+)%$/.exec(value)?.[1] : undefined;
  return share === undefined ? undefined : Math.ceil((Number(share) * count) / 100);
}
