/** Labels and annotations of rendered objects: how an object tells whose it is, and how the agent tells that it is ours. */
import { hashParts } from "./names.ts";
import { type PlaneId, planeKey } from "./layout.ts";

export const labelKeys = {
  organization: "openchoreo.dev/organization",
  project: "openchoreo.dev/project",
  component: "openchoreo.dev/component",
  environment: "openchoreo.dev/environment",
  plane: "gitplane.dev/plane",
  releaseId: "gitplane.dev/release-id",
  managedBy: "app.kubernetes.io/managed-by",
  /** On namespaces: the plane whose gateways take routes from them. */
  gateways: "gitplane.dev/gateways",
} as const;

export const managedByValue = "gitplane";
export const releaseAnnotation = "gitplane.dev/release";
/** On pods: a hash of what they read beside their own manifest. */
export const configHashAnnotation = "gitplane.dev/config-hash";

export type ReleaseOwner = {
  readonly organization: string;
  readonly project?: string;
  readonly component?: string;
  readonly environment?: string;
};

/** `gitplane.dev/release-id` of the Release at this path of its plane's branch. */
export function releaseId(path: string): string {
  return hashParts([path], 10);
}

/** The labels of the owner, as far as they apply. */
export function ownerLabels(owner: ReleaseOwner): Readonly<Record<string, string>> {
  return {
    [labelKeys.organization]: owner.organization,
    ...(owner.project === undefined ? {} : { [labelKeys.project]: owner.project }),
    ...(owner.component === undefined ? {} : { [labelKeys.component]: owner.component }),
    ...(owner.environment === undefined ? {} : { [labelKeys.environment]: owner.environment }),
  };
}

/** By which the gateways of a plane know the namespaces of an organization that uses them; one alone is not enough. */
export function gatewayLabels(organization: string, gateways: PlaneId): Readonly<Record<string, string>> {
  return { [labelKeys.organization]: organization, [labelKeys.gateways]: planeKey(gateways) };
}

/** What every object of a Release carries. */
export function objectLabels(
  owner: ReleaseOwner,
  at: { plane: PlaneId; path: string },
): Readonly<Record<string, string>> {
  return {
    ...ownerLabels(owner),
    [labelKeys.plane]: planeKey(at.plane),
    [labelKeys.releaseId]: releaseId(at.path),
    [labelKeys.managedBy]: managedByValue,
  };
}

/** Upstream's four, which workloads select their pods by and logs are found by. Immutable: selectors cannot change. */
export function podLabels(owner: Required<ReleaseOwner>): Readonly<Record<string, string>> {
  return {
    "organization-name": owner.organization,
    "project-name": owner.project,
    "environment-name": owner.environment,
    "component-name": owner.component,
  };
}

/** Those of the four that all pods of a cell have. */
export function cellPodLabels(cell: Required<Omit<ReleaseOwner, "component">>): Readonly<Record<string, string>> {
  const { "component-name": _, ...labels } = podLabels({ ...cell, component: "" });
  return labels;
}
