/**
 * What may be pruned: objects that a path's past may have brought into being and that nothing in the new tree claims. Each
 * reason not to delete is looked for before the delete is planned; when in doubt, the object stays and the plan says so.
 */
import type { ObjectKey } from "../schemas/object-id.ts";
import type { PlaneSettings } from "../schemas/plane-settings.ts";
import type { DesiredPath } from "./desired.ts";
import { isGuarded } from "./guarded-kinds.ts";
import { kindName } from "./inventory.ts";
import type { PruneStep, SkipStep, Step } from "./step.ts";
import type { Holder } from "./target.ts";

export type PruneRequest = {
  readonly desired: readonly DesiredPath[];
  /** Paths of the new tree that claim an object. */
  readonly claimants: (id: string) => readonly string[];
  /** Why the new tree's claims are not all known; then nothing is pruned. */
  readonly gap: string | undefined;
  readonly budget: PlaneSettings["pruneBudget"];
  /** Objects claimed by the new tree; with those to delete, what the budget's share is taken of. */
  readonly planeSize: number;
  /** Whether the new tree holds no Release although the last one held several. */
  readonly isEmptied: boolean;
  /** Everything of the plane may go, by its tombstone. */
  readonly isDecommissioned: boolean;
};

export const definitionKind = "apiextensions.k8s.io/CustomResourceDefinition";

/** Deleting one of these deletes what others have put into it; a tombstone says nothing about theirs. */
const holderKinds: ReadonlySet<string> = new Set(["Namespace", definitionKind]);

/** Decides the prunes, in no order. What a person may approve is held here with its guard; judge-guarded.ts looks closer. */
export function planPrunes(request: PruneRequest): (PruneStep | SkipStep)[] {
  return request.desired.flatMap((path) => findCandidates(path).map((key) => judgePrune(key, path, request)));
}

/** The steps with every delete held when there are more than the budget allows; an object that is replaced is deleted too. */
export function keepToBudget(steps: readonly Step[], request: Budgeted): readonly Step[] {
  const refusal = refuseAll(countDeletes(steps), request);
  if (refusal === undefined) return steps;
  return steps.map((step): Step => {
    if (step.action === "prune") return { ...hold(step, refusal), guard: "number" };
    if (step.action !== "replace") return step;
    const reason = `${step.reason}; ${refusal}`;
    return { ...step, action: "skip", of: "replace", outcome: "held", guard: "number", reason };
  });
}

/** Objects, each counted once. */
export type Deletes = { readonly pruned: number; readonly replaced: number };

export function countDeletes(steps: readonly Step[]): Deletes {
  const idsOf = (action: Step["action"]): ReadonlySet<string> =>
    new Set(steps.flatMap((step) => (step.action === action ? [step.id] : [])));
  return { pruned: idsOf("prune").size, replaced: idsOf("replace").size };
}

/** Objects of a path's past that its new version lacks, each once. */
function findCandidates({ next, past }: DesiredPath): readonly [id: string, key: ObjectKey][] {
  // What an unreadable file still wants is unknown.
  if (next.kind === "invalid") return [];
  const wanted = next.kind === "release" ? next.objects : new Map();
  const candidates = new Map<string, ObjectKey>();
  for (const { objects } of past) {
    for (const [id, { key }] of objects) {
      if (!wanted.has(id) && !candidates.has(id)) candidates.set(id, key);
    }
  }
  return [...candidates];
}

function judgePrune(
  [id, key]: readonly [string, ObjectKey],
  desired: DesiredPath,
  { claimants, gap, isDecommissioned }: PruneRequest,
): PruneStep | SkipStep {
  const step: PruneStep = { action: "prune", id, key, path: desired.path, reason: "no longer in the Release" };
  const [owner] = claimants(id);
  if (owner !== undefined) return { ...hold(step, `now belongs to ${owner}`), outcome: "skipped" };
  if (desired.blindness !== undefined) return hold(step, desired.blindness);
  if (gap !== undefined) return hold(step, `something in the tree cannot be read: ${gap}`);
  const needsApproval = isDecommissioned ? holderKinds.has(kindName(key)) : isGuarded(key);
  if (!needsApproval) return step;
  return { ...hold(step, `deleting a ${key.kind} needs approval`), guard: "kind" };
}

function hold(step: PruneStep, reason: string): SkipStep {
  return { ...step, action: "skip", of: "prune", outcome: "held", reason };
}

/** What the deletes of a plan are measured by. */
export type Budgeted = Omit<PruneRequest, "desired" | "claimants" | "gap">;

/** Why the deletes of a plan are held as a unit; undefined when they are few enough. */
export function refuseAll(
  { pruned, replaced }: Deletes,
  { budget, planeSize, isEmptied, isDecommissioned }: Budgeted,
): string | undefined {
  const deletes = pruned + replaced;
  if (deletes === 0 || isDecommissioned) return undefined;
  if (isEmptied) return `the plane's tree holds no Release any more; deleting ${deletes} objects needs approval`;
  if (deletes > budget.objects) return `deleting ${deletes} objects is over the budget of ${budget.objects}`;
  // What is replaced is in the new tree too.
  const total = planeSize + pruned;
  if (deletes > budget.shareFloor && deletes * 100 > total * budget.sharePercent) {
    return `deleting ${deletes} of ${total} objects is over the budget of ${budget.sharePercent} %`;
  }
  return undefined;
}

/** What would go along with an object; undefined when nothing would that is not its own. */
export function holderOf(key: ObjectKey): Holder | undefined {
  if (kindName(key) === "Namespace") return { kind: "namespace", name: key.name };
  return kindName(key) === definitionKind ? { kind: "definition", name: key.name } : undefined;
}
