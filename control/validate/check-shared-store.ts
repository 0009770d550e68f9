/**
 * Whether two organizations of one cluster name one ClusterSecretStore. Such an object is of the cluster, so of one of them,
 * and the other would read what the first keeps there. Known of planes whose gateways are shared; a warning, for the store may
 * be meant for both.
 */
import { organizationOf } from "../../schemas/kinds.ts";
import { guestsOf, sharersOf } from "../resolve/gateway-sharers.ts";
import { type DataPlaneDocument, sharedOwner } from "../resolve/gateways.ts";
import type { Finding } from "./finding.ts";
import type { Lookup } from "./lookup.ts";
import { fieldPlace } from "./specs-index.ts";

/** At the line of whoever comes later in the order of the shared gateways. */
export function checkSharedStore(document: DataPlaneDocument, index: Lookup): readonly Finding[] {
  const name = document.resource.spec.secretStoreRef?.name;
  const owner = sharedOwner(document, index);
  const own = organizationOf(document.resource);
  if (name === undefined || owner === undefined || organizationOf(owner.resource) === own) return [];
  const guests = guestsOf(owner);
  const earlier = guests.slice(0, guests.indexOf(own)).flatMap((guest) => sharersOf(owner, guest, index));
  const holder = [owner, ...earlier].find(({ resource }) => resource.spec.secretStoreRef?.name === name);
  if (holder === undefined) return [];
  const whose = organizationOf(holder.resource);
  const path = ["spec", "secretStoreRef", "name"];
  const message = `ClusterSecretStore ${name} of the same cluster is organization ${whose}'s: what is cluster-wide belongs to one plane, and ${own} would read what ${whose} keeps there`;
  const remedy = `name a store of ${own}'s own; or, where both are to read it, have its conditions say so`;
  const related = [{ place: fieldPlace(holder, ...path), message: `organization ${whose} names it here` }];
  return [{ code: "unsupported-secret", severity: "warning", message, remedy, path, related }];
}
