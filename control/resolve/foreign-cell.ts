/**
 * Whether the namespace that a Project adopts is another organization's: nothing in one organization's specs renders into
 * another's. A namespace that the name of somebody's Cell gives is theirs, on whatever plane; one that several adopt in a
 * cluster that they are known to share, by its gateways, is the one's that comes first there.
 */
import { organizationOf } from "../../schemas/kinds.ts";
import { cellNamespace, looksLikeCell } from "../../schemas/names.ts";
import type { Lookup } from "../validate/lookup.ts";
import { adoptedNamespace, type ProjectDocument } from "./adopted-namespace.ts";
import { type DataPlaneDocument, gatewaysOf, type GatewaysStanding, isBefore } from "./gateways.ts";
import { planesOfEnvironment } from "./planes-of-environment.ts";

/** The other organization; undefined where nobody else has it. */
export function findForeigner(project: ProjectDocument, environment: string, index: Lookup): string | undefined {
  const namespace = adoptedNamespace(project, environment);
  if (namespace === undefined) return undefined;
  const organization = organizationOf(project.resource);
  return (
    organizationsBeside(organization, index).find(
      (other) => looksLikeCell(namespace) && hasCell(other, namespace, index),
    ) ?? earlierAdopter({ organization, environment, namespace }, index)
  );
}

function organizationsBeside(organization: string, index: Lookup): readonly string[] {
  const all = index.besides("Organization", organization).map(({ resource }) => organizationOf(resource));
  return all.filter((other) => other !== organization);
}

/** Whether the name of one of its Cells gives the namespace. */
function hasCell(organization: string, namespace: string, index: Lookup): boolean {
  const environments = index.besides("Environment", organization, "").map(({ resource }) => resource.metadata.name);
  return projectsOf(organization, index).some(({ resource: { metadata } }) =>
    environments.some(
      (environment) => cellNamespace({ organization, project: metadata.name, environment }) === namespace,
    ),
  );
}

function projectsOf(organization: string, index: Lookup): readonly ProjectDocument[] {
  const documents = index.besides("Project", organization, "");
  return documents.filter((one): one is ProjectDocument => one.resource.kind === "Project");
}

type Adoption = { readonly organization: string; readonly environment: string; readonly namespace: string };

function earlierAdopter({ namespace, ...place }: Adoption, index: Lookup): string | undefined {
  const own = standingsOf(place, index);
  if (own.length === 0) return undefined;
  return organizationsBeside(place.organization, index).find((organization) =>
    projectsOf(organization, index).some((project) =>
      Object.keys(project.resource.spec.environments ?? {})
        .filter((environment) => adoptedNamespace(project, environment) === namespace)
        .flatMap((environment) => standingsOf({ organization, environment }, index))
        .some((other) => own.some((one) => isBefore(other, one))),
    ),
  );
}

/** At gateways that are known, of each plane of an Environment. */
function standingsOf(
  place: { readonly organization: string; readonly environment: string },
  index: Lookup,
): readonly GatewaysStanding[] {
  return planesOfEnvironment(place, index).flatMap((name) => {
    const plane: DataPlaneDocument | undefined = index.find("DataPlane", place.organization, name);
    const gateways = plane && gatewaysOf(plane, index);
    return gateways?.kind === "managed" ? [gateways.standing] : [];
  });
}
