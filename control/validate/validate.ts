/**
 * What can be said of the specs before anything is placed: identities, and the references from platform and application
 * documents to each other. Bindings are judged where they are resolved. Every Problem at once.
 */
import { claimKinds, classKinds, organizationOf, type ResourceOf } from "../../schemas/kinds.ts";
import { planeKey } from "../../schemas/layout.ts";
import { dnsLabelLimit } from "../../schemas/names.ts";
import type { Problem } from "../../schemas/problem.ts";
import { checkClaim, checkComponent, checkOneClaim, checkOwner } from "./check-application.ts";
import { checkClass } from "./check-class.ts";
import { checkPaths } from "./check-pipeline.ts";
import { checkReference, type Finding, report } from "./finding.ts";
import type { SpecDocument } from "../load/parse.ts";
import type { SpecsIndex } from "./specs-index.ts";

export function validate(index: SpecsIndex): readonly Problem[] {
  return [
    ...index.all("DataPlane").flatMap((plane) => report(plane, checkPlane(plane, index))),
    ...index.all("Environment").flatMap((environment) => report(environment, checkEnvironment(environment, index))),
    ...index.all("DeploymentPipeline").flatMap((pipeline) => report(pipeline, checkPipeline(pipeline, index))),
    ...index.all("Project").flatMap((project) => report(project, checkProject(project, index))),
    ...index.allOf(classKinds).flatMap((one) => [...report(one, checkOrganization(one, index)), ...checkClass(one)]),
    ...checkComponent(index),
    ...index.all("Workload").flatMap((workload) => report(workload, checkOwner(workload, index))),
    ...index.allOf(claimKinds).flatMap((claim) => report(claim, checkClaim(claim, index))),
    ...checkOneClaim(index),
  ];
}

function checkOrganization(document: SpecDocument, index: SpecsIndex): readonly Finding[] {
  return checkReference(index, {
    kind: "Organization",
    parts: [organizationOf(document.resource)],
    code: "unknown-organization",
    path: ["metadata", "namespace"],
    remedy: "add it, or mend metadata.namespace",
  });
}

const credentialRemedy =
  "remove it: the agent in the cluster pulls, so nobody needs credentials of the cluster, and Git keeps secrets forever";

function checkPlane(document: SpecDocument<ResourceOf<"DataPlane">>, index: SpecsIndex): readonly Finding[] {
  const { spec, metadata } = document.resource;
  const key = planeKey({ kind: "data", organization: organizationOf(document.resource), name: metadata.name });
  const findings: Finding[] = [...checkOrganization(document, index)];
  if (spec.kubernetesCluster?.credentials !== undefined)
    findings.push({
      code: "inline-credentials",
      message: "credentials of a cluster stand in Git",
      remedy: credentialRemedy,
      path: ["spec", "kubernetesCluster", "credentials"],
    });
  if (spec.observer?.authentication !== undefined)
    findings.push({
      code: "inline-credentials",
      message: "credentials of an observer stand in Git",
      remedy: credentialRemedy,
      path: ["spec", "observer", "authentication"],
    });
  if (key.length > dnsLabelLimit)
    findings.push({
      code: "name-too-long",
      message: `${key} is longer than ${dnsLabelLimit} characters, which a label holds`,
      remedy: "shorten the name",
      path: ["metadata", "name"],
    });
  return findings;
}

function checkEnvironment(document: SpecDocument<ResourceOf<"Environment">>, index: SpecsIndex): readonly Finding[] {
  return [
    ...checkOrganization(document, index),
    ...checkReference(index, {
      kind: "DataPlane",
      parts: [organizationOf(document.resource), document.resource.spec.dataPlaneRef],
      code: "unknown-plane",
      path: ["spec", "dataPlaneRef"],
    }),
  ];
}

function checkPipeline(
  document: SpecDocument<ResourceOf<"DeploymentPipeline">>,
  index: SpecsIndex,
): readonly Finding[] {
  return [...checkOrganization(document, index), ...checkPaths(document.resource, index)];
}

function checkProject(document: SpecDocument<ResourceOf<"Project">>, index: SpecsIndex): readonly Finding[] {
  return [
    ...checkOrganization(document, index),
    ...checkReference(index, {
      kind: "DeploymentPipeline",
      parts: [organizationOf(document.resource), document.resource.spec.deploymentPipelineRef],
      code: "unknown-pipeline",
      path: ["spec", "deploymentPipelineRef"],
    }),
  ];
}
