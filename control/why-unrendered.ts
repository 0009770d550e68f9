/** The Problem that keeps a Release as it is, named by code and place, so that whoever reads a status knows where to go. */
import { connectionIn } from "../schemas/connection.ts";
import { bindingKinds, claims, type KindName } from "../schemas/kinds.ts";
import type { Problem } from "../schemas/problem.ts";
import type { Binding } from "./deploy/binding.ts";
import type { Undecided, UndecidedReleases } from "./deploy/undecided.ts";
import type { SpecDocument } from "./load/parse.ts";
import { placeText } from "./problems/related.ts";
import { settingsOf } from "./resolve/settings.ts";
import { callerRefs } from "./validate/check-api-class.ts";
import type { SpecsIndex } from "./validate/specs-index.ts";

export type Evidence = {
  /** In file order. */
  readonly all: readonly Problem[];
  readonly index: SpecsIndex;
  readonly undecided: UndecidedReleases;
};

/** A Binding of which nothing is rendered on a DataPlane, though it is wanted. */
export type FailedBinding = {
  readonly binding: Binding;
  /** The DataPlane's name; undefined where none is known. */
  readonly plane: string | undefined;
  /** Those that were found of the Binding itself. */
  readonly problems: readonly Problem[];
};

export function whyUnrendered(failed: FailedBinding, evidence: Evidence): string {
  const { binding, problems } = failed;
  const cause =
    problems.find(isError) ??
    lostOrganization(binding, evidence) ??
    spoiledInput(failed, evidence) ??
    brokenInput(failed, evidence);
  if (cause !== undefined) return `it cannot be rendered: ${causeText(cause)}`;
  return blockedTarget(binding, evidence) ?? "it cannot be rendered: what it needs has a Problem of its own";
}

/** The first error of each file. */
export function firstErrors(problems: readonly Problem[]): ReadonlyMap<string, Problem> {
  const first = new Map<string, Problem>();
  for (const problem of problems)
    if (isError(problem) && !first.has(problem.place.file)) first.set(problem.place.file, problem);
  return first;
}

/** A reason that blames a file, with the first Problem of that file where it has one. */
export function nameCause(undecided: Undecided, cause: Problem | undefined): Undecided {
  return cause === undefined ? undecided : { ...undecided, reason: `${undecided.reason}: ${causeText(cause)}` };
}

function isError({ severity }: Problem): boolean {
  return severity === "error";
}

/** A Problem as a reason names it. */
export function causeText({ code, place }: Problem): string {
  return `${code} in ${placeText(place)}`;
}

type Input = readonly [kind: KindName, name: string];

function inputsOf(failed: FailedBinding, index: SpecsIndex): readonly Input[] {
  const { binding } = failed;
  return [
    ["Component", binding.component],
    [claims[binding.claimKind].classKind, binding.className],
    ["Project", binding.project],
    ["Environment", binding.environment],
    ...valueSources(failed, index),
  ];
}

/** What variables and files refer to, what callers are checked with, and what pods pull images with. */
function valueSources({ binding, plane = "" }: FailedBinding, index: SpecsIndex): readonly Input[] {
  const referred = settingsOf(binding).flatMap(({ setting }): readonly Input[] => {
    const { configurationGroupRef: group, secretRef: secret } = setting.valueFrom ?? {};
    if (group !== undefined) return [["ConfigurationGroup", group.name]];
    return secret === undefined ? [] : [["SecretReference", secret.name]];
  });
  const { imagePullSecretRefs = [] } = index.find("DataPlane", binding.organization, plane)?.resource.spec ?? {};
  const groups = Object.values(binding.workload.containers).flatMap(({ envFrom = [] }) =>
    envFrom.map(({ configurationGroupRef }): Input => ["ConfigurationGroup", configurationGroupRef.name]),
  );
  return [
    ...referred,
    ...groups,
    ...callerSources(binding, index),
    ...imagePullSecretRefs.map((name): Input => ["SecretReference", name]),
  ];
}

/** The classes of its APIs, and the SecretReferences that those name. */
function callerSources({ apis, organization }: Binding, index: SpecsIndex): readonly Input[] {
  const names = new Set(Object.values(apis).map(({ className }) => className));
  return [...names].flatMap((name): readonly Input[] => {
    const apiClass = index.find("APIClass", organization, name);
    const refs = apiClass === undefined ? [] : callerRefs(apiClass);
    return [["APIClass", name], ...refs.map((ref): Input => ["SecretReference", ref.name])];
  });
}

function lostOrganization({ organization, place }: Binding, { all, index }: Evidence): Problem | undefined {
  if (index.find("Organization", organization) !== undefined) return undefined;
  return all.find((problem) => problem.code === "unknown-organization" && problem.place.file === place.file);
}

/** An input that could not be read: the first Problem of its file. */
function spoiledInput(failed: FailedBinding, { all, index }: Evidence): Problem | undefined {
  const { binding, plane } = failed;
  const files = inputsOf(failed, index).map(([kind, name]) =>
    index.spoils.fileNaming(binding.organization, kind, name),
  );
  if (plane !== undefined) files.push(index.spoils.fileNaming(binding.organization, "DataPlane", plane));
  const file = files.find((one) => one !== undefined);
  return file === undefined ? undefined : all.find((problem) => isError(problem) && problem.place.file === file);
}

/** An input that reads well and has a Problem: the first that stands within its document. */
function brokenInput(failed: FailedBinding, { all, index }: Evidence): Problem | undefined {
  const { binding, plane } = failed;
  const { organization, project, component, environment } = binding;
  const documents = [
    index.find("Component", organization, project, component),
    index.find("Project", organization, project),
    index.find("Environment", organization, environment),
    plane === undefined ? undefined : index.find("DataPlane", organization, plane),
    ...valueSources(failed, index).map(([kind, name]) => index.find(kind, organization, name)),
  ];
  return documents
    .map((document) => document && all.find((problem) => isError(problem) && standsIn(problem, document)))
    .find((problem) => problem !== undefined);
}

function standsIn({ place }: Problem, document: SpecDocument): boolean {
  const { file, line } = document.place;
  return place.file === file && place.line >= line && place.line < line + document.text.split("\n").length;
}

function blockedTarget(binding: Binding, { index, undecided }: Evidence): string | undefined {
  for (const connection of Object.values(binding.workload.connections)) {
    const target = connectionIn(connection, binding.environment);
    if (target.type !== "api") continue;
    const { projectName: project = binding.project, componentName: component } = target;
    const reason = undecided.reasonFor({ ...binding, project, component });
    const file = ["Component", ...bindingKinds]
      .map((kind) => index.spoils.fileNaming(binding.organization, kind, component))
      .find((one) => one !== undefined);
    if (reason !== undefined) return `it connects to ${component}, and ${reason}`;
    if (file !== undefined) return `it connects to ${component}, which ${file} may hold and cannot be used`;
  }
  return undefined;
}
