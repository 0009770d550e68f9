/**
 * Bindings: the written ones, and those that auto-deploy makes of claims for the environments that are no path's target.
 * Where a claim cannot be followed, because it or what leads to its environments is wrong, the Binding is left out and its
 * Release stays: to fall back on a written Binding's older workload would be to roll back by mistake.
 */
import { rootEnvironments } from "../../schemas/deployment-pipeline.ts";
import { bindingKinds, claimKinds, organizationOf, type ResourceOf } from "../../schemas/kinds.ts";
import { type Binding, type BindingKey, followClaim, type Source, writtenBinding } from "./binding.ts";
import { ownerKey } from "../validate/check-application.ts";
import { checkPaths, pipelineEnvironments, targetEnvironments } from "../validate/check-pipeline.ts";
import type { SpecDocument } from "../load/parse.ts";
import type { Claim, SpecsIndex } from "../validate/specs-index.ts";
import { at } from "../load/traced.ts";
import type { Undecided } from "./undecided.ts";

export type Deployed = { readonly bindings: readonly Binding[]; readonly undecided: readonly Undecided[] };

export function deploy(index: SpecsIndex): Deployed {
  const written = index.allOf(bindingKinds).map(writtenBinding);
  const writtenByComponent = Map.groupBy(written, componentKey);
  const claims = Map.groupBy(index.allOf(claimKinds), ({ resource }) => ownerKey(resource));
  const pipelines = readPipelines(index);
  const components = index.all("Component").map((component) => {
    const key = componentKey(ownerOf(component));
    const candidates = { claims: claims.get(key) ?? [], written: writtenByComponent.get(key) ?? [] };
    return deployComponent(component, candidates, { index, pipelines });
  });
  const known = new Set(index.all("Component").map((component) => componentKey(ownerOf(component))));
  return {
    bindings: [
      ...written.filter((binding) => !known.has(componentKey(binding))),
      ...components.flatMap(({ bindings }) => bindings),
    ],
    undecided: [...ownersWithoutComponent(index), ...components.flatMap(({ undecided }) => undecided)],
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
type Context = { readonly index: SpecsIndex; readonly pipelines: ReadonlyMap<SpecDocument, Pipeline> };

function deployComponent(
  component: SpecDocument<ResourceOf<"Component">>,
  { claims, written }: Candidates,
  { index, pipelines }: Context,
): Deployed {
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
    const reason = "which environments its component is deployed to cannot be told";
    return { bindings: certain, undecided: [{ ...owner, environments: { except }, reason }] };
  }
  const roots = new Set(pipeline.roots);
  const source = pipeline.isFollowed ? findSource(component, claims, index) : undefined;
  const rooted = [...roots].map((environment): Binding | Undecided | undefined => {
    const existing = written.find((binding) => binding.environment === environment);
    const isFree = !pipeline.isFollowed || !hasClaim;
    if (isFree && existing !== undefined) return existing;
    const key = { ...owner, environment };
    if (source !== undefined && !index.spoils.couldBind(owner.organization, owner.component, environment))
      return followClaim(key, source, existing);
    return { ...owner, environments: { only: new Set([environment]) }, reason: "its claim cannot be followed" };
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

function mayHaveHadClaim({ organization, component }: Owner, { spoils }: SpecsIndex): boolean {
  return claimKinds.some((kind) => spoils.couldBe(organization, kind, component));
}

/** The one claim of the component with its Workload; undefined when either is missing, wrong or ambiguous. */
function findSource(
  component: SpecDocument<ResourceOf<"Component">>,
  claims: readonly Claim[],
  index: SpecsIndex,
): Source | undefined {
  const owner = ownerOf(component);
  const [claim] = claims;
  if (claim === undefined || claims.length > 1 || component.resource.spec.type !== claim.resource.kind)
    return undefined;
  const { workloadName } = claim.resource.spec;
  const workload = index.find("Workload", owner.organization, owner.project, owner.component, workloadName);
  if (workload === undefined) return undefined;
  const { owner: _owner, ...template } = workload.resource.spec;
  return { claim, workload: template, workloadTree: at(workload.tree, "spec") };
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
