/**
 * What can be said of the specs before anything is placed: identities, and the references from platform and application
 * documents to each other. Bindings are judged where they are resolved. Every Problem at once.
 */
import { claimKinds, classKinds, organizationOf, planeResourceKinds, type ResourceOf } from "../../schemas/kinds.ts";
import type { Problem } from "../../schemas/problem.ts";
import { checkClaim, checkComponent, checkOneClaim, checkOwner } from "./check-application.ts";
import { checkClass } from "./check-class.ts";
import { checkConfigurationGroup } from "./check-configuration-group.ts";
import { checkPaths, checkTargets } from "./check-pipeline.ts";
import { checkPlane } from "./check-plane.ts";
import { checkRepeated } from "./check-repeated.ts";
import { checkSecretValues } from "./check-secret-values.ts";
import { checkReference, type Finding, report } from "./finding.ts";
import type { SpecDocument } from "../load/parse.ts";
import type { SpecsIndex } from "./specs-index.ts";

export function validate(index: SpecsIndex): readonly Problem[] {
  return [
    ...index.allOf(placedInOrganization).flatMap((one) => report(one, checkOrganization(one, index))),
    ...index.allOf(planeResourceKinds).flatMap((plane) => report(plane, checkPlane(plane))),
    ...index.all("Environment").flatMap((environment) => report(environment, checkEnvironment(environment, index))),
    ...index.all("DeploymentPipeline").flatMap((pipeline) => report(pipeline, checkPaths(pipeline.resource, index))),
    ...index.all("DeploymentPipeline").flatMap(checkTargets),
    ...index.all("Project").flatMap((project) => report(project, checkProject(project, index))),
    ...index.allOf(classKinds).flatMap(checkClass),
    ...index.all("ConfigurationGroup").flatMap((group) => checkConfigurationGroup(group, index)),
    ...index.all("SecretReference").flatMap(checkSecretReference),
    ...checkComponent(index),
    ...index.all("Workload").flatMap((workload) => report(workload, checkOwner(workload, index))),
    ...index.all("Build").flatMap((build) => report(build, [...checkOwner(build, index), unsupportedBuild(build)])),
    ...index.allOf(claimKinds).flatMap((claim) => report(claim, checkClaim(claim, index))),
    ...checkOneClaim(index),
    ...checkSecretValues(index),
  ];
}

/** The others are in the organization of the component that owns them, or have a Problem about that. */
const placedInOrganization = [
  ...planeResourceKinds,
  ...classKinds,
  "Environment",
  "DeploymentPipeline",
  "Project",
  "APIClass",
  "ConfigurationGroup",
  "SecretReference",
] as const;

function checkOrganization(document: SpecDocument, index: SpecsIndex): readonly Finding[] {
  return checkReference(index, {
    kind: "Organization",
    parts: [organizationOf(document.resource)],
    code: "unknown-organization",
    path: ["metadata", "namespace"],
    remedy: "add it, or mend metadata.namespace",
  });
}

function checkSecretReference(document: SpecDocument<ResourceOf<"SecretReference">>): readonly Problem[] {
  const names = document.resource.spec.data.map(({ secretKey }) => secretKey);
  return checkRepeated(document, { names, what: "key" }, (position) => ["spec", "data", position, "secretKey"]);
}

function unsupportedBuild({ resource }: SpecDocument<ResourceOf<"Build">>): Finding {
  return {
    code: "unsupported-build",
    severity: "warning",
    message: `Build ${resource.metadata.name} is checked and not run by this version`,
    remedy: "build the image elsewhere and name it in the Workload",
    path: ["kind"],
  };
}

function checkEnvironment(document: SpecDocument<ResourceOf<"Environment">>, index: SpecsIndex): readonly Finding[] {
  const plane = checkReference(index, {
    kind: "DataPlane",
    parts: [organizationOf(document.resource), document.resource.spec.dataPlaneRef],
    code: "unknown-plane",
    path: ["spec", "dataPlaneRef"],
  });
  return document.resource.spec.gateway?.security?.remoteJwks === undefined ? plane : [...plane, unusedKeys];
}

/** A warning: upstream does not use it either, and what is guarded is said by classes. */
const unusedKeys: Finding = {
  code: "unsupported-policy",
  severity: "warning",
  message: "no token is checked with the keys of an Environment",
  remedy: "say authentication in the APIClass of each API, and remove this",
  path: ["spec", "gateway", "security", "remoteJwks"],
};

function checkProject(document: SpecDocument<ResourceOf<"Project">>, index: SpecsIndex): readonly Finding[] {
  return checkReference(index, {
    kind: "DeploymentPipeline",
    parts: [organizationOf(document.resource), document.resource.spec.deploymentPipelineRef],
    code: "unknown-pipeline",
    path: ["spec", "deploymentPipelineRef"],
  });
}
