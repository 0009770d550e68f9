/**
 * Where a Cell lives and how it is made. One place says it, for its components, for those that connect to them and for the
 * Cell's own Release: a namespace that the Project adopts, or the one that the Cell's name gives.
 */
import { compareText } from "../../schemas/compare.ts";
import { organizationOf, type ResourceOf } from "../../schemas/kinds.ts";
import type { PlaneId } from "../../schemas/layout.ts";
import { cellNamespace, type CellParts, looksLikeCell } from "../../schemas/names.ts";
import { at, scalarOf, type Traced, tracedMap, withField, withoutField } from "../load/traced.ts";
import { strategicMerge } from "../render/strategic-merge.ts";
import type { Lookup } from "../validate/lookup.ts";
import { adoptedNamespace, environmentsAdopting, type ProjectDocument } from "./adopted-namespace.ts";
import { isForeign } from "./foreign-cell.ts";
import { gatewaysOf } from "./gateways.ts";
import { planesOfEnvironment } from "./planes-of-environment.ts";
import { strictestLevel } from "./pod-security.ts";

export type CellPlace = {
  readonly namespace: string;
  /** It was there before, so only our pods in it are ours to speak about. */
  readonly isAdopted: boolean;
};

export type Cell = CellParts &
  CellPlace & {
    readonly plane: PlaneId;
    /** The plane whose gateways take routes from the namespace; undefined where nothing is known of them. */
    readonly gateways: PlaneId | undefined;
    readonly networkPolicy: ResourceOf<"DataPlane">["spec"]["networkPolicy"];
    /** What the plane says of where pods ask for names. */
    readonly nameServers: Traced | undefined;
    /** The merged settings, each leaf with its origin; a map. */
    readonly settings: Traced;
  };

/** Undefined where nothing can be said: the Project is not there, or two Cells would share a namespace. */
export function locateCell(parts: CellParts, index: Lookup): CellPlace | undefined {
  const project = index.find("Project", parts.organization, parts.project);
  return project && placeIn(project, parts, index);
}

function placeIn(project: ProjectDocument, parts: CellParts, index: Lookup): CellPlace | undefined {
  const adopted = adoptedNamespace(project, parts.environment);
  if (adopted === undefined) return { namespace: cellNamespace(parts), isAdopted: false };
  if (sharersOf(project, parts.environment, index).length > 0) return undefined;
  if (isForeign(project, parts.environment, index)) return undefined;
  return { namespace: adopted, isAdopted: true };
}

/** On a DataPlane by its name. Undefined where that, or the Environment, is missing too. */
export function resolveCell(parts: CellParts, planeName: string, index: Lookup): Cell | undefined {
  const { organization, project: projectName, environment: environmentName } = parts;
  const project = index.find("Project", organization, projectName);
  const place = project && placeIn(project, parts, index);
  const environment = index.find("Environment", organization, environmentName);
  const plane = index.find("DataPlane", organization, planeName);
  if (place === undefined || environment === undefined || plane === undefined || project === undefined)
    return undefined;
  const gateways = gatewaysOf(plane, index);
  return {
    organization,
    project: projectName,
    environment: environmentName,
    ...place,
    plane: { kind: "data", organization, name: plane.resource.metadata.name },
    gateways: gateways?.kind === "managed" ? gateways.standing.plane : undefined,
    networkPolicy: plane.resource.spec.networkPolicy,
    nameServers: at(plane.tree, "spec", "nameServers"),
    settings: settingsOf({
      ofPlane: at(plane.tree, "spec", "cell"),
      ofEnvironment: at(environment.tree, "spec", "cell"),
      ofProject: at(project.tree, "spec", "cell"),
      ofProjectHere: at(project.tree, "spec", "environments", environmentName),
    }),
  };
}

type Layers = Readonly<Record<"ofPlane" | "ofEnvironment" | "ofProject" | "ofProjectHere", Traced | undefined>>;

/** The last word counts, save of how pods are secured, where the strictest does. */
function settingsOf({ ofPlane, ofEnvironment, ofProject, ofProjectHere }: Layers): Traced {
  const merged = [ofPlane, ofEnvironment, ofProject, ofProjectHere].reduce<Traced>(
    (base, layer) => (layer === undefined ? base : strategicMerge(base, layer, undefined)),
    tracedMap({}, { kind: "rule", rule: "cell-bounds" }),
  );
  const level = strictestLevel([[ofPlane], [ofEnvironment], [ofProjectHere, ofProject]]);
  return level === undefined ? withoutField(merged, "podSecurity") : withField(merged, "podSecurity", level);
}

/** Whether the settings open what is closed unless they say so. */
export function isOpen({ settings }: Cell, what: "withinCell" | "egress"): boolean {
  return scalarOf(at(settings, "network", what)) === "Open";
}

export type Sharer = { readonly project: ProjectDocument; readonly environment: string };

/** Other Cells of one of the same planes that live in the namespace which this one adopts. */
export function sharersOf(project: ProjectDocument, environment: string, index: Lookup): readonly Sharer[] {
  const organization = organizationOf(project.resource);
  const namespace = adoptedNamespace(project, environment);
  const planesOf = (name: string): readonly string[] => planesOfEnvironment({ organization, environment: name }, index);
  const planes = new Set(planesOf(environment));
  if (namespace === undefined || planes.size === 0) return [];
  return livingIn(namespace, index)
    .filter(
      (other) =>
        organizationOf(other.project.resource) === organization &&
        (other.project !== project || other.environment !== environment) &&
        planesOf(other.environment).some((plane) => planes.has(plane)),
    )
    .toSorted((a, b) => compareText(a.environment, b.environment));
}

/** Cells of all organizations that are in a namespace. Only a name that a Cell could give is compared with those that they give. */
function livingIn(namespace: string, index: Lookup): readonly Sharer[] {
  const adopting = index
    .adoptersOf(namespace)
    .flatMap((project) => environmentsAdopting(project, namespace).map((environment) => ({ project, environment })));
  const named = (looksLikeCell(namespace) ? index.cellsNamed(namespace) : []).flatMap((parts) => {
    const project = index.find("Project", parts.organization, parts.project);
    const isThere = project !== undefined && adoptedNamespace(project, parts.environment) === undefined;
    return isThere ? [{ project, environment: parts.environment }] : [];
  });
  return [...adopting, ...named];
}
