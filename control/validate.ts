/**
 * What can be said of the specs before anything is placed: identities, and the references from platform and application
 * documents to each other. Bindings are judged where they are resolved. Every Problem at once.
 */
import { organizationOf, type ResourceOf } from "../schemas/kinds.ts";
import { planeKey } from "../schemas/layout.ts";
import { dnsLabelLimit } from "../schemas/names.ts";
import type { Problem, ProblemCode } from "../schemas/problem.ts";
import type { SpecDocument } from "./parse.ts";
import { type Claim, fieldPlace, type SpecsIndex } from "./specs-index.ts";

type Finding = {
  readonly code: ProblemCode;
  readonly message: string;
  readonly remedy: string;
  readonly path: readonly (string | number)[];
};

export function validate(index: SpecsIndex): readonly Problem[] {
  return [
    ...index.all("DataPlane").flatMap((plane) => report(plane, checkPlane(plane, index))),
    ...index.all("Environment").flatMap((environment) => report(environment, checkEnvironment(environment, index))),
    ...index.all("DeploymentPipeline").flatMap((pipeline) => report(pipeline, checkPipeline(pipeline, index))),
    ...index.all("Project").flatMap((project) => report(project, checkProject(project, index))),
    ...index.all("Component").flatMap((component) => report(component, checkComponent(component, index))),
    ...index.all("Workload").flatMap((workload) => report(workload, checkOwner(workload, index))),
    ...index.all("Service").flatMap((claim) => report(claim, checkClaim(claim, index))),
    ...index.all("WebApplication").flatMap((claim) => report(claim, checkClaim(claim, index))),
    ...checkOneClaim(index),
  ];
}

function report(document: SpecDocument, findings: readonly Finding[]): readonly Problem[] {
  return findings.map(({ path, ...finding }) => ({
    ...finding,
    severity: "error",
    place: fieldPlace(document, ...path),
  }));
}

function checkOrganization(document: SpecDocument, index: SpecsIndex): readonly Finding[] {
  const organization = organizationOf(document.resource);
  if (index.find("Organization", organization) !== undefined) return [];
  const message = `there is no Organization ${organization}`;
  return [
    {
      code: "unknown-organization",
      message,
      remedy: "add it, or mend metadata.namespace",
      path: ["metadata", "namespace"],
    },
  ];
}

function checkPlane(document: SpecDocument<ResourceOf<"DataPlane">>, index: SpecsIndex): readonly Finding[] {
  const { spec, metadata } = document.resource;
  const key = planeKey({ kind: "data", organization: organizationOf(document.resource), name: metadata.name });
  const remedy =
    "remove it: the agent in the cluster pulls, so nobody needs credentials of the cluster, and Git keeps secrets forever";
  return [
    ...checkOrganization(document, index),
    ...(spec.kubernetesCluster?.credentials === undefined
      ? []
      : [
          {
            code: "inline-credentials" as const,
            message: "credentials of a cluster stand in Git",
            remedy,
            path: ["spec", "kubernetesCluster", "credentials"],
          },
        ]),
    ...(spec.observer?.authentication === undefined
      ? []
      : [
          {
            code: "inline-credentials" as const,
            message: "credentials of an observer stand in Git",
            remedy,
            path: ["spec", "observer", "authentication"],
          },
        ]),
    ...(key.length <= dnsLabelLimit
      ? []
      : [
          {
            code: "name-too-long" as const,
            message: `${key} is longer than ${dnsLabelLimit} characters, which a label holds`,
            remedy: "shorten the name",
            path: ["metadata", "name"],
          },
        ]),
  ];
}

function checkEnvironment(document: SpecDocument<ResourceOf<"Environment">>, index: SpecsIndex): readonly Finding[] {
  const { dataPlaneRef } = document.resource.spec;
  const known = index.find("DataPlane", organizationOf(document.resource), dataPlaneRef) !== undefined;
  const message = `there is no DataPlane ${dataPlaneRef}`;
  return [
    ...checkOrganization(document, index),
    ...(known
      ? []
      : [
          {
            code: "unknown-plane" as const,
            message,
            remedy: "add it, or mend the name",
            path: ["spec", "dataPlaneRef"],
          },
        ]),
  ];
}

function checkPipeline(
  document: SpecDocument<ResourceOf<"DeploymentPipeline">>,
  index: SpecsIndex,
): readonly Finding[] {
  const organization = organizationOf(document.resource);
  const paths = document.resource.spec.promotionPaths;
  const references = paths.flatMap((path, at) => [
    { name: path.sourceEnvironmentRef, path: ["spec", "promotionPaths", at, "sourceEnvironmentRef"] },
    ...path.targetEnvironmentRefs.map(({ name }, target) => ({
      name,
      path: ["spec", "promotionPaths", at, "targetEnvironmentRefs", target, "name"],
    })),
  ]);
  const unknown = references.filter(({ name }) => index.find("Environment", organization, name) === undefined);
  const next = new Map(
    paths.map((path) => [path.sourceEnvironmentRef, path.targetEnvironmentRefs.map(({ name }) => name)]),
  );
  const cycle = findCycle(next);
  return [
    ...checkOrganization(document, index),
    ...unknown.map(({ name, path }) => ({
      code: "unknown-environment" as const,
      message: `there is no Environment ${name}`,
      remedy: "add it, or mend the name",
      path,
    })),
    ...(cycle === undefined
      ? []
      : [
          {
            code: "pipeline-cycle" as const,
            message: `promotion goes round: ${cycle.join(" → ")}`,
            remedy: "remove one of these paths",
            path: ["spec", "promotionPaths"],
          },
        ]),
  ];
}

/** A cycle of the graph, first and last name equal, or undefined. */
function findCycle(next: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): readonly string[] | undefined => {
    const start = trail.indexOf(name);
    if (start >= 0) return [...trail.slice(start), name];
    if (done.has(name)) return undefined;
    for (const target of next.get(name) ?? []) {
      const cycle = visit(target, [...trail, name]);
      if (cycle !== undefined) return cycle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of next.keys()) {
    const cycle = visit(name, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function checkProject(document: SpecDocument<ResourceOf<"Project">>, index: SpecsIndex): readonly Finding[] {
  const { deploymentPipelineRef } = document.resource.spec;
  const known =
    index.find("DeploymentPipeline", organizationOf(document.resource), deploymentPipelineRef) !== undefined;
  const message = `there is no DeploymentPipeline ${deploymentPipelineRef}`;
  return [
    ...checkOrganization(document, index),
    ...(known
      ? []
      : [
          {
            code: "unknown-pipeline" as const,
            message,
            remedy: "add it, or mend the name",
            path: ["spec", "deploymentPipelineRef"],
          },
        ]),
  ];
}

function checkComponent(document: SpecDocument<ResourceOf<"Component">>, index: SpecsIndex): readonly Finding[] {
  const { projectName } = document.resource.spec.owner;
  const known = index.find("Project", organizationOf(document.resource), projectName) !== undefined;
  const message = `there is no Project ${projectName}`;
  const startsWell = /^[a-z]/.test(document.resource.metadata.name);
  return [
    ...(known
      ? []
      : [
          {
            code: "unknown-project" as const,
            message,
            remedy: "add it, or mend the name",
            path: ["spec", "owner", "projectName"],
          },
        ]),
    ...(startsWell
      ? []
      : [
          {
            code: "invalid-name" as const,
            message: "a component's name starts with a letter, because its Service is named so (RFC 1035)",
            remedy: "rename it",
            path: ["metadata", "name"],
          },
        ]),
  ];
}

function checkOwner(
  document: SpecDocument<ResourceOf<"Workload" | "Service" | "WebApplication">>,
  index: SpecsIndex,
): readonly Finding[] {
  const { projectName, componentName } = document.resource.spec.owner;
  if (index.find("Component", organizationOf(document.resource), projectName, componentName) !== undefined) return [];
  const message = `there is no Component ${componentName} in project ${projectName}`;
  return [
    {
      code: "unknown-component",
      message,
      remedy: "add it, mend the owner, or remove this document too",
      path: ["spec", "owner", "componentName"],
    },
  ];
}

function checkClaim(document: Claim, index: SpecsIndex): readonly Finding[] {
  const { resource } = document;
  const organization = organizationOf(resource);
  const { projectName, componentName } = resource.spec.owner;
  const component = index.find("Component", organization, projectName, componentName);
  const workload = index.find("Workload", organization, projectName, componentName, resource.spec.workloadName);
  const classKind = resource.kind === "Service" ? "ServiceClass" : "WebApplicationClass";
  const known = index.find(classKind, organization, resource.spec.className) !== undefined;
  return [
    ...checkOwner(document, index),
    ...(component === undefined || component.resource.spec.type === resource.kind
      ? []
      : [
          {
            code: "misplaced-claim" as const,
            message: `component ${componentName} is a ${component.resource.spec.type}, not a ${resource.kind}`,
            remedy: "change one of the two",
            path: ["kind"],
          },
        ]),
    ...(workload === undefined
      ? [
          {
            code: "unknown-workload" as const,
            message: `component ${componentName} has no Workload ${resource.spec.workloadName}`,
            remedy: "add it, or mend the name",
            path: ["spec", "workloadName"],
          },
        ]
      : []),
    ...(known
      ? []
      : [
          {
            code: "unknown-class" as const,
            message: `there is no ${classKind} ${resource.spec.className}`,
            remedy: "add it, or mend the name",
            path: ["spec", "className"],
          },
        ]),
  ];
}

/** One claim per component: with two, which one runs would depend on the order of files. */
function checkOneClaim(index: SpecsIndex): readonly Problem[] {
  const claims: readonly Claim[] = [...index.all("Service"), ...index.all("WebApplication")];
  const groups = Map.groupBy(claims, ({ resource }) => {
    const { projectName, componentName } = resource.spec.owner;
    return [organizationOf(resource), projectName, componentName].join("/");
  });
  return [...groups.values()].flatMap((group) =>
    group.length < 2
      ? []
      : group.flatMap((claim) => {
          const others = group.filter((other) => other !== claim).map(({ place }) => `${place.file}:${place.line}`);
          const message = `component ${claim.resource.spec.owner.componentName} has another claim in ${others.join(", ")}`;
          return report(claim, [
            { code: "ambiguous-claim", message, remedy: "keep one of them", path: ["metadata", "name"] },
          ]);
        }),
  );
}
