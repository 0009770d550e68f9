/** The namespace that a Project adopts for its Cell in an Environment. */
import type { ResourceOf } from "../../schemas/kinds.ts";
import type { SpecDocument } from "../load/parse.ts";

export type ProjectDocument = SpecDocument<ResourceOf<"Project">>;

/** Undefined where the Cell has one of its own. */
export function adoptedNamespace({ resource }: ProjectDocument, environment: string): string | undefined {
  const { environments = {} } = resource.spec;
  return Object.hasOwn(environments, environment) ? environments[environment]?.namespace : undefined;
}
