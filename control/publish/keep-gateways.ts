/** Why what stands there of a plane's gateways stays as it is: nothing, or something else, is rendered for it now. Pure. */
import { gatewaysPlace, guestGatewaysPlace, parseStatePath, type PlaneId } from "../../schemas/layout.ts";
import type { Rendered } from "../engine/rendered.ts";
import { certifiedGateways, certifiedSides } from "../resolve/certified-gateways.ts";
import { guestsOf } from "../resolve/gateway-sharers.ts";
import type { DataPlaneDocument } from "../resolve/gateways.ts";
import { type UnknownHosts, unknownHosts, unknownHostsOfGuest } from "../resolve/unknown-hosts.ts";
import { causeText, firstErrors } from "../why-unrendered.ts";
import { dataPlaneOf, environmentsOn } from "./specs-of-plane.ts";

const refused = "they have a Problem and are not rendered anew";

/**
 * Gateways, and what others have there, go when their plane says that it brings none, and only then: a plane that is gone says
 * nothing. `name` is that of the part of the plane.
 */
export function keepGateways(plane: PlaneId, name: string, rendered: Rendered): string | undefined {
  const said = dataPlaneOf(plane, rendered);
  if (said === undefined) return `there is no DataPlane ${plane.name} that says what becomes of its gateways`;
  if (said.resource.spec.gateway?.manage === undefined) return undefined;
  if (name !== gatewaysPlace.name) return keepGuest(said, name, rendered);
  const unknown = certifiedSides(said).length === 0 ? undefined : unknownHosts(said, rendered);
  return unknown === undefined ? refused : unknownText(unknown, rendered);
}

/** An organization that is not let in any more, or asks for no hosts, has nothing there. */
function keepGuest(said: DataPlaneDocument, name: string, rendered: Rendered): string | undefined {
  const guest = guestsOf(said).find((organization) => guestGatewaysPlace(organization).name === name);
  if (guest === undefined || certifiedSides(said).length === 0) return undefined;
  const unknown = unknownHostsOfGuest(said, guest, rendered);
  if (unknown !== undefined) return unknownText(unknown, rendered);
  const certified = certifiedGateways(said, rendered).flatMap(({ guests }) => guests);
  return certified.some(({ organization }) => organization === guest) ? refused : undefined;
}

function unknownText({ file, kind }: UnknownHosts, rendered: Rendered): string {
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
  if (said === undefined || certifiedSides(said).length === 0) return undefined;
  const left = findLeft(plane, kept, rendered);
  return left && `${left} left the plane and is still served here by names that stand in a certificate`;
}

/** Of the environments of these paths one that the plane does not serve by the specs. */
export function findLeft(plane: PlaneId, paths: Iterable<string>, rendered: Rendered): string | undefined {
  const own = new Set(environmentsOn(plane, rendered).map(({ resource }) => resource.metadata.name));
  for (const path of paths) {
    const parsed = parseStatePath(path);
    if (parsed !== undefined && "environment" in parsed && !own.has(parsed.environment)) return parsed.environment;
  }
  return undefined;
}
