/**
 * The third step: what to do, decided whole before any effect and without asking anybody. Applies come in apply order, prunes
 * last and in reverse. Whatever must not be done now is a step too: a skip that says what it stands for and why.
 */
import { isDeepStrictEqual } from "node:util";
import type { AppliedRecord } from "../schemas/applied-record.ts";
import { compareApplyOrder } from "../schemas/apply-order.ts";
import { compareText } from "../schemas/compare.ts";
import { type PlaneId, planePath } from "../schemas/layout.ts";
import type { KubernetesObject } from "../schemas/object-id.ts";
import type { DesiredPath, Objects } from "./desired.ts";
import { changedImmutableField } from "./immutable-fields.ts";
import { kindName } from "./inventory.ts";
import { edgesOf, findCircles } from "./order.ts";
import { keepToBudget, planPrunes, type PruneRequest } from "./plan-prunes.ts";
import type { ReleaseObject } from "./release-file.ts";
import { mayReplace } from "./replacements.ts";
import { type HandStep, type HeldReplacement, isApply, isEffect, type Plan, type SkipStep, type Step } from "./step.ts";

export type PlanRequest = PruneRequest & {
  /** The owner of each object claimed twice; undefined when nobody's claim was applied. */
  readonly owners: ReadonlyMap<string, string | undefined>;
  /** What runs once and has ended, by id: it is not applied again, which might make it anew. */
  readonly finished: AppliedRecord["finished"];
  /** Paths that the tree hands to another plane. */
  readonly handed: ReadonlyMap<string, PlaneId>;
};

/** Decides every step for the paths in question. Pure; equal input gives equal steps in equal order. */
export function planSteps(request: PlanRequest): Plan {
  const { handed, desired } = request;
  const own = { ...request, desired: desired.filter(({ path }) => !handed.has(path)) };
  const applies = breakCircles(own.desired.flatMap((path) => planApplies(path, request)).sort(compareSteps));
  const prunes = planPrunes(own).sort((a, b) => compareSteps(b, a));
  const hands = planHands(request).sort(compareSteps);
  return {
    steps: keepToBudget([...hands, ...applies, ...prunes], request),
    invalid: request.desired.flatMap(({ path, next }) =>
      next.kind === "invalid" ? [{ path, reason: next.reason, mayPass: next.mayPass }] : [],
    ),
    widens: hands.length > 0 || addsIdentities(applies, request.desired),
  };
}

/** Steps that wait for themselves cannot be applied, and say so; what waits for them then waits for no circle. */
function breakCircles(steps: readonly Step[]): readonly Step[] {
  const circles = findCircles(steps.filter(isEffect).filter(isApply));
  if (circles.size === 0) return steps;
  return steps.map((step) => {
    const way = isEffect(step) && isApply(step) ? circles.get(step) : undefined;
    return way === undefined ? step : { ...step, blocked: `waits for itself: ${way}`.slice(0, 1000) };
  });
}

function compareSteps(a: Step, b: Step): number {
  return compareApplyOrder(a.key, b.key) || compareText(a.path, b.path);
}

function planApplies(desired: DesiredPath, request: PlanRequest): Step[] {
  if (desired.next.kind !== "release") return [];
  const known = new Set(desired.past.flatMap(({ objects }) => [...objects.keys()]));
  return [...desired.next.objects.values()].map((wanted) => planApply(wanted, { desired, known, request }));
}

/**
 * Nothing of a path that is handed is applied or pruned. All that may stand because of it passes on, each object when its turn
 * comes: what the other plane does not take stays ours by its labels, and is pruned when the path has left the tree.
 */
function planHands({ desired, handed, claimants }: PlanRequest): HandStep[] {
  return desired.flatMap(({ path, next, past }) => {
    const to = handed.get(path);
    if (to === undefined || next.kind === "invalid") return [];
    const wanted = next.kind === "release" ? [next.objects] : [];
    const objects = new Map([...past.map((blob) => blob.objects), ...wanted].flatMap((some) => [...some]));
    const reason = `the tree hands its Release to ${planePath(to)}`;
    return [...objects.values()]
      .filter(({ id }) => claimants(id).length === 0 || claimants(id).includes(path))
      .map(({ id, key }) => ({ action: "hand", id, key, path, to, reason }));
  });
}

type Situation = {
  readonly desired: DesiredPath;
  readonly known: ReadonlySet<string>;
  readonly request: PlanRequest;
};

function planApply({ id, key, object }: ReleaseObject, { desired, known, request }: Situation): Step {
  const about = { id, key, path: desired.path };
  const rival = findRival(id, desired.path, request);
  if (rival !== undefined) return { ...about, action: "skip", of: "apply", outcome: "held", reason: rival };
  if (isUnchanged(object, desired, id)) {
    return { ...about, action: "skip", of: "apply", outcome: "unchanged", reason: "unchanged" };
  }
  const finished = Object.hasOwn(request.finished, id) ? request.finished[id] : undefined;
  if (finished !== undefined)
    return { ...about, ...skipFinished(finished, isDeepStrictEqual(desired.completed?.get(id)?.object, object)) };
  const before = desired.lastCompleted?.objects.get(id)?.object;
  const wish = {
    ...about,
    object,
    ...edgesIn(object, request),
    ...(before === undefined ? {} : { before }),
    ...(known.has(id) && desired.completed === undefined ? { mayBeHanded: true as const } : {}),
  };
  if (!known.has(id)) return { ...wish, action: "create", reason: "new" };
  const planned = planReplacement(wish);
  if (planned !== undefined) return planned;
  if (desired.completed !== undefined) return { ...wish, action: "configure", reason: "changed" };
  // What the live object was made of may be forgotten, so it may have to be replaced: counted as if, tried in place first.
  const action = mayReplace(key, object) ? "replace" : "configure";
  return { ...wish, action, reason: "not brought to an end before" };
}

/** What must stand first; an object that nothing in the plane claims never will. */
function edgesIn(
  object: KubernetesObject,
  { claimants }: PlanRequest,
): { readonly after?: readonly string[]; readonly blocked?: string } {
  const after = edgesOf(object);
  if (after.length === 0) return {};
  const missing = after.filter((id) => claimants(id).length === 0);
  if (missing.length === 0) return { after };
  return { after, blocked: `waits for ${missing.join(", ")}, which no Release of the plane holds`.slice(0, 1000) };
}

/** Undefined when the target can change the object in place, as far as manifests tell. */
function planReplacement(wish: Omit<HeldReplacement, "action" | "of" | "outcome" | "reason">): Step | undefined {
  const { key, object, before } = wish;
  const field = before === undefined ? undefined : changedImmutableField(kindName(key), before, object);
  if (field === undefined) return undefined;
  return mayReplace(key, object)
    ? { ...wish, action: "replace", reason: `${field} cannot be changed in place` }
    : {
        ...wish,
        action: "skip",
        of: "replace",
        outcome: "held",
        reason: `${field} cannot be changed in place; replacing a ${key.kind} needs approval`,
      };
}

/** A changed manifest of what has ended already is not carried out; only another name makes it run again. */
function skipFinished(
  { result }: AppliedRecord["finished"][string],
  isSame: boolean,
): Pick<SkipStep, "action" | "of" | "outcome" | "reason"> {
  const ended = `ran to its end already (${result})`;
  return isSame
    ? { action: "skip", of: "apply", outcome: "unchanged", reason: ended }
    : { action: "skip", of: "apply", outcome: "skipped", reason: `${ended}; under another name it would run again` };
}

/** Why another Release's claim stands in the way; undefined when none does. */
function findRival(id: string, path: string, { claimants, owners }: PlanRequest): string | undefined {
  const others = claimants(id).filter((claimant) => claimant !== path);
  if (others.length === 0) return undefined;
  const owner = owners.get(id);
  if (owner === path) return undefined;
  return owner === undefined
    ? `also claimed by ${others.join(", ")}; neither was applied before`
    : `belongs to ${owner}, which applied it first`;
}

function isUnchanged(object: KubernetesObject, { completed, doubts }: DesiredPath, id: string): boolean {
  const isSameIn = (objects: Objects | undefined): boolean => {
    const other = objects?.get(id)?.object;
    return other !== undefined && isDeepStrictEqual(other, object);
  };
  return isSameIn(completed) && doubts.every(isSameIn);
}

/** An identity is an object under a path: one that moves to another path is new there, since its labels will say so. */
function addsIdentities(applies: readonly Step[], desired: readonly DesiredPath[]): boolean {
  const known = new Set(
    desired.flatMap(({ path, past }) =>
      past.flatMap(({ objects }) => [...objects.keys()].map((id) => `${path} ${id}`)),
    ),
  );
  return applies.some((step) => step.action !== "skip" && !known.has(`${step.path} ${step.id}`));
}
