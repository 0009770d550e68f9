/**
 * Whether the hosts of a certificate cannot be told, because an Environment of a plane, or such a plane itself, may stand in what
 * could not be used. Certificates are asked for by name, and one made without them would take their hosts their TLS. What is
 * unknown of one organization says nothing of the certificate of another.
 */
import { defaultPlane } from "../../schemas/environment.ts";
import { organizationOf } from "../../schemas/kinds.ts";
import type { Lookup } from "../validate/lookup.ts";
import { sharersOf } from "./gateway-sharers.ts";
import type { DataPlaneDocument } from "./gateways.ts";

export type HostsLookup = Pick<Lookup, "besides"> & { readonly spoils: Pick<Lookup["spoils"], "holderOfKind"> };

/** The file that may hold it, and what it would be. */
export type UnknownHosts = { readonly file: string; readonly kind: "Environment" | "DataPlane" };

/** Of the plane itself; undefined where there is none. */
export function unknownHosts({ resource }: DataPlaneDocument, { spoils }: HostsLookup): UnknownHosts | undefined {
  const { name } = resource.metadata;
  // One that names no plane is found by its kind alone.
  const word = name === defaultPlane ? "Environment" : name;
  const file = spoils.holderOfKind(organizationOf(resource), "Environment", word);
  return file === undefined ? undefined : { file, kind: "Environment" };
}

/** Of the planes of an organization that use the owner's gateways. */
export function unknownHostsOfGuest(
  owner: DataPlaneDocument,
  guest: string,
  index: HostsLookup,
): UnknownHosts | undefined {
  for (const plane of sharersOf(owner, guest, index)) {
    const unknown = unknownHosts(plane, index);
    if (unknown !== undefined) return unknown;
  }
  return unknownPlaneOfGuest(owner, guest, index);
}

export function unknownPlaneOfGuest(
  { resource }: DataPlaneDocument,
  guest: string,
  { spoils }: HostsLookup,
): UnknownHosts | undefined {
  const file = spoils.holderOfKind(guest, "DataPlane", resource.metadata.name);
  return file === undefined ? undefined : { file, kind: "DataPlane" };
}
