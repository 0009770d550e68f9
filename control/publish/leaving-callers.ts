/**
 * The order in which Releases leave a plane that they moved from: what others connect to goes last, since a connection leads to
 * the target on the same plane. It stays until those have left that connect to it, are to leave as well, and stand there yet.
 * What leaves together with all of its callers leaves in one commit, so callers that call each other wait for nobody else.
 *
 * Rejected: to let a whole cell leave as one. It would hold up what has nothing to do with the one Release that never becomes
 * healthy (invariant 9), would need an instant in which all of a busy cell is healthy at once, and would still let a target
 * in another cell leave before its callers. Pure.
 */
import type { Admissions } from "../../schemas/admissions.ts";
import { compareText } from "../../schemas/compare.ts";
import { parseStatePath, type PlaneId, statePath } from "../../schemas/layout.ts";
import type { Rendered } from "../engine/rendered.ts";
import type { Ways } from "./closed-ways.ts";
import { findLeaving, type Moves } from "./moves.ts";

/** By path of what is connected to: of the Releases that it waits for the first, in order of their paths. */
export type LeavingCallers = ReadonlyMap<string, string>;

export type Leaving = {
  readonly moves: Moves;
  readonly ways: Ways;
  readonly rendered: Pick<Rendered, "all">;
  readonly before: Admissions | undefined;
};

/**
 * `staying` are the paths that stand on the plane and stay for a reason of their own. A caller that the specs still want on the
 * plane holds up nothing: its target left it behind by the specs, and that is a Problem of the caller. What is handed over stands
 * in the same cluster afterwards, so nobody misses it.
 */
export function findLeavingCallers(plane: PlaneId, staying: Iterable<string>, leaving: Leaving): LeavingCallers {
  const { moves, ways, rendered, before } = leaving;
  const callers = new Map<string, string>();
  if (moves.size === 0) return callers; // as in nearly every round
  const isLeaving = findLeaving(plane, rendered);
  const due = [...staying].filter((path) => {
    const parsed = parseStatePath(path);
    return parsed?.kind === "release" && isLeaving(parsed);
  });
  const seen = new Set(due);
  for (const caller of due)
    for (const { target } of ways.get(caller) ?? []) {
      const path = statePath({ kind: "release", ...target });
      if (!moves.has(path) || before?.paths[path]?.decision === "handed") continue;
      const known = callers.get(path);
      if (known === undefined || compareText(caller, known) < 0) callers.set(path, caller);
      if (!seen.has(path)) due.push(path); // it stays, and so does what it connects to
      seen.add(path);
    }
  return callers;
}

/** What has to happen before the other leaves. */
export function callerText(caller: string): string {
  const parsed = parseStatePath(caller);
  const name = parsed?.kind === "release" ? `${parsed.component} of project ${parsed.project}` : caller;
  return `${name}, which connects to it, to leave first`;
}
