/**
 * How an API server calls our kinds, as upstream does (OpenChoreo v0.3, `api/v1alpha1`), and what `kubectl get` shows of
 * them besides their names.
 */
import type { KindName } from "./kinds.ts";

export type PrinterColumn = {
  readonly name: string;
  readonly type: "string" | "integer" | "boolean";
  readonly jsonPath: string;
};

export type CrdNames = {
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly columns: readonly PrinterColumn[];
};

export function crdNames(kind: KindName): CrdNames {
  const singular = kind.toLowerCase();
  return { singular, plural: pluralOf(singular), shortNames: shortNames[kind] ?? [], columns: columns[kind] ?? [] };
}

function pluralOf(singular: string): string {
  return singular.endsWith("s") ? `${singular}es` : `${singular}s`;
}

/** Kinds by every name that a person may use: kind, singular, plural and short names, in lower case. */
export function kindsByName(kinds: readonly KindName[]): ReadonlyMap<string, KindName> {
  return new Map(
    kinds.flatMap((kind) => {
      const { singular, plural, shortNames } = crdNames(kind);
      return [singular, plural, ...shortNames].map((name) => [name, kind] as const);
    }),
  );
}

const shortNames: Partial<Record<KindName, readonly string[]>> = {
  Organization: ["org", "orgs"],
  Project: ["proj", "projs"],
  Component: ["comp", "comps"],
  DataPlane: ["dp", "dps"],
  Environment: ["env", "envs"],
  DeploymentPipeline: ["deppipe", "deppipes"],
  ConfigurationGroup: ["configgrp"],
};

const column = (name: string, path: string, type: PrinterColumn["type"] = "string"): PrinterColumn => ({
  name,
  type,
  jsonPath: `.spec.${path}`,
});

const owner = [column("Project", "owner.projectName"), column("Component", "owner.componentName")];
const claim = [...owner, column("Class", "className")];
const binding = [...owner, column("Environment", "environment"), column("State", "releaseState")];

const columns: Partial<Record<KindName, readonly PrinterColumn[]>> = {
  DataPlane: [column("Cluster", "kubernetesCluster.name")],
  BuildPlane: [column("Cluster", "kubernetesCluster.name")],
  ObservabilityPlane: [column("Observer", "observerURL")],
  Environment: [
    column("Data plane", "dataPlaneRef"),
    column("Data planes", "dataPlaneRefs"),
    column("Production", "isProduction", "boolean"),
  ],
  Project: [column("Pipeline", "deploymentPipelineRef")],
  Component: [column("Project", "owner.projectName"), column("Type", "type")],
  Workload: owner,
  Build: owner,
  Service: claim,
  WebApplication: claim,
  ScheduledTask: claim,
  ServiceBinding: binding,
  WebApplicationBinding: binding,
  ScheduledTaskBinding: binding,
};
