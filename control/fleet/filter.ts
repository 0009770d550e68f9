/** The part of a fleet that somebody asks for. */
import { exitCodes, ExitError } from "../../process/exit-codes.ts";
import { nearestName } from "../problems/nearest.ts";
import type { Fleet } from "./fleet.ts";
import { isBehind, isUnhealthy, type ReleaseStatus } from "./release-status.ts";

export type Filters = {
  readonly project?: string;
  readonly environment?: string;
  /** Its name, or `<project>/<component>`. */
  readonly component?: string;
  /** Its name, or `<kind>/<organization>/<plane>`. */
  readonly plane?: string;
  readonly unhealthy?: boolean;
  readonly behind?: boolean;
};

/**
 * Releases that pass every filter, and the planes, environments and components that these leave something of. With both
 * `unhealthy` and `behind`, either will do. Throws ExitError `usage` for a name that nothing has.
 */
export function filterFleet(fleet: Fleet, filters: Filters): Fleet {
  if (fleet.specs === undefined || Object.keys(filters).length === 0) return fleet;
  checkNames(fleet, filters);
  const { project, component, unhealthy, behind } = filters;
  const releases = fleet.releases.filter((release) => isNamed(release, filters) && isInState(release, filters));
  // What nothing runs of is shown too, unless something is asked of what runs.
  const isOfReleases = unhealthy === true || behind === true;
  const planes = new Set(releases.map((release) => release.plane));
  const placed = releases.filter((release) => release.platform === undefined);
  const places = new Set(placed.map((release) => `${release.organization}/${release.environment}`));
  const names = new Set(placed.map((release) => componentOf(release)));
  const isNarrowed = project !== undefined || component !== undefined || isOfReleases;
  return {
    ...fleet,
    releases,
    planes: fleet.planes.filter(({ plane }) =>
      isNarrowed || filters.environment !== undefined ? planes.has(plane) : isPlane(plane, filters.plane),
    ),
    catalogue: {
      ...fleet.catalogue,
      environments: fleet.catalogue.environments.filter(({ organization, environment, planes: own }) =>
        isNarrowed
          ? places.has(`${organization}/${environment}`)
          : isOr(filters.environment, environment) && own.some((plane) => isPlane(plane, filters.plane)),
      ),
      components: fleet.catalogue.components.filter((one) =>
        isOfReleases || filters.plane !== undefined || filters.environment !== undefined
          ? names.has(componentOf(one))
          : isOr(project, one.project) && isComponent(one, component),
      ),
    },
  };
}

/** Releases, planes, environments and components by their names, in all forms that a filter takes. */
export function namesOf({ catalogue, planes, releases }: Fleet): Readonly<Record<NameFilter, readonly string[]>> {
  const placed = releases.filter((release) => release.platform === undefined);
  const components = [...catalogue.components, ...placed];
  const environments = [...catalogue.environments, ...placed].map(({ environment }) => environment);
  const unique = (names: readonly string[]): readonly string[] => [...new Set(names)].toSorted();
  return {
    project: unique(components.map(({ project }) => project)),
    environment: unique(environments),
    component: unique(
      components.flatMap(({ project, component }) =>
        component === undefined ? [] : [component, `${project}/${component}`],
      ),
    ),
    plane: unique(planes.flatMap(({ plane }) => [plane, shortPlane(plane)])),
  };
}

const nameFilters = ["project", "environment", "component", "plane"] as const;
export type NameFilter = (typeof nameFilters)[number];

const listedNames = 8;

function checkNames(fleet: Fleet, filters: Filters): void {
  const names = namesOf(fleet);
  for (const filter of nameFilters) {
    const wanted = filters[filter];
    if (wanted !== undefined && !names[filter].includes(wanted)) throw unknownName(filter, wanted, names[filter]);
  }
}

/** A usage error that says what was meant, or what there is. */
export function unknownName(what: string, wanted: string, known: readonly string[]): ExitError {
  const meant = nearestName(wanted, known);
  const more = known.length > listedNames ? ` and ${known.length - listedNames} more` : "";
  const there =
    known.length === 0 ? `there is no ${what} at all` : `there are ${known.slice(0, listedNames).join(", ")}${more}`;
  const hint = meant === undefined ? there : `did you mean ${meant}?`;
  return new ExitError(exitCodes.usage, `there is no ${what} ${JSON.stringify(wanted)}; ${hint}`);
}

export function shortPlane(plane: string): string {
  return plane.slice(plane.lastIndexOf("/") + 1);
}

function isNamed(release: ReleaseStatus, { project, environment, component, plane }: Filters): boolean {
  return (
    isOr(project, release.project) &&
    isOr(environment, release.environment) &&
    isComponent(release, component) &&
    isPlane(release.plane, plane)
  );
}

function isInState(release: ReleaseStatus, { unhealthy = false, behind = false }: Filters): boolean {
  return (!unhealthy && !behind) || (unhealthy && isUnhealthy(release)) || (behind && isBehind(release));
}

function isOr(wanted: string | undefined, name: string | undefined): boolean {
  return wanted === undefined || wanted === name;
}

function isPlane(plane: string, wanted: string | undefined): boolean {
  return wanted === undefined || wanted === plane || wanted === shortPlane(plane);
}

type Owned = { readonly project?: string | undefined; readonly component?: string | undefined };

type Named = { readonly project: string; readonly component?: string };

function isComponent({ project, component }: Owned, wanted: string | undefined): boolean {
  return wanted === undefined || wanted === component || wanted === `${project ?? ""}/${component ?? ""}`;
}

function componentOf({ organization, project, component = "" }: Named & { readonly organization: string }): string {
  return [organization, project, component].join("/");
}
