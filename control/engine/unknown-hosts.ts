/**
 * Whether the hosts of a plane cannot be told, because an Environment of it may stand in what could not be used. Certificates
 * are asked for by name, and one made without that Environment would take its hosts their TLS.
 */
import { defaultPlane } from "../../schemas/environment.ts";
import { organizationOf } from "../../schemas/kinds.ts";
import type { GatewaySettings } from "../../schemas/managed-gateways.ts";
import type { DataPlaneDocument } from "../resolve/gateways.ts";
import type { Lookup } from "../validate/lookup.ts";

/** The file that may hold the Environment; undefined where there is none, or where no certificate names hosts. */
export function fileOfUnknownHosts(
  { resource }: DataPlaneDocument,
  spoils: Pick<Lookup["spoils"], "holderOfKind">,
): string | undefined {
  const { external, internal } = resource.spec.gateway?.manage ?? {};
  if (![external, internal].some(asksForHosts)) return undefined;
  const { name } = resource.metadata;
  // One that names no plane is found by its kind alone.
  const word = name === defaultPlane ? "Environment" : name;
  return spoils.holderOfKind(organizationOf(resource), "Environment", word);
}

function asksForHosts(settings: GatewaySettings | undefined): boolean {
  return settings?.https?.issuer !== undefined;
}
