/**
 * What can be said of the specs before anything is placed: identities, and the references from platform and application
 * documents to each other. Bindings are judged where they are resolved. Every Problem at once.
 */
import {
  claimKinds,
  classKinds,
  kindNames,
  organizationOf,
  planeResourceKinds,
  type ResourceOf,
} from "../../schemas/kinds.ts";
import type { Problem } from "../../schemas/problem.ts";
import { checkClaim, checkComponent, checkOneClaim, checkOwner, checkUnplaced } from "./check-application.ts";
import { checkClass } from "./check-class.ts";
import { checkConfigurationGroup } from "./check-configuration-group.ts";
import { checkOrganizations } from "./check-organization.ts";
import { checkPaths, checkTargets } from "./check-pipeline.ts";
import { checkPlane } from "./check-plane.ts";
import { checkRepeated } from "./check-repeated.ts";
import { checkSecretValues } from "./check-secret-values.ts";
import { checkReference, type Finding, report } from "./finding.ts";
import type { SpecDocument } from "../load/parse.ts";
import type { Recall } from "../recall.ts";
import type { Lookup } from "./lookup.ts";
import type { SpecsIndex } from "./specs-index.ts";

export function validate(index: SpecsIndex, recall: Recall): readonly Problem[] {
  const each = <Document extends SpecDocument>(
    what: string,
    documents: readonly Document[],
    check: (document: Document, lookup: Lookup) => readonly Problem[],
  ): readonly Problem[] =>
    documents.flatMap((one) => recall.checked(one, what, { lookup: index, make: (lookup) => check(one, lookup) }));
  return [
    ...checkOrganizations(index.allOf(placedInOrganization), { index, recall }),
    ...each("plane", index.allOf(planeResourceKinds), (plane) => report(plane, checkPlane(plane))),
    ...each("environment", index.all("Environment"), (one, all) => report(one, checkEnvironment(one, all))),
    ...each("pipeline", index.all("DeploymentPipeline"), (one, all) => [
      ...report(one, checkPaths(one.resource, all)),
      ...checkTargets(one),
    ]),
    ...each("project", index.all("Project"), (one, all) => report(one, checkProject(one, all))),
    ...each("class", index.allOf(classKinds), (one) => checkClass(one)),
    ...each("configurations", index.all("ConfigurationGroup"), checkConfigurationGroup),
    ...each("secret", index.all("SecretReference"), checkSecretReference),
    ...each("component", index.all("Component"), (one, all) => report(one, checkComponent(one, all))),
    ...checkUnplaced(index),
    ...each("workload", index.all("Workload"), (one, all) => report(one, checkOwner(one, all))),
    ...each("build", index.all("Build"), (one, all) => report(one, [...checkOwner(one, all), unsupportedBuild(one)])),
    ...each("claim", index.allOf(claimKinds), (one, all) => report(one, checkClaim(one, all))),
    ...checkOneClaim(index),
    ...checkSecretValues(index, recall),
  ];
}

const placedInOrganization = kindNames.filter((kind) => kind !== "Organization");

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

function checkEnvironment(document: SpecDocument<ResourceOf<"Environment">>, index: Lookup): readonly Finding[] {
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

function checkProject(document: SpecDocument<ResourceOf<"Project">>, index: Lookup): readonly Finding[] {
  return checkReference(index, {
    kind: "DeploymentPipeline",
    parts: [organizationOf(document.resource), document.resource.spec.deploymentPipelineRef],
    code: "unknown-pipeline",
    path: ["spec", "deploymentPipelineRef"],
  });
}
