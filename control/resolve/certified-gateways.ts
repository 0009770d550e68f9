/**
 * Which hosts the certificates of a plane's gateways are for, where an issuer is asked for them. Each organization has its own, so
 * that what one asks for cannot fail the order of another. No two hold one name, because of two that do Envoy Gateway drops the
 * later whole (v1.9.1, gatewayapi/tls.go): so what is below the owner's virtual host, and its domains, are the owner's to ask
 * for, and any other virtual host or domain is one organization's. Nobody asks for a name that is another's.
 */
import { compareText } from "../../schemas/compare.ts";
import { dataPlanesOf, type Environment } from "../../schemas/environment.ts";
import { organizationOf } from "../../schemas/kinds.ts";
import { apiHost } from "../../schemas/names.ts";
import { isOf } from "../load/is-of.ts";
import { gatewaySides } from "../render/gateway-sides.ts";
import type { Lookup } from "../validate/lookup.ts";
import { guestsOf, sharersOf } from "./gateway-sharers.ts";
import type { DataPlaneDocument } from "./gateways.ts";
import { type Asker, foreignBelow, foreignHolder, type NameHolder, nameHolders } from "./name-holders.ts";
import { type HostsLookup, unknownHosts, unknownPlaneOfGuest } from "./unknown-hosts.ts";

export type Side = (typeof gatewaySides)[keyof typeof gatewaySides];

export type CertifiedGateway = {
  readonly side: Side;
  /** Of the plane that brings the gateways. */
  readonly own: readonly string[];
  /** Those that have a certificate or may have one, in the order in which the gateways are shared. */
  readonly guests: readonly CertifiedGuest[];
};

export type CertifiedGuest = {
  readonly organization: string;
  /** None where it cannot be told whether there are any. */
  readonly hosts: readonly string[];
};

/** A gateway by the plane that brings it. */
export type GatewayOf = { readonly owner: DataPlaneDocument; readonly side: Side };

/** None for a plane that asks no issuer. `staying` are guests whose certificates stay, though they may have no hosts now. */
export function certifiedGateways(
  owner: DataPlaneDocument,
  index: HostsLookup,
  staying: ReadonlySet<string> = new Set(),
): readonly CertifiedGateway[] {
  return certifiedSides(owner).map((side): CertifiedGateway => {
    const gateway = { owner, side };
    const guests = guestsOf(owner).flatMap((organization) => {
      const hosts = guestHosts(gateway, organization, index);
      const mayHave =
        mayHaveHosts(gateway, organization, index) ||
        (staying.has(organization) && certifiedPlanes(gateway, organization, index).length > 0);
      return hosts.length > 0 || mayHave ? [{ organization, hosts }] : [];
    });
    return { side, own: ownHosts(gateway, index), guests };
  });
}

/** The gateways of a plane for which it asks an issuer. */
export function certifiedSides({ resource }: DataPlaneDocument): readonly Side[] {
  const { manage } = resource.spec.gateway ?? {};
  return Object.values(gatewaySides).filter(({ field }) => manage?.[field]?.https?.issuer !== undefined);
}

export function ownHosts({ owner, side }: GatewayOf, index: Pick<Lookup, "besides">): readonly string[] {
  return [...new Set([...hostsOf(owner, { owner, side }, index), ...domainsOf({ owner, side })])];
}

/** Of all planes of the organization that use the gateway, in order of plane and label, and what it was given there. */
export function guestHosts(
  gateway: GatewayOf,
  organization: string,
  index: Pick<Lookup, "besides">,
): readonly string[] {
  const guests = guestsOf(gateway.owner);
  const earlier = guests.slice(0, guests.indexOf(organization));
  const taken = new Set([...domainsOf(gateway), ...earlier.flatMap((guest) => givenTo(guest, gateway))]);
  const planes = certifiedPlanes(gateway, organization, index);
  const hosts = [...planes.flatMap((plane) => hostsOf(plane, gateway, index)), ...givenTo(organization, gateway)];
  return [...new Set(hosts)].filter((host) => !taken.has(host));
}

/** Planes of a guest that have a virtual host of their own at the gateway. */
function certifiedPlanes(
  gateway: GatewayOf,
  organization: string,
  index: Pick<Lookup, "besides">,
): readonly DataPlaneDocument[] {
  const { owner, side } = gateway;
  return sharersOf(owner, organization, index).filter(
    (plane) => virtualHostOf(plane, side) !== undefined && !isBelowOwners(plane, gateway),
  );
}

/** Whether the plane has the virtual host of the plane whose gateways it uses, which is the owner's to have certificates for. */
export function isBelowOwners(plane: DataPlaneDocument, { owner, side }: GatewayOf): boolean {
  const host = virtualHostOf(plane, side);
  return host !== undefined && host === virtualHostOf(owner, side);
}

export function virtualHostOf({ resource }: DataPlaneDocument, side: Side): string | undefined {
  return resource.spec.gateway?.[side.virtualHost];
}

/** APIs answer at the environment's host, web applications and the like one label below it. */
export function hostsBelow(virtualHost: string, label: string): readonly [string, string] {
  const host = apiHost({ label, virtualHost });
  return [host, `*.${host}`];
}

/** First label of an environment's hosts. */
export function labelOf({ metadata, spec }: Pick<Environment, "metadata" | "spec">): string {
  return spec.gateway?.dnsPrefix ?? metadata.name;
}

function hostsOf(plane: DataPlaneDocument, gateway: GatewayOf, index: Pick<Lookup, "besides">): readonly string[] {
  const host = virtualHostOf(plane, gateway.side);
  if (host === undefined) return [];
  const holders = nameHolders(gateway.owner, index);
  const asker = askerOf(plane, gateway);
  return labelsOn(plane, index)
    .map((label) => hostsBelow(host, label))
    .filter(([one]) => trespass(one, { plane, gateway, holders }) === undefined)
    .flatMap((hosts) => hosts.filter((one) => foreignHolder(one, asker, holders) === undefined));
}

/** Below the owner's virtual host everybody who shares it answers. */
function askerOf(plane: DataPlaneDocument, gateway: GatewayOf): Asker {
  const own = organizationOf(plane.resource);
  return isBelowOwners(plane, gateway) ? [own, organizationOf(gateway.owner.resource)] : [own];
}

export type Trespasser = {
  readonly plane: DataPlaneDocument;
  readonly gateway: GatewayOf;
  readonly holders: readonly NameHolder[];
};

/** Whose is the host of an environment of the plane, or, of a guest with a virtual host of its own, anything below it. */
export function trespass(host: string, { plane, gateway, holders }: Trespasser): NameHolder | undefined {
  const asker = askerOf(plane, gateway);
  const isOwnHost = asker.includes(organizationOf(gateway.owner.resource));
  return foreignHolder(host, asker, holders) ?? (isOwnHost ? undefined : foreignBelow(host, asker, holders));
}

/** Of the plane's environments, in order. */
function labelsOn({ resource: plane }: DataPlaneDocument, index: Pick<Lookup, "besides">): readonly string[] {
  return index
    .besides("Environment", organizationOf(plane), "")
    .filter((one) => isOf(one, ["Environment"]))
    .filter(({ resource }) => dataPlanesOf(resource.spec).includes(plane.metadata.name))
    .map(({ resource }) => labelOf(resource))
    .toSorted(compareText);
}

function domainsOf({ owner, side }: GatewayOf): readonly string[] {
  return owner.resource.spec.gateway?.manage?.[side.field]?.domains ?? [];
}

function givenTo(guest: string, { owner, side }: GatewayOf): readonly string[] {
  const given = owner.resource.spec.gateway?.manage?.[side.field]?.guestDomains ?? {};
  return guest !== organizationOf(owner.resource) && Object.hasOwn(given, guest) ? (given[guest] ?? []) : [];
}

/** What stands there of a guest that cannot be read must not lose its place at the listener. */
function mayHaveHosts(gateway: GatewayOf, organization: string, index: HostsLookup): boolean {
  if (unknownPlaneOfGuest(gateway.owner, organization, index) !== undefined) return true;
  return certifiedPlanes(gateway, organization, index).some((plane) => unknownHosts(plane, index) !== undefined);
}
