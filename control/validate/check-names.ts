/**
 * Whether the names by which an environment is found are its organization's at gateways that several share. Said here whether or
 * not anything is found there yet: who asks first gains nothing by it, and no certificate is asked for what is another's.
 */
import { dataPlanesOf } from "../../schemas/environment.ts";
import { organizationOf, planeOf, type ResourceOf } from "../../schemas/kinds.ts";
import { planeKey } from "../../schemas/layout.ts";
import type { SpecDocument } from "../load/parse.ts";
import { gatewaySides } from "../render/gateway-sides.ts";
import { hostsBelow, labelOf, trespass, virtualHostOf } from "../resolve/certified-gateways.ts";
import { guestsOf } from "../resolve/gateway-sharers.ts";
import { type DataPlaneDocument, gatewaysOwner } from "../resolve/gateways.ts";
import { nameHolders } from "../resolve/name-holders.ts";
import type { Finding } from "./finding.ts";
import type { Lookup } from "./lookup.ts";
import { fieldPlace } from "./specs-index.ts";

export type EnvironmentDocument = SpecDocument<ResourceOf<"Environment">>;

export function checkEnvironmentNames(document: EnvironmentDocument, index: Lookup): readonly Finding[] {
  const { metadata, spec } = document.resource;
  const path = labelPath(document);
  return dataPlanesOf(spec)
    .flatMap((name) => index.find("DataPlane", organizationOf(document.resource), name) ?? [])
    .flatMap((plane) => checkPlaneNames(plane, labelOf({ metadata, spec }), index))
    .map((finding) => ({ ...finding, path }));
}

/** Where the label of an environment's hosts stands. */
export function labelPath({ resource }: EnvironmentDocument): Finding["path"] {
  return resource.spec.gateway?.dnsPrefix === undefined ? ["metadata", "name"] : ["spec", "gateway", "dnsPrefix"];
}

function checkPlaneNames(plane: DataPlaneDocument, label: string, index: Lookup): readonly Omit<Finding, "path">[] {
  const owner = gatewaysOwner(plane, index);
  const holders = nameHolders(owner, index);
  const organization = organizationOf(plane.resource);
  return Object.values(gatewaySides).flatMap((side) => {
    const virtualHost = virtualHostOf(plane, side);
    if (virtualHost === undefined) return [];
    const [host] = hostsBelow(virtualHost, label);
    const holder = trespass(host, { plane, gateway: { owner, side }, holders });
    if (holder === undefined) return [];
    return [
      {
        code: "host-conflict",
        message: `organization ${organization} would be found at ${host} and below it, and ${holder.name} is organization ${holder.organization}'s at the gateways of ${planeKey(planeOf(owner.resource))}`,
        remedy: `give the environment another dnsPrefix or its plane another ${side.virtualHost}, or ${
          organization === organizationOf(owner.resource)
            ? "take the name out of guestDomains"
            : `have that plane's owners give it in spec.gateway.manage.${side.field}.guestDomains.${organization}`
        }`,
        related: [
          { place: fieldPlace(holder.document, ...holder.path), message: `${holder.name} stands here` },
          {
            place: fieldPlace(plane, "spec", "gateway", side.virtualHost),
            message: `the virtual host of DataPlane ${plane.resource.metadata.name} stands here`,
          },
        ],
      },
    ];
  });
}

/** What is given to those who are not let in is nobody's, and what the owner has itself stands in `domains`. */
export function checkGuestDomains(document: DataPlaneDocument): readonly Finding[] {
  const { manage } = document.resource.spec.gateway ?? {};
  const guests = new Set(guestsOf(document));
  guests.delete(organizationOf(document.resource));
  return Object.values(gatewaySides).flatMap(({ field }) =>
    Object.keys(manage?.[field]?.guestDomains ?? {})
      .filter((guest) => !guests.has(guest))
      .map((guest): Finding => ({
        code: "unused-field",
        severity: "warning",
        message: `organization ${guest} has domains at the gateway and is none of those that sharedWith lets in`,
        remedy: "name it in sharedWith, or remove its domains; those of the own organization stand in domains",
        path: ["spec", "gateway", "manage", field, "guestDomains", guest],
      })),
  );
}
