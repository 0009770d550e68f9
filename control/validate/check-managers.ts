/**
 * That one plane alone brings gateways to a cluster: their class, their namespace and their names are the same everywhere, and of
 * two planes that bring them the agents let only the first have them. Which cluster a plane is, people say. Of one organization
 * a name is one cluster. Two organizations may both call theirs `main`, and the word of one must not hold up the other: both
 * are told.
 */
import { organizationOf, planeOf } from "../../schemas/kinds.ts";
import { planeKey } from "../../schemas/layout.ts";
import type { DataPlaneDocument } from "../resolve/gateways.ts";
import type { Finding } from "./finding.ts";
import { isDeclared, type Lookup } from "./lookup.ts";
import { fieldPlace } from "./specs-index.ts";

export function checkManagers(document: DataPlaneDocument, index: Lookup): readonly Finding[] {
  const { kubernetesCluster, gateway } = document.resource.spec;
  if (kubernetesCluster === undefined || gateway?.manage === undefined) return [];
  const own = organizationOf(document.resource);
  const others = index
    .managersOf(kubernetesCluster.name)
    .filter((other) => other !== document && isDeclared(organizationOf(other.resource), index));
  const [first] = others.toSorted((a, b) => Number(isOf(b, own)) - Number(isOf(a, own)));
  if (first === undefined) return [];
  const isOwn = isOf(first, own);
  return [
    {
      code: "cluster-conflict",
      severity: isOwn ? "error" : "warning",
      message: `DataPlane ${planeKey(planeOf(first.resource))} brings gateways to cluster ${kubernetesCluster.name} too, and of two only the first to come has them`,
      remedy:
        "let one of them bring the gateways and name the organization of the other in sharedWith, and let the other say sharedFrom; or mend the cluster's name",
      path: ["spec", "kubernetesCluster", "name"],
      related: others.map((other) => ({
        place: fieldPlace(other, "spec", "kubernetesCluster", "name"),
        message: `DataPlane ${planeKey(planeOf(other.resource))} names the cluster here`,
      })),
    },
  ];
}

function isOf(document: DataPlaneDocument, organization: string): boolean {
  return organizationOf(document.resource) === organization;
}
