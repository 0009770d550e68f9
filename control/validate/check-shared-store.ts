/**
 * Whether two organizations of one cluster name one ClusterSecretStore. Such an object is of the cluster, so of one of them,
 * and the other would read what the first keeps there. Planes that share gateways are in one cluster, and the order there says
 * whose it is. Of others people say which cluster they are in, and both are told. Warnings, for the store may be meant for both.
 */
import { organizationOf } from "../../schemas/kinds.ts";
import { guestsOf, sharersOf } from "../resolve/gateway-sharers.ts";
import { type DataPlaneDocument, sharedOwner } from "../resolve/gateways.ts";
import type { Finding } from "./finding.ts";
import { isDeclared, type Lookup } from "./lookup.ts";
import { fieldPlace } from "./specs-index.ts";

const path = ["spec", "secretStoreRef", "name"];

export function checkSharedStore(document: DataPlaneDocument, index: Lookup): readonly Finding[] {
  const name = document.resource.spec.secretStoreRef?.name;
  if (name === undefined) return [];
  const own = organizationOf(document.resource);
  const isHolder = ({ resource }: DataPlaneDocument): boolean =>
    resource.spec.secretStoreRef?.name === name &&
    organizationOf(resource) !== own &&
    isDeclared(organizationOf(resource), index);
  const earlier = earlierSharers(document, index).find(isHolder);
  if (earlier !== undefined) {
    const whose = organizationOf(earlier.resource);
    const is = `of the same cluster is organization ${whose}'s: what is cluster-wide belongs to one plane, and ${own} would read what ${whose} keeps there`;
    return [finding(`ClusterSecretStore ${name} ${is}`, earlier)];
  }
  const cluster = document.resource.spec.kubernetesCluster?.name;
  const other = cluster === undefined ? undefined : index.planesIn(cluster).find(isHolder);
  if (other === undefined) return [];
  const is = `of cluster ${cluster} is organization ${organizationOf(other.resource)}'s too: what is cluster-wide belongs to one plane, and each would read what the other keeps there`;
  return [finding(`ClusterSecretStore ${name} ${is}`, other)];
}

/** The planes whose word counts before this one's at the gateways that they share. */
function earlierSharers(document: DataPlaneDocument, index: Lookup): readonly DataPlaneDocument[] {
  const owner = sharedOwner(document, index);
  const own = organizationOf(document.resource);
  if (owner === undefined || organizationOf(owner.resource) === own) return [];
  const guests = guestsOf(owner);
  return [owner, ...guests.slice(0, guests.indexOf(own)).flatMap((guest) => sharersOf(owner, guest, index))];
}

function finding(message: string, other: DataPlaneDocument): Finding {
  return {
    code: "unsupported-secret",
    severity: "warning",
    message,
    remedy:
      "name a store of the organization's own; or, where both are to read it, have its conditions say so; or mend the cluster's name",
    path,
    related: [
      { place: fieldPlace(other, ...path), message: `organization ${organizationOf(other.resource)} names it here` },
    ],
  };
}
