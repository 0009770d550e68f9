/**
 * Whether the hosts of a plane cannot be told, because an Environment of it may stand in what could not be used. Certificates
 * are asked for by name, and one made without that Environment would take its hosts their TLS.
 */
import { organizationOf } from "../../schemas/kinds.ts";
import type { DataPlaneDocument } from "../resolve/gateways.ts";
import type { Lookup } from "../validate/lookup.ts";

/** The plane of an Environment that names none. */
const defaultPlane = "default";

/** The file that may hold the Environment; undefined where there is none, or where no certificate names hosts. */
export function fileOfUnknownHosts(
  document: DataPlaneDocument,
  spoils: Pick<Lookup["spoils"], "holderOfKind">,
): string | undefined {
  if (!asksForHosts(document)) return undefined;
  const { resource } = document;
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
