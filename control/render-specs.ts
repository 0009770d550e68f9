/**
 * The pure middle of the control pipeline, from parsed specs to Releases: validate, deploy, resolve, render. The reconciler,
 * `gitplane validate` and `gitplane render` all call this one function, so what is refused offline is what is refused online.
 */
import { planeOf, planeResourceKinds } from "../schemas/kinds.ts";
import { parseStatePath, type PlaneId, planeKey } from "../schemas/layout.ts";
import { compareText } from "../schemas/compare.ts";
import { dnsLabelLimit } from "../schemas/names.ts";
import { type Problem, shortenSentences, sortProblems } from "../schemas/problem.ts";
import type { Binding, BindingKey } from "./deploy/binding.ts";
import { danglingDocuments } from "./validate/check-application.ts";
import { deploy } from "./deploy/deploy.ts";
import type { Specs } from "./load/load.ts";
import { type Claimed, claimedKey } from "./render/render-routes.ts";
import { cellPath, render, renderCell, type RenderedRelease, type Rendering } from "./render/render.ts";
import { checkEnvironment, indexBindings, indexFrozen, resolve, type Surroundings } from "./resolve/resolve.ts";
import { Recall } from "./recall.ts";
import { SpecsIndex } from "./validate/specs-index.ts";
import { relatedOthers } from "./problems/related.ts";
import { spoiledDocument, Spoils } from "./load/spoils.ts";
import { namedPlaces, UndecidedReleases } from "./deploy/undecided.ts";
import { nameCauses, whyUnrendered } from "./why-unrendered.ts";
import { validate } from "./validate/validate.ts";

export type Rendered = {
  /** Releases of Bindings and Cells, in order of plane and path. */
  readonly releases: readonly RenderedRelease[];
  /** Planes that the specs declare, with or without Releases. */
  readonly planes: readonly PlaneId[];
  readonly problems: readonly Problem[];
  /** Bindings of which nothing is rendered, and why. */
  readonly unrendered: readonly (BindingKey & { readonly reason: string })[];
  /** Releases that must stay as they are. */
  readonly undecided: UndecidedReleases;
  /** What may have held an input of a Release that is not rendered. */
  readonly spoils: Spoils;
  /** What people said about lost history. */
  readonly recoveries: Specs["recoveries"];
  readonly stop: string | undefined;
};

/** What an earlier round made is taken from `recall` where it still holds, and is the same without it. */
export function renderSpecs(specs: Specs, recall = new Recall()): Rendered {
  const index = new SpecsIndex(specs.documents, specs.spoiled);
  const { bindings, undecided } = deploy(index, recall);
  const surroundings: Surroundings = {
    index,
    bindings: indexBindings(bindings),
    undecided: new UndecidedReleases(undecided),
    frozen: indexFrozen(specs.frozen),
  };
  const wanted = bindings.filter(({ releaseState }) => releaseState !== "Undeploy");
  const renderings = refuseClashes(
    wanted.map((binding) => ({
      binding,
      ...recall.rendered(binding, surroundings, (asked) => renderBinding(binding, asked)),
    })),
  );
  const releases = renderings.flatMap(({ rendered }) => (rendered === undefined ? [] : [rendered]));
  const problems = dedupe(
    sortProblems([
      ...specs.problems,
      ...index.problems,
      ...validate(index, recall),
      ...renderings.flatMap(({ problems: own }) => own),
      // Nothing of these is rendered, but a misspelt environment would undeploy nothing and say nothing.
      ...bindings.flatMap((binding) => (binding.releaseState === "Undeploy" ? checkEnvironment(binding, index) : [])),
    ]),
  );
  const named = nameCauses(undecided, problems);
  const evidence = { all: problems, index, undecided: new UndecidedReleases(named) };
  const failed = renderings
    .filter(({ rendered }) => rendered === undefined)
    .map(({ binding, problems: own }) => ({
      ...binding,
      environments: { only: new Set([binding.environment]) },
      reason: whyUnrendered(binding, own, evidence),
    }));
  const undecidedNow = [...named, ...failed];
  const dangling = danglingDocuments(index).map(spoiledDocument);
  return {
    releases: [...cellsOf(releases), ...releases],
    planes: planesOf(index),
    problems,
    unrendered: undecidedNow.flatMap(namedPlaces),
    undecided: new UndecidedReleases(undecidedNow),
    spoils: new Spoils([...index.spoiled, ...dangling]),
    recoveries: specs.recoveries,
    stop: specs.stop,
  };
}

/** One whose key is no label value cannot have objects; it has a Problem. */
function planesOf(index: SpecsIndex): readonly PlaneId[] {
  return index
    .allOf(planeResourceKinds)
    .map(({ resource }) => planeOf(resource))
    .filter((plane) => planeKey(plane).length <= dnsLabelLimit)
    .toSorted((a, b) => compareText(planeKey(a), planeKey(b)));
}

function renderBinding(binding: Binding, surroundings: Surroundings): Rendering {
  const { resolved, problems } = resolve(binding, surroundings);
  if (resolved === undefined) return { rendered: undefined, problems };
  const rendering = render(resolved);
  return { rendered: rendering.rendered, problems: [...problems, ...rendering.problems] };
}

type BindingRendering = Rendering & { readonly binding: Binding };

type ClaimedRoute = { readonly rendering: BindingRendering; readonly route: Claimed };

/**
 * Two Releases of an organization that answer one host and path: neither is written anew, so the one that is deployed keeps
 * it. Two organizations never share a plane, and what one writes must not hold up the other: both are told, and if their
 * gateways are one after all, the older route keeps the host (Gateway API, "Conflicts").
 */
function refuseClashes(renderings: readonly BindingRendering[]): readonly BindingRendering[] {
  const claims = renderings.flatMap((rendering) =>
    (rendering.rendered?.claimed ?? []).map((route): ClaimedRoute => ({ rendering, route })),
  );
  const clashing = [...Map.groupBy(claims, ({ route }) => claimedKey(route)).values()].filter(
    (group) => group.length > 1,
  );
  const problems = new Map<BindingRendering, Problem[]>();
  for (const group of clashing) {
    const bindings = [...new Set(group.map(({ rendering }) => rendering.binding))];
    const sizes = Map.groupBy(group, ({ rendering }) => rendering.binding.organization);
    for (const claim of group) {
      const { rendering } = claim;
      const isOwn = (sizes.get(rendering.binding.organization)?.length ?? 0) > 1;
      const problem: Problem = { ...clashProblem(claim, bindings), severity: isOwn ? "error" : "warning" };
      problems.set(rendering, [...(problems.get(rendering) ?? []), problem]);
    }
  }
  return renderings.map((rendering) => {
    const found = problems.get(rendering) ?? [];
    const isRefused = found.some(({ severity }) => severity === "error");
    return {
      binding: rendering.binding,
      rendered: isRefused ? undefined : rendering.rendered,
      problems: [...rendering.problems, ...found],
    };
  });
}

function clashProblem({ route, rendering: { binding } }: ClaimedRoute, bindings: readonly Binding[]): Problem {
  const other = bindings.find((one) => one !== binding) ?? binding;
  const nameOf = ({ component, project, environment }: Binding): string =>
    `${component} of ${project} in ${environment}`;
  const also = bindings.length > 2 ? `${bindings.length - 1} others` : nameOf(other);
  return {
    code: "host-conflict",
    severity: "error",
    message: `${route.host}${route.path}, where ${binding.component} would answer in ${binding.environment}, is also answered by ${also}`,
    place: binding.place,
    remedy: "rename one of them, change its base path, or give each environment a dnsPrefix of its own",
    ...relatedOthers(binding, bindings, (one) => ({ place: one.place, message: `${nameOf(one)} answers it too` })),
  };
}

/** One Cell for each project and environment that has a Release on a plane. */
function cellsOf(releases: readonly RenderedRelease[]): readonly RenderedRelease[] {
  const cells = new Map<string, RenderedRelease>();
  for (const { plane, path } of releases) {
    const parsed = parseStatePath(path);
    if (parsed?.kind !== "release") continue;
    const key = `${planeKey(plane)} ${cellPath(parsed)}`;
    if (!cells.has(key))
      cells.set(key, renderCell({ plane, project: parsed.project, environment: parsed.environment }));
  }
  return [...cells.values()];
}

/** The same mistake seen from two environments is one mistake. */
function dedupe(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.map(shortenSentences).filter((problem) => {
    const { place, code, message } = problem;
    const key = JSON.stringify([place.file, place.line, place.column, code, message]);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}
