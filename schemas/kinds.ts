/** The one list of kinds that people write, with their schemas and what makes two documents the same thing. */
import type { z } from "zod";
import { APIClass } from "./api-class.ts";
import { BuildPlane } from "./build-plane.ts";
import { Build } from "./build.ts";
import { Component } from "./component.ts";
import { ConfigurationGroup } from "./configuration-group.ts";
import { DataPlane } from "./data-plane.ts";
import { DeploymentPipeline } from "./deployment-pipeline.ts";
import { Environment } from "./environment.ts";
import type { PlaneId } from "./layout.ts";
import { defaultOrganization } from "./metadata.ts";
import { ObservabilityPlane } from "./observability-plane.ts";
import { Organization } from "./organization.ts";
import { Project } from "./project.ts";
import { ScheduledTaskBinding } from "./scheduled-task-binding.ts";
import { ScheduledTaskClass } from "./scheduled-task-class.ts";
import { ScheduledTask } from "./scheduled-task.ts";
import { SecretReference } from "./secret-reference.ts";
import { ServiceBinding } from "./service-binding.ts";
import { ServiceClass } from "./service-class.ts";
import { Service } from "./service.ts";
import { WebApplicationBinding } from "./web-application-binding.ts";
import { WebApplicationClass } from "./web-application-class.ts";
import { WebApplication } from "./web-application.ts";
import { Workload } from "./workload.ts";

export const kinds = {
  Organization,
  DataPlane,
  BuildPlane,
  ObservabilityPlane,
  Environment,
  DeploymentPipeline,
  Project,
  ServiceClass,
  WebApplicationClass,
  ScheduledTaskClass,
  APIClass,
  ConfigurationGroup,
  SecretReference,
  Component,
  Workload,
  Service,
  WebApplication,
  ScheduledTask,
  Build,
  ServiceBinding,
  WebApplicationBinding,
  ScheduledTaskBinding,
} as const;

/** Each kind of claim with the kind of its class and of its Binding. */
export const claims = {
  Service: { classKind: "ServiceClass", bindingKind: "ServiceBinding" },
  WebApplication: { classKind: "WebApplicationClass", bindingKind: "WebApplicationBinding" },
  ScheduledTask: { classKind: "ScheduledTaskClass", bindingKind: "ScheduledTaskBinding" },
} as const;
export type ClaimKind = keyof typeof claims;
export type ClassKind = (typeof claims)[ClaimKind]["classKind"];
export type BindingKind = (typeof claims)[ClaimKind]["bindingKind"];

export const claimKinds: readonly ClaimKind[] = ["Service", "WebApplication", "ScheduledTask"];
export const bindingKinds: readonly BindingKind[] = claimKinds.map((kind) => claims[kind].bindingKind);
export const classKinds: readonly ClassKind[] = claimKinds.map((kind) => claims[kind].classKind);

/** The kind of claim that a Binding places. */
export function claimKindOf(kind: BindingKind): ClaimKind {
  switch (kind) {
    case "ServiceBinding":
      return "Service";
    case "WebApplicationBinding":
      return "WebApplication";
    case "ScheduledTaskBinding":
      return "ScheduledTask";
  }
}

/** Kinds that declare a plane, with the kind in its refs. */
const planeKindByResource = { DataPlane: "data", BuildPlane: "build", ObservabilityPlane: "observability" } as const;
export type PlaneResourceKind = keyof typeof planeKindByResource;
export type PlaneResource = ResourceOf<PlaneResourceKind>;
export const planeResourceKinds: readonly PlaneResourceKind[] = ["DataPlane", "BuildPlane", "ObservabilityPlane"];

export type KindName = keyof typeof kinds;
export type Resource = { [Kind in KindName]: z.infer<(typeof kinds)[Kind]> }[KindName];
export type ResourceOf<Kind extends KindName> = Extract<Resource, { kind: Kind }>;

export const kindNames = Object.keys(kinds) as readonly KindName[]; // the keys of the list

export function isKind(kind: string): kind is KindName {
  return Object.hasOwn(kinds, kind);
}

export function organizationOf(resource: Resource): string {
  if (resource.kind === "Organization") return resource.metadata.name;
  return resource.metadata.namespace ?? defaultOrganization;
}

export function planeOf(resource: PlaneResource): PlaneId {
  return {
    kind: planeKindByResource[resource.kind],
    organization: organizationOf(resource),
    name: resource.metadata.name,
  };
}

/** Parts that identify a resource, kind first: two resources with the same parts are the same thing. */
export function identityOf(resource: Resource): readonly string[] {
  const organization = organizationOf(resource);
  switch (resource.kind) {
    case "Organization":
      return [resource.kind, organization];
    case "DataPlane":
    case "BuildPlane":
    case "ObservabilityPlane":
    case "Environment":
    case "DeploymentPipeline":
    case "ServiceClass":
    case "WebApplicationClass":
    case "ScheduledTaskClass":
    case "APIClass":
    case "ConfigurationGroup":
    case "SecretReference":
    case "Project":
      return [resource.kind, organization, resource.metadata.name];
    case "Component":
      return [resource.kind, organization, resource.spec.owner.projectName, resource.metadata.name];
    case "Workload":
    case "Service":
    case "WebApplication":
    case "ScheduledTask":
    case "Build": {
      const { projectName, componentName } = resource.spec.owner;
      return [resource.kind, organization, projectName, componentName, resource.metadata.name];
    }
    case "ServiceBinding":
    case "WebApplicationBinding":
    case "ScheduledTaskBinding": {
      const { projectName, componentName } = resource.spec.owner;
      return ["Binding", organization, projectName, componentName, resource.spec.environment];
    }
  }
}
