/**
 * What organizations have at the gateways of another's plane, where environments of theirs left a plane that uses them: such an
 * environment is served there until it is healthy elsewhere, and its hosts need their certificate for as long. That is seen in
 * the branch of the plane that it left, and noted in the `admissions.yaml` of the one that brings the gateways. Pure.
 */
import type { Admission, Admissions } from "../../schemas/admissions.ts";
import { planeOf } from "../../schemas/kinds.ts";
import {
  gatewaysPlace,
  guestGatewaysPlace,
  isOfGateways,
  parsePlane,
  parseStatePath,
  type PlaneId,
  planeKey,
  planePath,
  statePath,
} from "../../schemas/layout.ts";
import type { PlacedRelease } from "../engine/placed-release.ts";
import type { Rendered } from "../engine/rendered.ts";
import { certifiedSides } from "../resolve/certified-gateways.ts";
import { guestsOf, sharersOf } from "../resolve/gateway-sharers.ts";
import { keepGateways } from "./keep-gateways.ts";
import { oneOrAll } from "./moves.ts";
import { dataPlaneOf } from "./specs-of-plane.ts";

/** By the path of what stays: the planes that still serve what left them, at least one, in order of planeKey. */
export type Served = ReadonlyMap<string, readonly PlaneId[]>;

/** By path: the planes of the organization whose part it is that may still serve what its certificates are for. */
export function planesAtStake(plane: PlaneId, paths: Iterable<string>, rendered: Rendered): Served {
  const stakes = new Map<string, readonly PlaneId[]>();
  const changing = new Set(paths);
  if (changing.size === 0) return stakes; // as in nearly every round
  const owner = dataPlaneOf(plane, rendered);
  if (owner === undefined || certifiedSides(owner).length === 0) return stakes;
  const written = rendered.releasesOf(plane);
  const declared = new Set(rendered.planes.map(planeKey));
  for (const guest of guestsOf(owner)) {
    const { name } = guestGatewaysPlace(guest);
    const path = pathOf(guest);
    // What is not decided stays in any case.
    if (!changing.has(path) || (!written.has(path) && keepGateways(plane, name, rendered) !== undefined)) continue;
    const planes = sharersOf(owner, guest, rendered).map(({ resource }) => planeOf(resource));
    const named = planes.filter((one) => declared.has(planeKey(one)));
    if (named.length > 0) stakes.set(path, named);
  }
  return stakes;
}

/** What is to stand of what is rendered for a plane, by path: without what stays as it was, which its gateways present all the same. */
export function releasesToStand(
  plane: PlaneId,
  rendered: Rendered,
  served: Served,
): ReadonlyMap<string, PlacedRelease> {
  const releases = rendered.releasesOf(plane);
  if (served.size === 0) return releases;
  const standing = new Map(releases);
  for (const path of served.keys()) standing.delete(path);
  const owner = dataPlaneOf(plane, rendered);
  const guests = owner === undefined ? [] : guestsOf(owner).filter((guest) => served.has(pathOf(guest)));
  const gateways = rendered.gatewaysWith(plane, new Set(guests));
  if (gateways !== undefined) standing.set(gateways.path, gateways);
  return standing;
}

export function servedText(planes: readonly PlaneId[]): string {
  return `environments that left ${planes.map(planePath).join(" and ")} may still be served there by names that stand in a certificate`;
}

/** What it waits for. */
export function leavingText(planes: readonly PlaneId[]): string {
  return `environments that left ${planes.map(planePath).join(" and ")} to be served there no more`;
}

export function servedAdmissions(served: Served): readonly (readonly [string, Admission])[] {
  return [...served].map(([path, planes]) => [path, { decision: "served", by: oneOrAll(planes.map(planePath)) }]);
}

/** What was noted. */
export function servedOf(admissions: Admissions | undefined): Served {
  const served = new Map<string, readonly PlaneId[]>();
  for (const [path, entry] of Object.entries(admissions?.paths ?? {})) {
    if (entry.decision !== "served") continue;
    const planes = [entry.by].flat().flatMap((text) => parsePlane(text) ?? []);
    if (planes.length > 0) served.set(path, planes);
  }
  return served;
}

/** Whether a path is of what another organization has at the gateways. */
export function isOfGuest(path: string): boolean {
  const parsed = parseStatePath(path);
  return parsed?.kind === "platform" && isOfGateways(parsed.name) && parsed.name !== gatewaysPlace.name;
}

function pathOf(guest: string): string {
  return statePath(guestGatewaysPlace(guest));
}
