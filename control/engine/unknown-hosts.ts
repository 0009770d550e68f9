/**
 * Whether the hosts of a plane's gateways cannot be told, because an Environment of it, or of a plane that shares them, may stand
 * in what could not be used, or such a plane itself. Certificates are asked for by name, and one made without them would take
 * their hosts their TLS.
 */
import { defaultPlane } from "../../schemas/environment.ts";
import { organizationOf } from "../../schemas/kinds.ts";
import type { DataPlaneDocument } from "../resolve/gateways.ts";
import type { Lookup } from "../validate/lookup.ts";
import { guestsOf, sharersOf } from "./gateway-sharers.ts";

export type HostsLookup = Pick<Lookup, "besides"> & { readonly spoils: Pick<Lookup["spoils"], "holderOfKind"> };

/** The file that may hold it, and what it would be; undefined where there is none, or where no certificate names hosts. */
export function fileOfUnknownHosts(document: DataPlaneDocument, index: HostsLookup): UnknownHosts | undefined {
  if (!asksForHosts(document)) return undefined;
  const { name } = document.resource.metadata;
  for (const plane of [document, ...sharersOf(document, index)]) {
    const file = fileOfEnvironment(plane, index);
    if (file !== undefined) return { file, kind: "Environment" };
  }
  for (const guest of guestsOf(document)) {
    const file = index.spoils.holderOfKind(guest, "DataPlane", name);
    if (file !== undefined) return { file, kind: "DataPlane" };
  }
  return undefined;
}

export type UnknownHosts = { readonly file: string; readonly kind: "Environment" | "DataPlane" };

function fileOfEnvironment({ resource }: DataPlaneDocument, { spoils }: HostsLookup): string | undefined {
  const { name } = resource.metadata;
  // One that names no plane is found by its kind alone.
  const word = name === defaultPlane ? "Environment" : name;
  return spoils.holderOfKind(organizationOf(resource), "Environment", word);
}

/** Whether a certificate of the plane's gateways names hosts. */
export function asksForHosts({ resource }: DataPlaneDocument): boolean {
  const { external, internal } = resource.spec.gateway?.manage ?? {};
  return [external, internal].some((settings) => settings?.https?.issuer !== undefined);
}
