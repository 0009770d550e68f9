/** Whether a Binding may be where it is placed: in a region of its Project, and with policies that its plane can keep. */
import type { ResourceOf } from "../../schemas/kinds.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { Binding } from "../deploy/binding.ts";
import { scalarOf } from "../load/traced.ts";
import { placeOf } from "../load/tree-reader.ts";
import { relatedTo } from "../problems/related.ts";
import type { Lookup } from "../validate/lookup.ts";
import { fieldPlace } from "../validate/specs-index.ts";
import { type Cell, isOpen } from "./cell.ts";
import type { Link } from "./link.ts";

/** A Project that keeps to regions is on no plane that is elsewhere, nor on one that does not say where it is. */
export function checkRegion(binding: Binding, cell: Cell, index: Lookup): readonly Problem[] {
  const project = index.find("Project", cell.organization, cell.project);
  const plane = index.find("DataPlane", cell.organization, cell.plane.name);
  const regions = project?.resource.spec.regions;
  const region = plane?.resource.spec.region;
  if (project === undefined || plane === undefined || regions === undefined) return [];
  if (isWithin(project.resource, plane.resource)) return [];
  const where = region === undefined ? "does not say in which region it is" : `is in region ${region}`;
  return [
    {
      code: "outside-region",
      severity: "error",
      message: `project ${cell.project} runs in ${regions.join(", ")} only, and DataPlane ${cell.plane.name} of ${cell.environment} ${where}`,
      place: binding.environmentPlace,
      remedy: "place it in another environment, or mend the Project's regions or the DataPlane's region",
      ...relatedTo([
        { place: fieldPlace(project, "spec", "regions"), message: "the Project's regions stand here" },
        { place: fieldPlace(plane, "spec", "region"), message: `DataPlane ${cell.plane.name} stands here` },
      ]),
    },
  ];
}

/** Whether a Project lets its components run on a DataPlane. */
export function isWithin({ spec: { regions } }: ResourceOf<"Project">, { spec }: ResourceOf<"DataPlane">): boolean {
  return regions === undefined || (spec.region !== undefined && regions.includes(spec.region));
}

/** Kubernetes' own policies know addresses, not names; where egress is open, no policy is needed. */
export function checkHosts(links: readonly Link[], cell: Cell, binding: Binding): readonly Problem[] {
  if (cell.networkPolicy === "Cilium" || isOpen(cell, "egress")) return [];
  return links.flatMap((link): readonly Problem[] => {
    if (link.kind !== "external" || link.to.kind !== "host") return [];
    return [
      {
        code: "unsupported-policy",
        severity: "error",
        message: `only Cilium lets traffic through to a host by its name, such as ${String(scalarOf(link.to.value))}, and DataPlane ${cell.plane.name} has none`,
        place: placeOf(link.to.value.origin, binding.place.file),
        remedy: "name the host's addresses with cidr instead, or open egress where the cell is said how to be made",
      },
    ];
  });
}
