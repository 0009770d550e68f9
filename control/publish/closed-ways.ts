/**
 * Ways in that stand in what stays as it was, and that the owner of the target has taken back since. Who is let in at an endpoint
 * is for its owner to say, so these go from the file although nothing else of it changes. The way in stands with the caller all
 * the same: with the target it would go, or the target be held up, by every mistake in a caller's file. Pure.
 */
import { parseStatePath } from "../../schemas/layout.ts";
import { bindingPath } from "../deploy/binding.ts";
import type { Rendered } from "../engine/rendered.ts";
import type { Way } from "../render/read-ways.ts";
import { isSeenAt } from "../resolve/visibility.ts";

/** By path: the ways in that the Release holds as it stands. */
export type Ways = ReadonlyMap<string, readonly Way[]>;

/** By path: the ids of policies that go from it, at least one. */
export type ClosedWays = ReadonlyMap<string, ReadonlySet<string>>;

/** Of Releases that nothing is rendered for. */
export function closedWays(ways: Ways, rendered: Pick<Rendered, "bindings">): ClosedWays {
  const closed = new Map<string, ReadonlySet<string>>();
  for (const [path, own] of ways) {
    const parsed = parseStatePath(path);
    if (parsed?.kind !== "release") continue;
    const shut = own.filter((way) => isShut(way, parsed.project, rendered));
    if (shut.length > 0) closed.set(path, new Set(shut.map(({ id }) => id)));
  }
  return closed;
}

/** Those that stay open. */
export function openWays(ways: Ways, closed: ClosedWays): Ways {
  if (closed.size === 0) return ways;
  return new Map(Array.from(ways, ([path, own]) => [path, own.filter(({ id }) => closed.get(path)?.has(id) !== true)]));
}

/** A target that is not known says nothing: its own documents may be spoiled, or it is gone and cannot be reached. */
function isShut({ target, ...at }: Way, caller: string, { bindings }: Pick<Rendered, "bindings">): boolean {
  const binding = bindings.get(bindingPath(target));
  return target.project !== caller && binding !== undefined && !isSeenAt(binding, at);
}
