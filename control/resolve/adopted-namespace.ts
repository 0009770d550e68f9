/** The namespace that a Project adopts for its Cell in an Environment. */
import type { ResourceOf } from "../../schemas/kinds.ts";
import type { SpecDocument } from "../load/parse.ts";

export type ProjectDocument = SpecDocument<ResourceOf<"Project">>;

/** Undefined where the Cell has one of its own. */
export function adoptedNamespace({ resource }: ProjectDocument, environment: string): string | undefined {
  const { environments = {} } = resource.spec;
  return Object.hasOwn(environments, environment) ? environments[environment]?.namespace : undefined;
}

/** Names of the Environments for whose Cells a Project adopts the namespace. */
export function environmentsAdopting(project: ProjectDocument, namespace: string): readonly string[] {
  const { environments = {} } = project.resource.spec;
  return Object.keys(environments).filter((environment) => adoptedNamespace(project, environment) === namespace);
}
