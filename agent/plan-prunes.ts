/**
 * What may be pruned: objects that a path's past may have brought into being and that nothing in the new tree claims. Each
 * reason not to delete is looked for before the delete is planned; when in doubt, the object stays and the plan says so.
 */
import type { ObjectKey } from "../schemas/object-id.ts";
import type { PlaneSettings } from "../schemas/plane-settings.ts";
import type { DesiredPath } from "./desired.ts";
import { isGuarded } from "./guarded-kinds.ts";
import { kindName } from "./inventory.ts";
import type { PruneStep, SkipStep } from "./step.ts";
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
  const candidates = request.desired.flatMap((path) =>
    findCandidates(path).map((key) => judgePrune(key, path, request)),
  );
  const deletes = new Set(candidates.flatMap((step) => (step.action === "prune" ? [step.id] : [])));
  const refusal = refuseAll(deletes.size, request);
  if (refusal === undefined) return candidates;
  return candidates.map((step) => (step.action === "prune" ? { ...hold(step, refusal), guard: "number" } : step));
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

/** Why the deletes of a plan are held as a unit; undefined when they are few enough. */
export function refuseAll(
  deletes: number,
  { budget, planeSize, isEmptied, isDecommissioned }: Omit<PruneRequest, "desired" | "claimants" | "gap">,
): string | undefined {
  if (deletes === 0 || isDecommissioned) return undefined;
  if (isEmptied) return `the plane's tree holds no Release any more; deleting ${deletes} objects needs approval`;
  if (deletes > budget.objects) return `deleting ${deletes} objects is over the budget of ${budget.objects}`;
  const total = planeSize + deletes;
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
