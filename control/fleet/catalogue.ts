/** What the specs declare, where it stands, and how it hangs together: what is known of a name before anything is rendered. */
import { connectionIn } from "../../schemas/connection.ts";
import { type DeploymentPipeline, rootEnvironments } from "../../schemas/deployment-pipeline.ts";
import {
  bindingKinds,
  claimKindOf,
  claimKinds,
  claims,
  type KindName,
  organizationOf,
  planeOf,
  planeResourceKinds,
  type ResourceOf,
} from "../../schemas/kinds.ts";
import { dataPlanesOf } from "../../schemas/environment.ts";
import { planePath } from "../../schemas/layout.ts";
import type { Rendered } from "../engine/rendered.ts";
import type { SpecDocument } from "../load/parse.ts";
import { type OutsideEntry, outsideOf } from "./outside.ts";

/** A document: its kind and name, its file, and the lines that it starts and ends on. */
export type Declared = {
  readonly kind: KindName;
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly endLine: number;
};

export type ConnectionEntry = {
  readonly name: string;
  readonly project: string;
  readonly component: string;
  readonly endpoint: string;
};

/**
 * A place where it is to run. Auto-deploy follows the claim, and writes the class pin after it; another Binding stays at its
 * frozen workload and class.
 */
export type Placement = {
  readonly environment: string;
  readonly follows: "claim" | "binding";
  readonly classKind: KindName;
  readonly className: string;
  readonly classHash?: string;
  readonly releaseState: "Active" | "Suspend" | "Undeploy";
};

export type ComponentEntry = {
  readonly organization: string;
  readonly project: string;
  readonly component: string;
  /** Absent when only other documents speak of it. */
  readonly type?: string;
  readonly declared: readonly Declared[];
  readonly connections: readonly ConnectionEntry[];
  readonly outside: readonly OutsideEntry[];
  readonly placements: readonly Placement[];
};

export type EnvironmentEntry = {
  readonly organization: string;
  readonly environment: string;
  /** In the order in which it names them. */
  readonly planes: readonly string[];
  readonly isProduction: boolean;
  /** Pipelines that name it, and its step in each, from 1. */
  readonly pipelines: readonly { readonly name: string; readonly step: number }[];
  readonly declared: readonly Declared[];
};

export type Catalogue = {
  readonly components: readonly ComponentEntry[];
  /** In the order of their earliest step, then by name. */
  readonly environments: readonly EnvironmentEntry[];
  readonly classes: readonly (Declared & { readonly organization: string })[];
  readonly planes: readonly (Declared & { readonly plane: string })[];
};

export const emptyCatalogue: Catalogue = { components: [], environments: [], classes: [], planes: [] };

/** Of documents that can be used: what is wrong with the others is told by their Problems. */
export function catalogueOf(rendered: Pick<Rendered, "all">): Catalogue {
  const all: All = (...kinds) => kinds.flatMap((kind) => rendered.all(kind));
  return {
    components: componentsOf(all),
    environments: environmentsOf(all),
    classes: all("ServiceClass", "WebApplicationClass", "ScheduledTaskClass").map((document) => ({
      ...declared(document),
      organization: organizationOf(document.resource),
    })),
    planes: all(...planeResourceKinds).map((document) => ({
      ...declared(document),
      plane: planePath(planeOf(document.resource)),
    })),
  };
}

type All = <Kind extends KindName>(...kinds: readonly Kind[]) => readonly SpecDocument<ResourceOf<Kind>>[];

function declared({ resource, place, text }: SpecDocument): Declared {
  // The separator and the comments before a document belong to its text, and its place is after them.
  const body = text.replace(/^(?:(?:---|\s*#)[^\n]*\n|\s*\n)+/, "").trimEnd();
  const endLine = place.line + body.split("\n").length - 1;
  return { kind: resource.kind, name: resource.metadata.name, file: place.file, line: place.line, endLine };
}

const ownedKinds = ["Workload", ...claimKinds, ...bindingKinds, "Build"] as const;

function componentsOf(all: All): readonly ComponentEntry[] {
  const components = Map.groupBy(all("Component"), ({ resource }) =>
    componentKey(organizationOf(resource), resource.spec.owner.projectName, resource.metadata.name),
  );
  const owned = Map.groupBy(all(...ownedKinds), ({ resource }) => {
    const { projectName, componentName } = resource.spec.owner;
    return componentKey(organizationOf(resource), projectName, componentName);
  });
  const roots = rootsByProject(all);
  return [...new Set([...components.keys(), ...owned.keys()])].toSorted().map((key): ComponentEntry => {
    const [organization = "", project = "", component = ""] = key.split("/");
    const [own] = components.get(key) ?? [];
    const parts = owned.get(key) ?? [];
    return {
      organization,
      project,
      component,
      ...(own === undefined ? {} : { type: own.resource.spec.type }),
      declared: [...(components.get(key) ?? []), ...parts].map(declared),
      connections: parts.flatMap((part) => connectionsOf(part, project)),
      outside: parts.flatMap(({ resource }) => (resource.kind === "Workload" ? outsideOf(resource.spec) : [])),
      placements: placementsOf(parts, own === undefined ? [] : (roots.get(`${organization}/${project}`) ?? [])),
    };
  });
}

function componentKey(...parts: readonly [organization: string, project: string, component: string]): string {
  return parts.join("/");
}

/** Environments that auto-deploy goes to. */
function rootsByProject(all: All): ReadonlyMap<string, readonly string[]> {
  const pipelines = new Map(
    all("DeploymentPipeline").map(({ resource }) => [
      `${organizationOf(resource)}/${resource.metadata.name}`,
      resource,
    ]),
  );
  return new Map(
    all("Project").map(({ resource }) => {
      const organization = organizationOf(resource);
      const pipeline = pipelines.get(`${organization}/${resource.spec.deploymentPipelineRef}`);
      const isFollowed = pipeline?.spec.autoDeploy === true;
      return [`${organization}/${resource.metadata.name}`, isFollowed ? rootEnvironments(pipeline) : []];
    }),
  );
}

type Owned = SpecDocument<ResourceOf<(typeof ownedKinds)[number]>>;

function connectionsOf({ resource }: Owned, project: string): readonly ConnectionEntry[] {
  if (resource.kind !== "Workload") return [];
  return Object.entries(resource.spec.connections).flatMap(([name, connection]) => {
    const target = connectionIn(connection, undefined);
    if (target.type !== "api") return [];
    const { projectName = project, componentName: component, endpoint } = target;
    return [{ name, project: projectName, component, endpoint }];
  });
}

function placementsOf(parts: readonly Owned[], roots: readonly string[]): readonly Placement[] {
  const claim = parts.map(({ resource }) => resource).find((resource) => isClaim(resource));
  const bindings = parts.flatMap(({ resource }) =>
    "environment" in resource.spec ? [resource as WrittenBinding] : [],
  );
  const placed = new Set(bindings.map(({ spec }) => spec.environment));
  const made = roots.filter((environment) => claim !== undefined && !placed.has(environment));
  return [
    ...made.map((environment) => claimPlacement(claim as Claim, environment, "Active")), // there are none without a claim
    ...bindings.map((binding): Placement => {
      const { environment, className, classHash, releaseState } = binding.spec;
      const pin = classHash === undefined ? {} : { classHash };
      if (claim !== undefined && roots.includes(environment))
        return { ...claimPlacement(claim, environment, releaseState), ...pin };
      const { classKind } = claims[claimKindOf(binding.kind)];
      return { environment, follows: "binding", classKind, className, ...pin, releaseState };
    }),
  ];
}

type WrittenBinding = ResourceOf<(typeof bindingKinds)[number]>;
type Claim = ResourceOf<(typeof claimKinds)[number]>;

function isClaim(resource: Owned["resource"]): resource is Claim {
  return claimKinds.some((kind) => kind === resource.kind);
}

function claimPlacement(claim: Claim, environment: string, releaseState: Placement["releaseState"]): Placement {
  const { classKind } = claims[claim.kind];
  return { environment, follows: "claim", classKind, className: claim.spec.className, releaseState };
}

function environmentsOf(all: All): readonly EnvironmentEntry[] {
  const pipelines = all("DeploymentPipeline").map(({ resource }) => ({ resource, steps: stepsOf(resource) }));
  const groups = Map.groupBy(
    all("Environment"),
    ({ resource }) => `${organizationOf(resource)}/${resource.metadata.name}`,
  );
  return [...groups.values()]
    .flatMap(([first, ...others]) => (first === undefined ? [] : [{ first, others }]))
    .map(({ first, others }): EnvironmentEntry => {
      const { resource } = first;
      const organization = organizationOf(resource);
      const environment = resource.metadata.name;
      return {
        organization,
        environment,
        planes: dataPlanesOf(resource.spec).map((name) => planePath({ kind: "data", organization, name })),
        isProduction: resource.spec.isProduction === true,
        pipelines: pipelines.flatMap(({ resource: pipeline, steps }) => {
          const step = organizationOf(pipeline) === organization ? steps.get(environment) : undefined;
          return step === undefined ? [] : [{ name: pipeline.metadata.name, step }];
        }),
        declared: [first, ...others].map(declared),
      };
    })
    .toSorted((a, b) => earliestStep(a) - earliestStep(b) || (a.environment < b.environment ? -1 : 1));
}

/** One in no pipeline comes last. */
function earliestStep({ pipelines }: EnvironmentEntry): number {
  return Math.min(...pipelines.map(({ step }) => step));
}

/** The longest way to each environment, from 1; what goes round (a Problem) ends after as many steps as there are names. */
export function stepsOf({ spec: { promotionPaths } }: DeploymentPipeline): ReadonlyMap<string, number> {
  const edges = promotionPaths.flatMap(({ sourceEnvironmentRef: from, targetEnvironmentRefs }) =>
    targetEnvironmentRefs.map(({ name: to }) => ({ from, to })),
  );
  const steps = new Map<string, number>([
    ...promotionPaths.map(({ sourceEnvironmentRef }) => [sourceEnvironmentRef, 1] as const),
    ...edges.map(({ to }) => [to, 1] as const),
  ]);
  for (let round = 1; round < steps.size; round += 1)
    for (const { from, to } of edges)
      steps.set(to, Math.max(steps.get(to) ?? 1, Math.min((steps.get(from) ?? 1) + 1, steps.size)));
  return steps;
}
