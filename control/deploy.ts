/**
 * Bindings: the written ones, and those that auto-deploy makes of claims for the environments that are no path's target.
 * In a written Binding of such an environment the frozen workload, the APIs and the class follow the claim; its release
 * state stays. Also said here: which Bindings cannot be decided because something they depend on is wrong, so that
 * nobody takes their absence for a wish.
 */
import { rootEnvironments } from "../schemas/deployment-pipeline.ts";
import { organizationOf } from "../schemas/kinds.ts";
import type { Place } from "../schemas/problem.ts";
import type { ServiceApis } from "../schemas/service.ts";
import type { WorkloadTemplate } from "../schemas/workload.ts";
import { type BindingDocument, type Claim, fieldPlace, type SpecsIndex } from "./specs-index.ts";
import { at, type Traced } from "./traced.ts";

export type BindingKey = {
  readonly organization: string;
  readonly project: string;
  readonly component: string;
  readonly environment: string;
};

/** A Binding as the later steps see it, whether written or made by auto-deploy. */
export type Binding = BindingKey & {
  readonly claimKind: "Service" | "WebApplication";
  readonly className: string;
  /** The pin of a written Binding. Auto-deploy pins the class as it is now, so there is nothing to look up. */
  readonly classHash: string | undefined;
  readonly madeBy: "person" | "auto-deploy";
  readonly workload: WorkloadTemplate;
  readonly workloadTree: Traced | undefined;
  readonly apis: ServiceApis;
  readonly apisTree: Traced | undefined;
  readonly releaseState: "Active" | "Suspend" | "Undeploy";
  readonly releaseStateTree: Traced | undefined;
  /** Where a Problem of the Binding as a whole is shown. */
  readonly place: Place;
  readonly classPlace: Place;
  readonly environmentPlace: Place;
};

/** Releases that must stay as they are. Without an environment: in whichever they are. */
export type Undecided = Omit<BindingKey, "environment"> & { readonly environment: string | undefined };

export type Deployed = { readonly bindings: readonly Binding[]; readonly undecided: readonly Undecided[] };

export function deploy(index: SpecsIndex): Deployed {
  const written = [...index.all("ServiceBinding"), ...index.all("WebApplicationBinding")].map(writtenBinding);
  const bindings = new Map(written.map((binding) => [bindingPath(binding), binding]));
  const undecided: Undecided[] = ownersWithoutComponent(index);
  const claims = Map.groupBy([...index.all("Service"), ...index.all("WebApplication")], claimOwner);
  for (const component of index.all("Component")) {
    const owner = {
      organization: organizationOf(component.resource),
      project: component.resource.spec.owner.projectName,
      component: component.resource.metadata.name,
    };
    const decision = decideAutoDeploy(owner, {
      index,
      claims: claims.get(bindingPath({ ...owner, environment: undefined })) ?? [],
    });
    for (const environment of decision.environments) {
      const key = { ...owner, environment };
      if (decision.source === undefined) undecided.push(key);
      else bindings.set(bindingPath(key), followClaim(key, decision.source, bindings.get(bindingPath(key))));
    }
    if (decision.unknown) undecided.push({ ...owner, environment: undefined });
  }
  return { bindings: [...bindings.values()], undecided: undecided.filter((key) => !bindings.has(bindingPath(key))) };
}

export function bindingPath(
  key: Omit<BindingKey, "environment"> & { readonly environment: string | undefined },
): string {
  return [key.organization, key.project, key.component, key.environment ?? "*"].join("/");
}

type Source = { readonly claim: Claim; readonly workload: WorkloadTemplate; readonly workloadTree: Traced | undefined };
type Decision = {
  /** Environments that auto-deploy serves, or would serve were the component in order. */
  readonly environments: readonly string[];
  readonly source: Source | undefined;
  /** True when not even the environments can be told. */
  readonly unknown: boolean;
};

type Candidates = { readonly index: SpecsIndex; readonly claims: readonly Claim[] };

function decideAutoDeploy(owner: Omit<BindingKey, "environment">, { index, claims }: Candidates): Decision {
  if (claims.length === 0) return { environments: [], source: undefined, unknown: false };
  const project = index.find("Project", owner.organization, owner.project);
  const pipeline =
    project && index.find("DeploymentPipeline", owner.organization, project.resource.spec.deploymentPipelineRef);
  if (pipeline === undefined) return { environments: [], source: undefined, unknown: true };
  const environments = rootEnvironments(pipeline.resource);
  const [claim] = claims;
  if (claim === undefined || claims.length > 1 || !pipeline.resource.spec.autoDeploy)
    return { environments, source: undefined, unknown: false };
  const { workloadName } = claim.resource.spec;
  const workload = index.find("Workload", owner.organization, owner.project, owner.component, workloadName);
  const component = index.find("Component", owner.organization, owner.project, owner.component);
  if (workload === undefined || component?.resource.spec.type !== claim.resource.kind)
    return { environments, source: undefined, unknown: false };
  const { owner: _owner, ...template } = workload.resource.spec;
  return {
    environments,
    source: { claim, workload: template, workloadTree: at(workload.tree, "spec") },
    unknown: false,
  };
}

function claimOwner({ resource }: Claim): string {
  const { projectName, componentName } = resource.spec.owner;
  return bindingPath({
    organization: organizationOf(resource),
    project: projectName,
    component: componentName,
    environment: undefined,
  });
}

/** Claims and Workloads whose Component is missing: half a removal is a mistake, and mistakes delete nothing. */
function ownersWithoutComponent(index: SpecsIndex): Undecided[] {
  const owned = [...index.all("Workload"), ...index.all("Service"), ...index.all("WebApplication")];
  return owned.flatMap(({ resource }) => {
    const organization = organizationOf(resource);
    const { projectName, componentName } = resource.spec.owner;
    if (index.find("Component", organization, projectName, componentName) !== undefined) return [];
    return [{ organization, project: projectName, component: componentName, environment: undefined }];
  });
}

function writtenBinding(document: BindingDocument): Binding {
  const { resource, tree } = document;
  const { owner, environment, className, classHash, workloadSpec, releaseState } = resource.spec;
  return {
    organization: organizationOf(resource),
    project: owner.projectName,
    component: owner.componentName,
    environment,
    claimKind: resource.kind === "ServiceBinding" ? "Service" : "WebApplication",
    className,
    classHash,
    madeBy: "person",
    workload: workloadSpec,
    workloadTree: at(tree, "spec", "workloadSpec"),
    apis: resource.kind === "ServiceBinding" ? resource.spec.apis : {},
    apisTree: at(tree, "spec", "apis"),
    releaseState,
    releaseStateTree: at(tree, "spec", "releaseState"),
    place: document.place,
    classPlace: fieldPlace(document, "spec", "className"),
    environmentPlace: fieldPlace(document, "spec", "environment"),
  };
}

function followClaim(
  key: BindingKey,
  { claim, workload, workloadTree }: Source,
  existing: Binding | undefined,
): Binding {
  const { resource, tree } = claim;
  return {
    ...key,
    claimKind: resource.kind,
    className: resource.spec.className,
    classHash: undefined,
    madeBy: "auto-deploy",
    workload,
    workloadTree,
    apis: resource.kind === "Service" ? resource.spec.apis : {},
    apisTree: at(tree, "spec", "apis"),
    releaseState: existing?.releaseState ?? "Active",
    releaseStateTree: existing?.releaseStateTree,
    place: claim.place,
    classPlace: fieldPlace(claim, "spec", "className"),
    environmentPlace: existing?.environmentPlace ?? claim.place,
  };
}
