/** The one list of kinds that people write, with their schemas and what makes two documents the same thing. */
import type { z } from "zod";
import { Component } from "./component.ts";
import { DataPlane } from "./data-plane.ts";
import { DeploymentPipeline } from "./deployment-pipeline.ts";
import { Environment } from "./environment.ts";
import { defaultOrganization } from "./metadata.ts";
import { Organization } from "./organization.ts";
import { Project } from "./project.ts";
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
  Environment,
  DeploymentPipeline,
  Project,
  ServiceClass,
  WebApplicationClass,
  Component,
  Workload,
  Service,
  WebApplication,
  ServiceBinding,
  WebApplicationBinding,
} as const;

export type KindName = keyof typeof kinds;
export type Resource = { [Kind in KindName]: z.infer<(typeof kinds)[Kind]> }[KindName];
export type ResourceOf<Kind extends KindName> = Extract<Resource, { kind: Kind }>;

export function isKind(kind: string): kind is KindName {
  return Object.hasOwn(kinds, kind);
}

/** Kinds of the v0.3 vocabulary that this version does not render yet: named apart from a misspelt or foreign kind. */
export const laterKinds: ReadonlySet<string> = new Set([
  "APIClass",
  "Build",
  "BuildPlane",
  "ConfigurationGroup",
  "ObservabilityPlane",
  "ScheduledTask",
  "ScheduledTaskBinding",
  "ScheduledTaskClass",
  "SecretReference",
]);

export function organizationOf(resource: Resource): string {
  if (resource.kind === "Organization") return resource.metadata.name;
  return resource.metadata.namespace ?? defaultOrganization;
}

/** Parts that identify a resource, kind first: two resources with the same parts are the same thing. */
export function identityOf(resource: Resource): readonly string[] {
  const organization = organizationOf(resource);
  switch (resource.kind) {
    case "Organization":
      return [resource.kind, organization];
    case "DataPlane":
    case "Environment":
    case "DeploymentPipeline":
    case "ServiceClass":
    case "WebApplicationClass":
    case "Project":
      return [resource.kind, organization, resource.metadata.name];
    case "Component":
      return [resource.kind, organization, resource.spec.owner.projectName, resource.metadata.name];
    case "Workload":
    case "Service":
    case "WebApplication": {
      const { projectName, componentName } = resource.spec.owner;
      return [resource.kind, organization, projectName, componentName, resource.metadata.name];
    }
    case "ServiceBinding":
    case "WebApplicationBinding": {
      const { projectName, componentName } = resource.spec.owner;
      return ["Binding", organization, projectName, componentName, resource.spec.environment];
    }
  }
}
