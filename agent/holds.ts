/** From held steps to Holds: what a person approves as one. Pure. */
import { compareText } from "../schemas/compare.ts";
import { type HeldStep, type Hold, holdHash, holdLimit, sortHeldSteps } from "../schemas/hold.ts";

/** One thing that waits for a person, and why. */
export type HeldObject = HeldStep & {
  readonly reason: string;
  /** Path of its Release. */
  readonly path: string;
  /** What others have in it: nothing goes along that a person did not approve. */
  readonly along?: readonly HeldStep[];
};

const reasonLimit = 2000;
/** As many as a plane's receipt holds. */
export const mostHolds = 100;

/** One Hold for each Release, in path order; several where it holds more steps than one Hold can. */
export function makeHolds(held: readonly HeldObject[]): readonly Hold[] {
  const byPath = [...Map.groupBy(held, ({ path }) => path)].sort(([a], [b]) => compareText(a, b));
  return byPath.flatMap(([, objects]) => makeUnit(objects, joinReasons(objects)));
}

/** Steps that are approved together whatever Release they are of. */
export function makeUnit(objects: readonly HeldObject[], reason: string): readonly Hold[] {
  const steps = objects.flatMap(({ along = [], ...step }): readonly HeldStep[] => [step, ...along]);
  const sorted = sortHeldSteps(steps.map(({ action, id, uid }) => ({ action, id, uid })));
  const parts = Array.from({ length: Math.ceil(sorted.length / holdLimit) }, (_, index) =>
    sorted.slice(index * holdLimit, (index + 1) * holdLimit),
  );
  return parts.map((part) => ({ hash: holdHash(part), reason: reason.slice(0, reasonLimit), steps: part }));
}

function joinReasons(objects: readonly HeldObject[]): string {
  const [first] = objects;
  if (objects.length === 1 && first !== undefined) return `${first.id}: ${first.reason}`;
  const reasons = objects.toSorted((a, b) => compareText(a.id, b.id)).map(({ id, reason }) => `${id}: ${reason}`);
  return reasons.join("; ");
}

/** The Hold that a step is in. */
export function findHold(holds: readonly Hold[], step: HeldStep): Hold | undefined {
  return holds.find(({ steps }) =>
    steps.some(({ action, id, uid }) => action === step.action && id === step.id && uid === step.uid),
  );
}
