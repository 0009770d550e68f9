/**
 * What one certificate takes: how many names, how long, and of whom. An issuer refuses an order that asks for more as a whole, so
 * who asks for too much has a Problem and no new certificate.
 */
import { dataPlanesOf } from "../../schemas/environment.ts";
import { organizationOf, planeOf, type ResourceOf } from "../../schemas/kinds.ts";
import { planeKey } from "../../schemas/layout.ts";
import type { SpecDocument } from "../load/parse.ts";
import {
  certifiedSides,
  type GatewayOf,
  guestHosts,
  hostsBelow,
  isBelowOwners,
  labelOf,
  ownHosts,
  virtualHostOf,
} from "../resolve/certified-gateways.ts";
import { guestsOf, sharersOf } from "../resolve/gateway-sharers.ts";
import { type DataPlaneDocument, gatewaysOwner } from "../resolve/gateways.ts";
import { unknownHosts } from "../resolve/unknown-hosts.ts";
import { labelPath } from "./check-names.ts";
import type { Finding } from "./finding.ts";
import type { Lookup } from "./lookup.ts";
import { fieldPlace } from "./specs-index.ts";

/** Names per certificate, of Let's Encrypt and others that follow it (letsencrypt.org/docs/rate-limits). */
const hostLimit = 100;

/** Of a name in a certificate, with `*.` in front (RFC 5280, 4.2.1.6, by RFC 1034). */
const hostLengthLimit = 253;

export function isTooLong(host: string): boolean {
  return host.length > hostLengthLimit;
}

/** What a plane asks for at its gateways, or at those of another. */
export function checkCertificates(document: DataPlaneDocument, index: Lookup): readonly Finding[] {
  const owner = gatewaysOwner(document, index);
  const organization = organizationOf(document.resource);
  return certifiedSides(owner).flatMap((side): readonly Finding[] => {
    const gateway = { owner, side };
    if (virtualHostOf(document, side) === undefined) return [];
    if (owner === document) return checkCount(gateway, organization, ownHosts(gateway, index));
    if (isBelowOwners(document, gateway)) return [];
    const hosts = guestHosts(gateway, organization, index);
    return [...checkCount(gateway, organization, hosts), ...checkVirtualHost(document, gateway, index)];
  });
}

function checkCount({ side }: GatewayOf, organization: string, hosts: readonly string[]): readonly Finding[] {
  if (hosts.length <= hostLimit) return [];
  return [
    {
      code: "unsupported-value",
      message: `a certificate takes ${hostLimit} names, and organization ${organization} asks for ${hosts.length} at ${side.gateway}`,
      remedy: "take environments off the plane, domains off the gateway, or a plane with gateways of its own",
      path: ["spec", "gateway", side.virtualHost],
    },
  ];
}

/** The earlier in the owner's order keeps it: of two certificates that hold one name the gateway presents the first. */
function checkVirtualHost(document: DataPlaneDocument, gateway: GatewayOf, index: Lookup): readonly Finding[] {
  const { owner, side } = gateway;
  const organization = organizationOf(document.resource);
  const guests = guestsOf(owner);
  const host = virtualHostOf(document, side);
  const earlier = guests
    .slice(0, guests.indexOf(organization))
    .flatMap((guest) => sharersOf(owner, guest, index))
    .find((plane) => virtualHostOf(plane, side) === host);
  if (earlier === undefined) return [];
  const first = organizationOf(earlier.resource);
  return [
    {
      code: "host-conflict",
      message: `organization ${first} comes before ${organization} at ${side.gateway} of ${planeKey(planeOf(owner.resource))} and has the virtual host ${host} in its certificate`,
      remedy: "take a virtual host of your own, or that of the plane that brings the gateways",
      path: ["spec", "gateway", side.virtualHost],
      related: [{ place: fieldPlace(earlier, "spec", "gateway", side.virtualHost), message: `${first} has it here` }],
    },
  ];
}

/** Whether certificates can be, and are, for the hosts of an environment. */
export function checkEnvironmentHosts(
  document: SpecDocument<ResourceOf<"Environment">>,
  index: Lookup,
): readonly Finding[] {
  const { spec, metadata } = document.resource;
  const path = labelPath(document);
  const label = labelOf({ spec, metadata });
  return dataPlanesOf(spec)
    .flatMap((name) => index.find("DataPlane", organizationOf(document.resource), name) ?? [])
    .flatMap((plane) => {
      const owner = gatewaysOwner(plane, index);
      return certifiedSides(owner).flatMap((side): readonly Finding[] => {
        const virtualHost = virtualHostOf(plane, side);
        if (virtualHost === undefined) return [];
        const hosts = hostsBelow(virtualHost, label);
        const isGuestBelow = plane !== owner && isBelowOwners(plane, { owner, side });
        const findings = isGuestBelow
          ? missing(hosts, { plane, gateway: { owner, side } }, index)
          : tooLong(hosts, { owner, side });
        return findings.map((finding) => ({ ...finding, path }));
      });
    });
}

type Pathless = Omit<Finding, "path">;

type GuestBelow = { readonly plane: DataPlaneDocument; readonly gateway: GatewayOf };

function tooLong(hosts: readonly [string, string], { side }: GatewayOf): readonly Pathless[] {
  const [host] = hosts;
  if (!hosts.some(isTooLong)) return [];
  return [
    {
      code: "name-too-long",
      message: `a certificate of ${side.gateway} takes names of ${hostLengthLimit} characters, and *.${host} has ${host.length + 2}`,
      remedy: "shorten the environment's name, its dnsPrefix, or the virtual host of its plane",
    },
  ];
}

/** It may be of an environment of the owner's that cannot be read. */
function missing(hosts: readonly string[], { plane, gateway }: GuestBelow, index: Lookup): readonly Pathless[] {
  const { owner, side } = gateway;
  if (unknownHosts(owner, index) !== undefined) return [];
  const given = guestHosts(gateway, organizationOf(plane.resource), index);
  const own = new Set([...ownHosts(gateway, index), ...given]);
  const lacking = hosts.filter((host) => !own.has(host)).join(" and ");
  if (lacking === "") return [];
  const whose = `organization ${organizationOf(owner.resource)}`;
  return [
    {
      code: "missing-virtual-host",
      severity: "warning",
      message: `no certificate of ${side.gateway} is for ${lacking}, which only ${whose} asks for below its own virtual host`,
      remedy: `have ${whose} add it to spec.gateway.manage.${side.field}.domains of its DataPlane, or take a virtual host of your own`,
    },
  ];
}
