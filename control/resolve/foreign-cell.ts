/**
 * Whether the namespace that a Project adopts is another organization's: nothing in one organization's specs renders into
 * another's. A name that a Cell could give is adopted only by the organization whose Cell gives it now, on whatever plane: the
 * documents of another's Cell may be unreadable, or gone, while its namespace stands. One that several adopt in a cluster that
 * they are known to share, by its gateways, is the one's that comes first there. Where nothing is known of their clusters,
 * they may be one: both are told, and both are rendered.
 */
import { organizationOf } from "../../schemas/kinds.ts";
import { looksLikeCell } from "../../schemas/names.ts";
import { isDeclared, type Lookup } from "../validate/lookup.ts";
import { adoptedNamespace, environmentsAdopting, type ProjectDocument } from "./adopted-namespace.ts";
import { gatewaysOf, type GatewaysStanding, isBefore } from "./gateways.ts";
import { planesOfEnvironment } from "./planes-of-environment.ts";

export type Foreigner =
  /** No Cell of the own organization has the name, and that of nobody else is known. */
  { readonly has: "cell-name" } | Adopter | { readonly has: "cell"; readonly organization: string };

/** It adopts the namespace too and comes first, or nothing says who does. */
type Adopter = { readonly has: "first" | "unordered"; readonly organization: string };

/** Who else has it, or may have; undefined where nobody does. */
export function findForeigner(project: ProjectDocument, environment: string, index: Lookup): Foreigner | undefined {
  const namespace = adoptedNamespace(project, environment);
  if (namespace === undefined) return undefined;
  const organization = organizationOf(project.resource);
  return findCell(namespace, organization, index) ?? findAdopter({ organization, environment, namespace }, index);
}

/** Undefined for a name that no Cell could give, and for one that a Cell of the organization gives and of no other. */
function findCell(namespace: string, organization: string, index: Lookup): Foreigner | undefined {
  if (!looksLikeCell(namespace)) return undefined;
  const cells = index.cellsNamed(namespace);
  const other = cells.find((one) => isOther(one.organization, organization, index));
  if (other !== undefined) return { has: "cell", organization: other.organization };
  return cells.some((one) => one.organization === organization) ? undefined : { has: "cell-name" };
}

/** Whether nothing of the Cell may be rendered there. */
export function isForeign(project: ProjectDocument, environment: string, index: Lookup): boolean {
  const { has = "unordered" } = findForeigner(project, environment, index) ?? {};
  return has !== "unordered";
}

function isOther(organization: string, own: string, index: Lookup): boolean {
  return organization !== own && isDeclared(organization, index);
}

type Place = { readonly organization: string; readonly environment: string };

function findAdopter(
  { namespace, ...place }: Place & { readonly namespace: string },
  index: Lookup,
): Adopter | undefined {
  const others = Array.from(index.adoptersOf(namespace))
    .filter(({ resource }) => isOther(organizationOf(resource), place.organization, index))
    .flatMap((project) =>
      environmentsAdopting(project, namespace).map((environment) => {
        return { organization: organizationOf(project.resource), environment };
      }),
    );
  if (others.length === 0) return undefined;
  const own = standingsOf(place, index);
  const met = others.flatMap(({ organization, environment }): readonly Adopter[] => {
    const order = orderOf(standingsOf({ organization, environment }, index), own);
    return order === "first" || order === "unordered" ? [{ organization, has: order }] : [];
  });
  return met.find(({ has }) => has === "first") ?? met[0];
}

/** What the first ones are to the others. */
function orderOf(
  some: readonly (GatewaysStanding | undefined)[],
  others: readonly (GatewaysStanding | undefined)[],
): Adopter["has"] | "later" | "apart" {
  const pairs = some.flatMap((one) => others.map((other) => ({ one, other })));
  if (pairs.some(({ one, other }) => one && other && isBefore(one, other))) return "first";
  if (pairs.some(({ one, other }) => one && other && isBefore(other, one))) return "later";
  // Nobody brings gateways to a cluster that has another's.
  return pairs.some(({ one, other }) => one === undefined || other === undefined) ? "unordered" : "apart";
}

/** For each plane of an Environment, at its gateways; undefined where they are not known. */
function standingsOf(place: Place, index: Lookup): readonly (GatewaysStanding | undefined)[] {
  return planesOfEnvironment(place, index).map((name) => {
    const plane = index.find("DataPlane", place.organization, name);
    const gateways = plane && gatewaysOf(plane, index);
    return gateways?.kind === "managed" ? gateways.standing : undefined;
  });
}
