/** A Binding as the later steps see it, whether written or made by auto-deploy. */
import { type ClaimKind, claimKindOf, organizationOf } from "../../schemas/kinds.ts";
import type { EnvironmentOverrides, PlaneOverrides } from "../../schemas/overrides.ts";
import type { Place } from "../../schemas/problem.ts";
import type { ServiceApis } from "../../schemas/service.ts";
import type { WorkloadTemplate } from "../../schemas/workload.ts";
import { type BindingDocument, type Claim, fieldPlace } from "../validate/specs-index.ts";
import type { SpecDocument } from "../load/parse.ts";
import { at, type Traced } from "../load/traced.ts";

export type BindingKey = {
  readonly organization: string;
  readonly project: string;
  readonly component: string;
  readonly environment: string;
};

export type Binding = BindingKey & {
  readonly claimKind: ClaimKind;
  readonly className: string;
  /** The pin of a written Binding. Auto-deploy pins the class as it is now, so there is nothing to look up. */
  readonly classHash: string | undefined;
  readonly madeBy: "person" | "auto-deploy";
  readonly workload: WorkloadTemplate;
  readonly workloadTree: Traced | undefined;
  readonly apis: ServiceApis;
  readonly apisTree: Traced | undefined;
  readonly domains: Readonly<Record<string, readonly string[]>>;
  readonly domainsTree: Traced | undefined;
  /** What the environment changes. */
  readonly overrides: EnvironmentOverrides | undefined;
  readonly overridesTree: Traced | undefined;
  /** What is different on one of the environment's DataPlanes, by its name. */
  readonly planeOverrides: Readonly<Record<string, PlaneOverrides>>;
  readonly planeOverridesTree: Traced | undefined;
  readonly releaseState: "Active" | "Suspend" | "Undeploy";
  readonly releaseStateTree: Traced | undefined;
  /** Where a Problem of the Binding as a whole is shown. */
  readonly place: Place;
  /** Where it says whose it is. */
  readonly ownerPlace: Place;
  readonly classPlace: Place;
  /** Where the pin stands. */
  readonly pinPlace: Place;
  readonly environmentPlace: Place;
};

export function bindingPath({ organization, project, component, environment }: BindingKey): string {
  return [organization, project, component, environment].join("/");
}

export function writtenBinding(document: BindingDocument): Binding {
  const { resource, tree } = document;
  const { owner, environment, className, classHash, workloadSpec, releaseState } = resource.spec;
  const { environmentOverrides, planeOverrides = {} } = resource.spec;
  return {
    organization: organizationOf(resource),
    project: owner.projectName,
    component: owner.componentName,
    environment,
    claimKind: claimKindOf(resource.kind),
    className,
    classHash,
    madeBy: "person",
    workload: workloadSpec,
    workloadTree: at(tree, "spec", "workloadSpec"),
    apis: resource.kind === "ServiceBinding" ? resource.spec.apis : {},
    apisTree: at(tree, "spec", "apis"),
    domains: resource.spec.domains,
    domainsTree: at(tree, "spec", "domains"),
    overrides: environmentOverrides,
    overridesTree: at(tree, "spec", "environmentOverrides"),
    planeOverrides,
    planeOverridesTree: at(tree, "spec", "planeOverrides"),
    releaseState,
    releaseStateTree: at(tree, "spec", "releaseState"),
    place: fieldPlace(document, "metadata", "name"),
    ownerPlace: fieldPlace(document, "spec", "owner", "componentName"),
    classPlace: fieldOrName(document, "className"),
    pinPlace: fieldOrName(document, "classHash"),
    environmentPlace: fieldPlace(document, "spec", "environment"),
  };
}

/** What auto-deploy makes a Binding of. */
export type Source = {
  readonly claim: Claim;
  readonly workload: WorkloadTemplate;
  readonly workloadTree: Traced | undefined;
};

/** Frozen workload, APIs and class follow the claim; overrides, domains and release state of a written Binding stay. */
export function followClaim(
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
    domains: existing?.domains ?? {},
    domainsTree: existing?.domainsTree,
    overrides: existing?.overrides,
    overridesTree: existing?.overridesTree,
    planeOverrides: existing?.planeOverrides ?? {},
    planeOverridesTree: existing?.planeOverridesTree,
    releaseState: existing?.releaseState ?? "Active",
    releaseStateTree: existing?.releaseStateTree,
    place: fieldPlace(claim, "metadata", "name"),
    ownerPlace: fieldPlace(claim, "spec", "owner", "componentName"),
    classPlace: fieldOrName(claim, "className"),
    pinPlace: fieldPlace(claim, "metadata", "name"),
    environmentPlace: existing?.environmentPlace ?? fieldPlace(claim, "metadata", "name"),
  };
}

/** The document's name stands in for a field that has its default. */
function fieldOrName(document: SpecDocument, field: "className" | "classHash"): Place {
  return at(document.tree, "spec", field) === undefined
    ? fieldPlace(document, "metadata", "name")
    : fieldPlace(document, "spec", field);
}
