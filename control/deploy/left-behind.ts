/**
 * Bindings that auto-deploy made and whose Component is gone: they go too, and hold back nothing. Only when all is certain
 * (invariant 3): no document of the component is left but these, nothing spoiled could hold one, and the environment is one
 * that auto-deploy places components in. Until then such a Binding stays, and with it the Release; what is wrong has a
 * Problem of its own. One that a person made of it, for a later environment or under another name, is a person's Binding.
 */
import { rootEnvironments } from "../../schemas/deployment-pipeline.ts";
import { autoDeployMark } from "../../schemas/binding.ts";
import { organizationOf, type ResourceOf } from "../../schemas/kinds.ts";
import { bindingName } from "../../schemas/names.ts";
import { checkPaths, targetEnvironments } from "../validate/check-pipeline.ts";
import type { SpecDocument } from "../load/parse.ts";
import type { Lookup } from "../validate/lookup.ts";
import type { BindingDocument, Owned } from "../validate/specs-index.ts";
import { placeText } from "../problems/related.ts";
import type { BindingKey } from "./binding.ts";

export type LeftBehind = {
  readonly document: BindingDocument;
  readonly key: BindingKey;
  /** Why it stays for now; undefined when it goes. */
  readonly reason: string | undefined;
};

export function bindingKeyOf({ resource }: BindingDocument): BindingKey {
  const { owner, environment } = resource.spec;
  return {
    organization: organizationOf(resource),
    project: owner.projectName,
    component: owner.componentName,
    environment,
  };
}

/** Those of a component's Bindings. None while its Component is there. */
export function findLeftBehind({ workloads, builds, claims, bindings }: Owned, index: Lookup): readonly LeftBehind[] {
  const judged = bindings.flatMap((document) => {
    const verdict = judge(document, index);
    return verdict === undefined ? [] : [{ document, key: bindingKeyOf(document), ...verdict }];
  });
  const made = new Set(judged.map(({ document }) => document));
  const holder = [...claims, ...workloads, ...builds, ...bindings.filter((document) => !made.has(document))][0];
  return judged.map((one) => ({ ...one, reason: one.reason ?? whyHeld(one.key, holder, index) }));
}

/** Whether the Binding is none of a person's: its Component is not there, and auto-deploy made it. */
export function isLeftBehind(document: BindingDocument, index: Lookup): boolean {
  return judge(document, index) !== undefined;
}

type Verdict = Pick<LeftBehind, "reason">;

/** Of the Binding alone; undefined for one that is a person's or has its Component. */
function judge(document: BindingDocument, index: Lookup): Verdict | undefined {
  const { metadata } = document.resource;
  const key = bindingKeyOf(document);
  const { organization, project, component, environment } = key;
  if (metadata.annotations?.[autoDeployMark.key] !== autoDeployMark.value) return undefined;
  // A misspelt owner or environment no longer agrees with the name.
  if (metadata.name !== bindingName(component, environment)) return undefined;
  if (index.find("Component", organization, project, component) !== undefined) return undefined;
  const home = index.find("Project", organization, project);
  if (home === undefined) return judgeWithoutProject(key, index);
  const { deploymentPipelineRef } = home.resource.spec;
  const pipeline = index.find("DeploymentPipeline", organization, deploymentPipelineRef);
  if (pipeline === undefined || checkPaths(pipeline.resource, index).length > 0)
    return { reason: `DeploymentPipeline ${deploymentPipelineRef} cannot be followed, and its Component is not there` };
  return isRootOf(pipeline.resource, environment) ? { reason: undefined } : undefined;
}

/** The whole project may be gone. While the component stands in another one, its project may be the slip. */
function judgeWithoutProject({ organization, project, component, environment }: BindingKey, index: Lookup) {
  if (index.namesakes("Component", organization, component).length > 0) return undefined;
  const file = index.spoils.holderOf(organization, project);
  if (file !== undefined) return { reason: `${file} cannot be used and may hold its Project ${project}` };
  const pipelines = index
    .besides("DeploymentPipeline", organization, "")
    .flatMap(({ resource }) => (resource.kind === "DeploymentPipeline" ? [resource] : []));
  const isTarget = pipelines.some((pipeline) => targetEnvironments(pipeline).has(environment));
  if (isTarget || !pipelines.some((pipeline) => isRootOf(pipeline, environment))) return undefined;
  return { reason: undefined };
}

function isRootOf(pipeline: ResourceOf<"DeploymentPipeline">, environment: string): boolean {
  return pipeline.spec.autoDeploy && rootEnvironments(pipeline).includes(environment);
}

function whyHeld({ organization, component }: BindingKey, holder: SpecDocument | undefined, index: Lookup) {
  if (holder !== undefined)
    return `its Component is not there, and ${holder.resource.kind} ${holder.resource.metadata.name} in ${placeText(holder.place)} is`;
  const file = index.spoils.holderOf(organization, component);
  return file === undefined ? undefined : `${file} cannot be used and may hold its Component`;
}
