/**
 * Whether the namespace that a Project adopts is another organization's: nothing in one organization's specs renders into
 * another's. A namespace that the name of somebody's Cell gives is theirs, on whatever plane; one that several adopt in a
 * cluster that they are known to share, by its gateways, is the one's that comes first there. Where nothing is known of their
 * clusters, they may be one: both are told, and both are rendered.
 */
import { organizationOf } from "../../schemas/kinds.ts";
import { looksLikeCell } from "../../schemas/names.ts";
import { isDeclared, type Lookup } from "../validate/lookup.ts";
import { adoptedNamespace, environmentsAdopting, type ProjectDocument } from "./adopted-namespace.ts";
import { gatewaysOf, type GatewaysStanding, isBefore } from "./gateways.ts";
import { planesOfEnvironment } from "./planes-of-environment.ts";

export type Foreigner = {
  readonly organization: string;
  /** It has a Cell of that name, or adopts it and comes first, or adopts it and nothing says who comes first. */
  readonly has: "cell" | "first" | "unordered";
};

/** The other organization; undefined where nobody else has it. */
export function findForeigner(project: ProjectDocument, environment: string, index: Lookup): Foreigner | undefined {
  const namespace = adoptedNamespace(project, environment);
  if (namespace === undefined) return undefined;
  const organization = organizationOf(project.resource);
  const cell = looksLikeCell(namespace)
    ? index.cellsNamed(namespace).find((one) => isOther(one.organization, organization, index))
    : undefined;
  if (cell !== undefined) return { organization: cell.organization, has: "cell" };
  return findAdopter({ organization, environment, namespace }, index);
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
): Foreigner | undefined {
  const others = Array.from(index.adoptersOf(namespace))
    .filter(({ resource }) => isOther(organizationOf(resource), place.organization, index))
    .flatMap((project) =>
      environmentsAdopting(project, namespace).map((environment) => {
        return { organization: organizationOf(project.resource), environment };
      }),
    );
  if (others.length === 0) return undefined;
  const own = standingsOf(place, index);
  const met = others.flatMap(({ organization, environment }): readonly Foreigner[] => {
    const order = orderOf(standingsOf({ organization, environment }, index), own);
    return order === "first" || order === "unordered" ? [{ organization, has: order }] : [];
  });
  return met.find(({ has }) => has === "first") ?? met[0];
}

/** What the first ones are to the others. */
function orderOf(
  some: readonly (GatewaysStanding | undefined)[],
  others: readonly (GatewaysStanding | undefined)[],
): Foreigner["has"] | "later" | "apart" {
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
