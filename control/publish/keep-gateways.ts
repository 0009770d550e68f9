/** Why what stands there of a plane's gateways stays as it is: nothing, or something else, is rendered for them now. Pure. */
import { parseStatePath, type PlaneId } from "../../schemas/layout.ts";
import { asksForHosts, fileOfUnknownHosts } from "../engine/unknown-hosts.ts";
import type { Rendered } from "../engine/rendered.ts";
import { causeText, firstErrors } from "../why-unrendered.ts";
import { dataPlaneOf, environmentsOn } from "./specs-of-plane.ts";

/** Gateways go when their plane says that it brings none, and only then: a plane that is gone says nothing. */
export function keepGateways(plane: PlaneId, rendered: Rendered): string | undefined {
  const said = dataPlaneOf(plane, rendered);
  if (said === undefined) return `there is no DataPlane ${plane.name} that says what becomes of its gateways`;
  const { manage } = said.resource.spec.gateway ?? {};
  if (manage === undefined) return undefined;
  const unknown = fileOfUnknownHosts(said, rendered);
  if (unknown === undefined) return "they have a Problem and are not rendered anew";
  const { file, kind } = unknown;
  const cause = firstErrors(rendered.problems).get(file);
  const what = kind === "Environment" ? "an Environment" : "a DataPlane";
  const reason = `${file} cannot be used and may hold ${what} whose hosts stand in a certificate`;
  return cause === undefined ? reason : `${reason}: ${causeText(cause)}`;
}

/**
 * Their certificates name hosts of the environments that the plane has now. One that left it is served there until it is healthy
 * elsewhere, and its hosts need theirs for as long: `kept` holds the paths that stay.
 */
export function keepHosts(plane: PlaneId, kept: readonly string[], rendered: Rendered): string | undefined {
  if (kept.length === 0) return undefined;
  const said = dataPlaneOf(plane, rendered);
  if (said === undefined || !asksForHosts(said)) return undefined;
  const own = new Set(environmentsOn(plane, rendered).map(({ resource }) => resource.metadata.name));
  for (const path of kept) {
    const parsed = parseStatePath(path);
    if (parsed === undefined || !("environment" in parsed) || own.has(parsed.environment)) continue;
    return `${parsed.environment} left the plane and is still served here by names that stand in a certificate`;
  }
  return undefined;
}
