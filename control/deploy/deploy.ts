/**
 * Bindings: the written ones, and those that auto-deploy makes of claims for the environments that are no path's target.
 * Where a claim cannot be followed, because it or what leads to its environments is wrong, the Binding is left out and its
 * Release stays: to fall back on a written Binding's older workload would be to roll back by mistake.
 */
import { rootEnvironments } from "../../schemas/deployment-pipeline.ts";
import { bindingKinds, claimKinds, organizationOf, type ResourceOf } from "../../schemas/kinds.ts";
import { type Binding, type BindingKey, followClaim, writtenBinding } from "./binding.ts";
import { findLeftBehind, type LeftBehind } from "./left-behind.ts";
import { ownerKey } from "../validate/check-application.ts";
import { checkPaths, pipelineEnvironments, targetEnvironments } from "../validate/check-pipeline.ts";
import type { SpecDocument } from "../load/parse.ts";
import type { Recall } from "../recall.ts";
import type { BindingDocument, Claim, SpecsIndex } from "../validate/specs-index.ts";
import { at } from "../load/traced.ts";
import { placeText } from "../problems/related.ts";
import type { Undecided } from "./undecided.ts";

export type Deployed = Placed & {
  /** Of auto-deploy's Bindings, those that nothing stands for any more. */
  readonly gone: readonly BindingDocument[];
};

type Placed = { readonly bindings: readonly Binding[]; readonly undecided: readonly Undecided[] };

export function deploy(index: SpecsIndex, recall: Recall): Deployed {
  const left = leftBehind(index);
  const leftDocuments = new Set(left.map(({ document }) => document));
  const written = index
    .allOf(bindingKinds)
    .filter((document) => !leftDocuments.has(document))
    .map((document) => recall.of(document, "binding", { make: () => writtenBinding(document) }));
  const writtenByComponent = Map.groupBy(written, componentKey);
  const claims = Map.groupBy(index.allOf(claimKinds), ({ resource }) => ownerKey(resource));
  const pipelines = readPipelines(index);
  const components = index.all("Component").map((component) => {
    const key = componentKey(ownerOf(component));
    const candidates = { claims: claims.get(key) ?? [], written: writtenByComponent.get(key) ?? [] };
    return deployComponent(component, candidates, { index, pipelines, recall });
  });
  const known = new Set(index.all("Component").map((component) => componentKey(ownerOf(component))));
  return {
    bindings: [
      ...written.filter((binding) => !known.has(componentKey(binding))),
      ...components.flatMap(({ bindings }) => bindings),
    ],
    undecided: [
      ...ownersWithoutComponent(index),
      ...left.flatMap(stays),
      ...components.flatMap(({ undecided }) => undecided),
    ],
    gone: left.filter(({ reason }) => reason === undefined).map(({ document }) => document),
  };
}

/** Bindings that auto-deploy made for Components that are not there. */
function leftBehind(index: SpecsIndex): readonly LeftBehind[] {
  const orphans = index.allOf(bindingKinds).filter(({ resource }) => {
    const { projectName, componentName } = resource.spec.owner;
    return index.find("Component", organizationOf(resource), projectName, componentName) === undefined;
  });
  if (orphans.length === 0) return [];
  const owned = [...index.all("Workload"), ...index.all("Build"), ...index.allOf(claimKinds)];
  const others = Map.groupBy(owned, ({ resource }) => ownerKey(resource));
  return [...Map.groupBy(orphans, ({ resource }) => ownerKey(resource))].flatMap(([key, bindings]) =>
    findLeftBehind(bindings, others.get(key) ?? [], index),
  );
}

function stays({ key: { environment, ...owner }, reason }: LeftBehind): readonly Undecided[] {
  return reason === undefined ? [] : [{ ...owner, environments: { only: new Set([environment]) }, reason }];
}

type Owner = Omit<BindingKey, "environment">;

function ownerOf({ resource }: SpecDocument<ResourceOf<"Component">>): Owner {
  return {
    organization: organizationOf(resource),
    project: resource.spec.owner.projectName,
    component: resource.metadata.name,
  };
}

function componentKey({ organization, project, component }: Owner): string {
  return [organization, project, component].join("/");
}

type Pipeline = {
  readonly isSound: boolean;
  readonly isFollowed: boolean;
  readonly roots: readonly string[];
  readonly targets: ReadonlySet<string>;
  readonly named: ReadonlySet<string>;
};

function readPipelines(index: SpecsIndex): ReadonlyMap<SpecDocument, Pipeline> {
  return new Map(
    index.all("DeploymentPipeline").map((document) => [
      document,
      {
        isSound: checkPaths(document.resource, index).length === 0,
        isFollowed: document.resource.spec.autoDeploy,
        roots: rootEnvironments(document.resource),
        targets: targetEnvironments(document.resource),
        named: pipelineEnvironments(document.resource),
      },
    ]),
  );
}

type Candidates = { readonly claims: readonly Claim[]; readonly written: readonly Binding[] };
type Context = {
  readonly index: SpecsIndex;
  readonly pipelines: ReadonlyMap<SpecDocument, Pipeline>;
  readonly recall: Recall;
};

function deployComponent(
  component: SpecDocument<ResourceOf<"Component">>,
  { claims, written }: Candidates,
  { index, pipelines, recall }: Context,
): Placed {
  const owner = ownerOf(component);
  const project = index.find("Project", owner.organization, owner.project);
  const document =
    project && index.find("DeploymentPipeline", owner.organization, project.resource.spec.deploymentPipelineRef);
  const pipeline = document && pipelines.get(document);
  const hasClaim = claims.length > 0 || mayHaveHadClaim(owner, index);
  const isPlaced = new Set(written.map(({ environment }) => environment));
  if (pipeline?.isSound !== true) {
    // A path's target is no root, whatever else is wrong, so its written Binding counts as written.
    const certain = written.filter(({ environment }) => !hasClaim || pipeline?.targets.has(environment) === true);
    const except = new Set(certain.map(({ environment }) => environment));
    const why = whyUnsound(component, { project, pipeline: document }, index);
    return { bindings: certain, undecided: [{ ...owner, environments: { except }, ...why }] };
  }
  const roots = new Set(pipeline.roots);
  const found = findSource(component, claims, index);
  const rooted = [...roots].map((environment): Binding | Undecided | undefined => {
    const existing = written.find((binding) => binding.environment === environment);
    const isFree = !pipeline.isFollowed || !hasClaim;
    if (isFree && existing !== undefined) return existing;
    const key = { ...owner, environment };
    const stays = { ...owner, environments: { only: new Set([environment]) } };
    if (!pipeline.isFollowed) return { ...stays, reason: "auto-deploy is off and no Binding places it here" };
    if ("reason" in found) return { ...stays, ...found };
    const causeFile = index.spoils.fileBinding(owner.organization, owner.component, environment);
    if (causeFile === undefined) return follow(key, found, { existing, recall });
    return { ...stays, reason: `${causeFile} may hold its Binding and cannot be used`, causeFile };
  });
  const outside: Undecided = {
    ...owner,
    environments: { except: new Set([...pipeline.named, ...isPlaced]) },
    reason:
      "its environment is in no path of the pipeline; to remove it, write a Binding that says releaseState: Undeploy",
  };
  return {
    bindings: [
      ...written.filter(({ environment }) => !roots.has(environment)),
      ...rooted.filter((one): one is Binding => one !== undefined && "workload" in one),
    ],
    undecided: [outside, ...rooted.filter((one): one is Undecided => one !== undefined && "reason" in one)],
  };
}

/** The same Binding as before where what it follows is the same. */
function follow(
  key: BindingKey,
  { claim, workload }: Followed,
  { existing, recall }: { readonly existing: Binding | undefined; readonly recall: Recall },
): Binding {
  return recall.of(claim, `follow ${key.environment}`, {
    inputs: [workload, existing],
    make: () => {
      const { owner: _owner, ...template } = workload.resource.spec;
      const source = { claim, workload: template, workloadTree: at(workload.tree, "spec") };
      return followClaim(key, source, existing);
    },
  });
}

function mayHaveHadClaim({ organization, component }: Owner, { spoils }: SpecsIndex): boolean {
  return claimKinds.some((kind) => spoils.couldBe(organization, kind, component));
}

/** The one claim of the component with its Workload; or what is missing, wrong or ambiguous. */
function findSource(
  component: SpecDocument<ResourceOf<"Component">>,
  claims: readonly Claim[],
  index: SpecsIndex,
): Followed | Unsound {
  const owner = ownerOf(component);
  const [claim, second] = claims;
  if (claim === undefined) return whyUnclaimed(owner, index);
  const where = placeText(claim.place);
  if (second !== undefined)
    return { reason: `it has ${claims.length} claims, in ${where} and ${placeText(second.place)}, and needs one` };
  const { type } = component.resource.spec;
  if (type !== claim.resource.kind)
    return { reason: `its Component is a ${type} and its claim in ${where} a ${claim.resource.kind}` };
  const { workloadName } = claim.resource.spec;
  const workload = index.find("Workload", owner.organization, owner.project, owner.component, workloadName);
  if (workload === undefined) {
    const causeFile = index.spoils.fileNaming(owner.organization, "Workload", workloadName);
    return { reason: `there is no usable Workload ${workloadName}, which its claim in ${where} names`, causeFile };
  }
  return { claim, workload };
}

type Followed = { readonly claim: Claim; readonly workload: SpecDocument<ResourceOf<"Workload">> };
type Unsound = Pick<Undecided, "reason" | "causeFile">;

function whyUnclaimed({ organization, component }: Owner, { spoils }: SpecsIndex): Unsound {
  const files = claimKinds.map((kind) => spoils.fileNaming(organization, kind, component));
  const causeFile = files.find((file) => file !== undefined);
  if (causeFile === undefined) return { reason: "its component has no claim" };
  return { reason: `${causeFile} may hold its claim and cannot be used`, causeFile };
}

type Line = {
  readonly project: SpecDocument<ResourceOf<"Project">> | undefined;
  readonly pipeline: SpecDocument<ResourceOf<"DeploymentPipeline">> | undefined;
};

/** Why nobody can tell which environments a component goes to. */
function whyUnsound(
  component: SpecDocument<ResourceOf<"Component">>,
  { project, pipeline }: Line,
  { spoils }: SpecsIndex,
): Unsound {
  const { projectName } = component.resource.spec.owner;
  if (project === undefined) {
    const causeFile = spoils.fileNaming(organizationOf(component.resource), "Project", projectName);
    return {
      reason: `there is no usable Project ${projectName}, which ${placeText(component.place)} names`,
      causeFile,
    };
  }
  const name = project.resource.spec.deploymentPipelineRef;
  if (pipeline === undefined) {
    const causeFile = spoils.fileNaming(organizationOf(component.resource), "DeploymentPipeline", name);
    const reason = `there is no usable DeploymentPipeline ${name}, which ${placeText(project.place)} names`;
    return { reason, causeFile };
  }
  const where = placeText(pipeline.place);
  return { reason: `DeploymentPipeline ${name} in ${where} cannot be followed`, causeFile: pipeline.place.file };
}

/** Claims and Workloads whose Component is missing: half a removal is a mistake, and mistakes delete nothing. */
function ownersWithoutComponent(index: SpecsIndex): readonly Undecided[] {
  const owned = [...index.all("Workload"), ...index.allOf(claimKinds)];
  return owned.flatMap(({ resource }) => {
    const organization = organizationOf(resource);
    const { projectName: project, componentName: component } = resource.spec.owner;
    if (index.find("Component", organization, project, component) !== undefined) return [];
    const reason = "documents of its component are there, and the Component is not";
    return [{ organization, project, component, environments: "all" as const, reason }];
  });
}
