/**
 * Whether a Binding may be where it is placed: in a region of its Project, and with policies that its plane can keep. Of an
 * Environment over planes in several regions, a Project that keeps to some has those that are in them, with a warning; one that
 * is left with none has nowhere to run, and what stands there stays until that is mended.
 */
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
import { planesOfEnvironment } from "./planes-of-environment.ts";

/** Said once for all the planes that a Binding is not on. */
export function checkSkipped(binding: Binding, index: Lookup): readonly Problem[] {
  const { within, outside } = planesByRegions(binding, index);
  const project = index.find("Project", binding.organization, binding.project);
  if (outside.length === 0 || project === undefined) return [];
  const { regions = [] } = project.resource.spec;
  return [
    {
      code: "outside-region",
      severity: "warning",
      message: `project ${binding.project} runs in ${regions.join(", ")} only, so ${binding.component} is in ${binding.environment} on ${within.join(", ")} and not on ${outside.join(", ")}`,
      place: binding.environmentPlace,
      remedy: "nothing, where that is meant; else mend the Project's regions or the DataPlane's region",
      ...relatedTo([{ place: fieldPlace(project, "spec", "regions"), message: "the Project's regions stand here" }]),
    },
  ];
}

export type PlanesByRegions = {
  /** Where it is to be; all of them where none is within the regions. */
  readonly within: readonly string[];
  readonly outside: readonly string[];
};

/**
 * The DataPlanes of a Binding's Environment, by their names, as the regions of its Project part them. A plane of which nothing
 * can be said is left out by no region: its document may be one with a Problem.
 */
export function planesByRegions(binding: Binding, index: Lookup): PlanesByRegions {
  const planes = planesOfEnvironment(binding, index);
  const project = index.find("Project", binding.organization, binding.project);
  if (project?.resource.spec.regions === undefined) return { within: planes, outside: [] };
  const known = planes.flatMap((name) => index.find("DataPlane", binding.organization, name) ?? []);
  const outside = known
    .filter(({ resource }) => !isWithin(project.resource, resource))
    .map(({ resource }) => resource.metadata.name);
  // Nowhere to run, as far as can be told: nothing leaves for that.
  if (outside.length === known.length) return { within: planes, outside: [] };
  return { within: planes.filter((name) => !outside.includes(name)), outside };
}

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
