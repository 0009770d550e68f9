/**
 * Bindings of one component: the written ones, and those that auto-deploy makes of its claim for the environments that are no
 * path's target. Where a claim cannot be followed, because it or what leads to its environments is wrong, the Binding is left
 * out and its Release stays: to fall back on a written Binding's older workload would be to roll back by mistake.
 */
import { rootEnvironments } from "../../schemas/deployment-pipeline.ts";
import { claimKinds, organizationOf, type ResourceOf } from "../../schemas/kinds.ts";
import type { SpecDocument } from "../load/parse.ts";
import { placeText } from "../problems/related.ts";
import { checkPaths, pipelineEnvironments, targetEnvironments } from "../validate/check-pipeline.ts";
import type { Lookup } from "../validate/lookup.ts";
import type { BindingDocument, Claim, Owned } from "../validate/specs-index.ts";
import type { Binding, BindingKey } from "./binding.ts";
import type { BindingMemory, Followed } from "./binding-memory.ts";
import { findLeftBehind } from "./left-behind.ts";
import type { Undecided } from "./undecided.ts";

type Placed = { readonly bindings: readonly Binding[]; readonly undecided: readonly Undecided[] };

export type Deployed = Placed & {
  /** Of auto-deploy's Bindings, those that nothing stands for any more. */
  readonly gone: readonly BindingDocument[];
};

/** A DeploymentPipeline as its components follow it. */
export type Pipeline = {
  readonly isSound: boolean;
  readonly isFollowed: boolean;
  readonly roots: readonly string[];
  readonly targets: ReadonlySet<string>;
  readonly named: ReadonlySet<string>;
};

export type PipelineDocument = SpecDocument<ResourceOf<"DeploymentPipeline">>;

export function readPipeline({ resource }: PipelineDocument, index: Lookup): Pipeline {
  return {
    isSound: checkPaths(resource, index).length === 0,
    isFollowed: resource.spec.autoDeploy,
    roots: rootEnvironments(resource),
    targets: targetEnvironments(resource),
    named: pipelineEnvironments(resource),
  };
}

/** What a component's Bindings depend on beside its own documents. */
export type Line = {
  readonly index: Lookup;
  readonly pipelineOf: (document: PipelineDocument) => Pipeline;
  /** Gives the same Binding for the same inputs, so that what was made of it can be kept. */
  readonly memory: BindingMemory;
};

/** Without a Component nothing is made, and what people wrote of it stays as it is. */
export function deploy(owned: Owned, line: Line): Deployed {
  if (owned.component === undefined) return deployRest(owned, line);
  const written = owned.bindings.map((document) => line.memory.written(document));
  return { ...deployComponent(owned.component, { claims: owned.claims, written }, line), gone: [] };
}

function deployRest(owned: Owned, { index, memory }: Line): Deployed {
  const left = findLeftBehind(owned, index);
  const made = new Set(left.map(({ document }) => document));
  const staying = left.flatMap(({ key: { environment, ...owner }, reason }): readonly Undecided[] =>
    reason === undefined ? [] : [{ ...owner, environments: { only: new Set([environment]) }, reason }],
  );
  return {
    bindings: owned.bindings.filter((document) => !made.has(document)).map((document) => memory.written(document)),
    undecided: [...ownersWithoutComponent(owned), ...staying],
    gone: left.filter(({ reason }) => reason === undefined).map(({ document }) => document),
  };
}

type Owner = Omit<BindingKey, "environment">;

function ownerOf({ resource }: SpecDocument<ResourceOf<"Component">>): Owner {
  return {
    organization: organizationOf(resource),
    project: resource.spec.owner.projectName,
    component: resource.metadata.name,
  };
}

type Candidates = { readonly claims: readonly Claim[]; readonly written: readonly Binding[] };

function deployComponent(
  component: SpecDocument<ResourceOf<"Component">>,
  { claims, written }: Candidates,
  { index, pipelineOf, memory }: Line,
): Placed {
  const owner = ownerOf(component);
  const project = index.find("Project", owner.organization, owner.project);
  const document =
    project && index.find("DeploymentPipeline", owner.organization, project.resource.spec.deploymentPipelineRef);
  const pipeline = document && pipelineOf(document);
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
    if (causeFile === undefined) return memory.followed(key, found, existing);
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

function mayHaveHadClaim({ organization, component }: Owner, { spoils }: Lookup): boolean {
  return claimKinds.some((kind) => spoils.couldBe(organization, kind, component));
}

/** The one claim of the component with its Workload; or what is missing, wrong or ambiguous. */
function findSource(
  component: SpecDocument<ResourceOf<"Component">>,
  claims: readonly Claim[],
  index: Lookup,
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

type Unsound = Pick<Undecided, "reason" | "causeFile">;

function whyUnclaimed({ organization, component }: Owner, { spoils }: Lookup): Unsound {
  const files = claimKinds.map((kind) => spoils.fileNaming(organization, kind, component));
  const causeFile = files.find((file) => file !== undefined);
  if (causeFile === undefined) return { reason: "its component has no claim" };
  return { reason: `${causeFile} may hold its claim and cannot be used`, causeFile };
}

type Leading = {
  readonly project: SpecDocument<ResourceOf<"Project">> | undefined;
  readonly pipeline: SpecDocument<ResourceOf<"DeploymentPipeline">> | undefined;
};

/** Why nobody can tell which environments a component goes to. */
function whyUnsound(
  component: SpecDocument<ResourceOf<"Component">>,
  { project, pipeline }: Leading,
  { spoils }: Lookup,
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
function ownersWithoutComponent({ workloads, claims }: Owned): readonly Undecided[] {
  return [...workloads, ...claims].map(({ resource }) => {
    const organization = organizationOf(resource);
    const { projectName: project, componentName: component } = resource.spec.owner;
    const reason = "documents of its component are there, and the Component is not";
    return { organization, project, component, environments: "all" as const, reason };
  });
}
