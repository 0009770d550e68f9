/** Components, their Workloads and their claims: whether each has what it names, and each component one claim. */
import { type ClaimKind, claimKinds, claims, organizationOf, type ResourceOf } from "../../schemas/kinds.ts";
import { reservedComponentName } from "../../schemas/names.ts";
import type { Problem } from "../../schemas/problem.ts";
import { checkReference, type Finding, report } from "./finding.ts";
import { isLeftBehind } from "../deploy/left-behind.ts";
import type { SpecDocument } from "../load/parse.ts";
import { relatedOthers } from "../problems/related.ts";
import type { Lookup } from "./lookup.ts";
import { type Claim, fieldPlace, type Owned } from "./specs-index.ts";

type ComponentDocument = SpecDocument<ResourceOf<"Component">>;

export function checkComponent(component: ComponentDocument, index: Lookup): readonly Finding[] {
  const { spec } = component.resource;
  return [
    ...checkReference(index, {
      kind: "Project",
      parts: [organizationOf(component.resource), spec.owner.projectName],
      code: "unknown-project",
      path: ["spec", "owner", "projectName"],
    }),
    ...checkName(component),
  ];
}

/** A component that nothing places. */
export function checkUnplaced({ component, claims: placing, bindings }: Owned, index: Lookup): readonly Problem[] {
  if (component === undefined || placing.length > 0 || bindings.length > 0) return [];
  return report(component, checkPlaced(component, index));
}

/** Whether objects can be called so, and no others of its cell are. */
export function isComponentName(name: string): boolean {
  return faultOfName(name) === undefined;
}

/** A Service must be named by RFC 1035, which is stricter than RFC 1123 (Kubernetes, "Object Names and IDs"). */
function faultOfName(name: string): string | undefined {
  if (!/^[a-z]/.test(name))
    return "a component's name starts with a letter, because its Service is named so (RFC 1035)";
  if (!reservedComponentName.test(name)) return undefined;
  return "names such as cell-0123abcd, from-…-0123abcd and …-public-0123abcd are of policies and routes that stand beside components";
}

function checkName({ resource }: ComponentDocument): readonly Finding[] {
  const message = faultOfName(resource.metadata.name);
  return message === undefined
    ? []
    : [{ code: "invalid-name", message, remedy: "rename it", path: ["metadata", "name"] }];
}

function checkPlaced({ resource }: ComponentDocument, index: Lookup): readonly Finding[] {
  const { name } = resource.metadata;
  const type = claimKinds.find((kind) => kind === resource.spec.type);
  if (type === undefined) return [notDeployed(resource)];
  if (index.spoils.couldBe(organizationOf(resource), type, name)) return [];
  return [
    {
      code: "missing-claim",
      severity: "warning",
      message: `component ${name} has no ${type}, so nothing of it is deployed anew and what runs stays`,
      remedy: `add a ${type}, or remove the Component and its Workload too`,
      path: ["metadata", "name"],
    },
  ];
}

function notDeployed({ metadata, spec }: ComponentDocument["resource"]): Finding {
  return {
    code: "missing-claim",
    severity: "warning",
    message: `component ${metadata.name} is a ${spec.type}, which this version does not deploy; what runs of it stays`,
    remedy: `make it one of ${claimKinds.join(", ")}, or leave it as a note`,
    path: ["spec", "type"],
  };
}

export function checkOwner(
  document: SpecDocument<ResourceOf<"Workload" | "Build" | ClaimKind>>,
  index: Lookup,
): readonly Finding[] {
  const { projectName, componentName } = document.resource.spec.owner;
  const findings = checkReference(index, {
    kind: "Component",
    parts: [organizationOf(document.resource), projectName, componentName],
    code: "unknown-component",
    path: ["spec", "owner", "componentName"],
    message: `there is no Component ${componentName} in project ${projectName}`,
    remedy: "add it, mend the owner, or remove this document too",
  });
  return isAsked(document) ? findings : findings.map((finding) => ({ ...finding, severity: "warning" }));
}

/** A claim asks for something that cannot be done; a Workload or a Build alone asks for nothing. */
function isAsked({ resource }: SpecDocument): boolean {
  return claimKinds.some((kind) => kind === resource.kind);
}

export function checkClaim(document: Claim, index: Lookup): readonly Finding[] {
  const { resource } = document;
  const organization = organizationOf(resource);
  const { projectName, componentName } = resource.spec.owner;
  const { workloadName, className } = resource.spec;
  return [
    ...checkOwner(document, index),
    ...checkType(document, index),
    ...checkReference(index, {
      kind: "Workload",
      parts: [organization, projectName, componentName, workloadName],
      code: "unknown-workload",
      path: ["spec", "workloadName"],
      message: `component ${componentName} has no Workload ${workloadName}`,
    }),
    ...checkReference(index, {
      kind: claims[resource.kind].classKind,
      parts: [organization, className],
      code: "unknown-class",
      path: ["spec", "className"],
    }),
  ];
}

function checkType({ resource }: Claim, index: Lookup): readonly Finding[] {
  const { projectName, componentName } = resource.spec.owner;
  const component = index.find("Component", organizationOf(resource), projectName, componentName);
  if (component === undefined || component.resource.spec.type === resource.kind) return [];
  const { type } = component.resource.spec;
  const message = `component ${componentName} is a ${type}, not a ${resource.kind}`;
  const related = [{ place: fieldPlace(component, "spec", "type"), message: `the Component says ${type} here` }];
  return [{ code: "misplaced-claim", message, remedy: "change one of the two", path: ["kind"], related }];
}

/** One claim per component: with two, which one runs would depend on the order of files. */
export function checkOneClaim(group: readonly Claim[]): readonly Problem[] {
  if (group.length < 2) return [];
  return group.map((claim): Problem => ({
    code: "ambiguous-claim",
    severity: "error",
    message: `component ${claim.resource.spec.owner.componentName} has ${group.length} claims and needs one`,
    place: fieldPlace(claim, "metadata", "name"),
    remedy: "keep one of them",
    ...relatedOthers(claim, group, (other) => ({
      place: fieldPlace(other, "metadata", "name"),
      message: `${other.resource.kind} ${other.resource.metadata.name} is another claim of it`,
    })),
  }));
}

/**
 * Documents of a component whose owner or environment is not there: a misspelt name may hide whose they are, so their texts count among
 * what could not be used where something is about to disappear. A Binding that auto-deploy made is no person's word.
 */
export function danglingDocuments(owned: Owned, index: Lookup): readonly SpecDocument[] {
  const { component, workloads, claims: placing, bindings } = owned;
  if (component === undefined)
    return [...workloads, ...placing, ...bindings.filter((binding) => !isLeftBehind(binding, index))];
  const { resource } = component;
  const lacksProject = !index.find("Project", organizationOf(resource), resource.spec.owner.projectName);
  const lost = bindings.filter(
    (binding) => !index.find("Environment", organizationOf(binding.resource), binding.resource.spec.environment),
  );
  return [...(lacksProject ? [component] : []), ...lost];
}
