/**
 * What can be said of one document before anything is placed: the references from platform and application documents to
 * each other. Bindings are judged where they are resolved. Every Problem at once.
 */
import { claimKinds, classKinds, organizationOf, planeResourceKinds, type ResourceOf } from "../../schemas/kinds.ts";
import { dataPlanesOf } from "../../schemas/environment.ts";
import type { Problem } from "../../schemas/problem.ts";
import { checkEnvironmentAnnotations } from "./check-annotations.ts";
import { checkApiClass } from "./check-api-class.ts";
import { checkClaim, checkComponent, checkOwner } from "./check-application.ts";
import { checkCertificates, checkEnvironmentHosts } from "./check-certificates.ts";
import { checkClass } from "./check-class.ts";
import { checkConfigurationGroup } from "./check-configuration-group.ts";
import { checkGateways } from "./check-gateways.ts";
import { checkEnvironmentNames } from "./check-names.ts";
import { checkOrganization } from "./check-organization.ts";
import { checkPaths, checkTargets } from "./check-pipeline.ts";
import { checkPlane } from "./check-plane.ts";
import { checkEnvironmentKey, checkProject } from "./check-project.ts";
import { checkSecretReference } from "./check-secret-reference.ts";
import { checkSecretTexts } from "./check-secret-texts.ts";
import { checkSecretConfigurations, checkSecretVariables } from "./check-secret-values.ts";
import { checkUnused } from "./check-unused.ts";
import { checkReference, type Finding, report } from "./finding.ts";
import { isOf } from "../load/is-of.ts";
import type { SpecDocument } from "../load/parse.ts";
import type { Lookup } from "./lookup.ts";
import { fieldPlace } from "./specs-index.ts";

/** `isReached` says whether a variable with a secret's name refers to a key of a ConfigurationGroup. */
export function validate(
  document: SpecDocument,
  index: Lookup,
  isReached: (key: string) => boolean,
): readonly Problem[] {
  return [
    ...checkOrganization(document, index),
    ...checkKind(document, index),
    ...report(document, checkUnused(document)),
    ...checkSecretVariables(document),
    ...checkSecretTexts(document),
    ...(isOf(document, ["ConfigurationGroup"]) ? checkSecretConfigurations(document, isReached) : []),
  ];
}

function checkKind(document: SpecDocument, index: Lookup): readonly Problem[] {
  if (isOf(document, claimKinds)) return report(document, checkClaim(document, index));
  if (isOf(document, classKinds)) return checkClass(document);
  if (isOf(document, ["APIClass"])) return report(document, checkApiClass(document, index));
  if (isOf(document, ["DataPlane"]))
    return report(document, [
      ...checkPlane(document, index),
      ...checkGateways(document, index),
      ...checkCertificates(document, index),
    ]);
  if (isOf(document, planeResourceKinds)) return report(document, checkPlane(document, index));
  if (isOf(document, ["Workload"]))
    return report(document, [...checkOwner(document, index), ...checkMappings(document, index)]);
  if (isOf(document, ["Build"])) return report(document, [...checkOwner(document, index), unsupportedBuild(document)]);
  if (isOf(document, ["Component"])) return report(document, checkComponent(document, index));
  if (isOf(document, ["Environment"])) return report(document, checkEnvironment(document, index));
  if (isOf(document, ["Project"])) return report(document, checkProject(document, index));
  if (isOf(document, ["ConfigurationGroup"])) return checkConfigurationGroup(document, index);
  if (isOf(document, ["SecretReference"])) return checkSecretReference(document);
  if (isOf(document, ["DeploymentPipeline"]))
    return [...report(document, checkPaths(document.resource, index)), ...checkTargets(document)];
  return [];
}

function checkMappings(document: SpecDocument<ResourceOf<"Workload">>, index: Lookup): readonly Finding[] {
  return Object.entries(document.resource.spec.connections).flatMap(([connection, { environments = {} }]) =>
    Object.keys(environments).flatMap((environment) =>
      checkEnvironmentKey(document, ["spec", "connections", connection, "environments", environment], index),
    ),
  );
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
  const { dataPlaneRefs } = document.resource.spec;
  const planes = dataPlanesOf(document.resource.spec).flatMap((name, position) =>
    checkReference(index, {
      kind: "DataPlane",
      parts: [organizationOf(document.resource), name],
      code: "unknown-plane",
      path: dataPlaneRefs === undefined ? ["spec", "dataPlaneRef"] : ["spec", "dataPlaneRefs", position],
    }),
  );
  const keys = document.resource.spec.gateway?.security?.remoteJwks === undefined ? [] : [unusedKeys];
  return [
    ...planes,
    ...checkClusters(document, index),
    ...checkEnvironmentHosts(document, index),
    ...checkEnvironmentNames(document, index),
    ...keys,
    ...checkEnvironmentAnnotations(document.resource.metadata),
  ];
}

/** Two agents in one cluster would render one environment into the same namespaces, and an object has one holder (invariant 9). */
function checkClusters(document: SpecDocument<ResourceOf<"Environment">>, index: Lookup): readonly Finding[] {
  const { metadata, spec } = document.resource;
  const planes = dataPlanesOf(spec).flatMap(
    (name) => index.find("DataPlane", organizationOf(document.resource), name) ?? [],
  );
  const byCluster = Map.groupBy(planes, ({ resource }) => resource.spec.kubernetesCluster?.name);
  return [...byCluster].flatMap(([cluster, [first, ...others]]): readonly Finding[] => {
    if (cluster === undefined || first === undefined || others.length === 0) return [];
    const names = others.map(({ resource }) => resource.metadata.name);
    return [
      {
        code: "namespace-conflict",
        severity: "warning",
        message: `DataPlanes ${[first.resource.metadata.name, ...names].join(" and ")} of Environment ${metadata.name} are one cluster, ${cluster}, where only the first to come holds what both render`,
        remedy: "keep one of them, or mend the cluster's name of a DataPlane",
        path: ["spec", "dataPlaneRefs"],
        related: planes
          .filter(({ resource }) => resource.spec.kubernetesCluster?.name === cluster)
          .map((plane) => ({
            place: fieldPlace(plane, "spec", "kubernetesCluster", "name"),
            message: `the cluster of DataPlane ${plane.resource.metadata.name} is named here`,
          })),
      },
    ];
  });
}

/** A warning: upstream does not use it either, and what is guarded is said by classes. */
const unusedKeys: Finding = {
  code: "unsupported-policy",
  severity: "warning",
  message: "no token is checked with the keys of an Environment",
  remedy: "say authentication in the APIClass of each API, and remove this",
  path: ["spec", "gateway", "security", "remoteJwks"],
};
