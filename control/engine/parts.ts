/** What the engine makes of the specs, one kind of thing a function: each asks its questions and answers with Problems of its own. */
import { organizationOf } from "../../schemas/kinds.ts";
import type { Problem } from "../../schemas/problem.ts";
import { type Binding, bindingPath } from "../deploy/binding.ts";
import type { BindingMemory } from "../deploy/binding-memory.ts";
import { deploy, type Deployed, type Pipeline, type PipelineDocument, readPipeline } from "../deploy/deploy.ts";
import { UndecidedReleases } from "../deploy/undecided.ts";
import type { SpecDocument } from "../load/parse.ts";
import type { PlaceRules } from "../load/places.ts";
import type { Spoils } from "../load/spoils.ts";
import { type Outdated, outdated } from "../machine-commit/outdated.ts";
import type { ReleasePrints } from "../render/release-print.ts";
import { placeRelease, render, type RenderedRelease } from "../render/render.ts";
import type { Target } from "../resolve/connection-target.ts";
import { planesByRegions } from "../resolve/check-cell.ts";
import { checkEnvironment, resolve, type Surroundings } from "../resolve/resolve.ts";
import { checkOneClaim, checkUnplaced, danglingDocuments } from "../validate/check-application.ts";
import { ownedQuestion, type SpecsIndex } from "../validate/specs-index.ts";
import { Asking } from "./asking.ts";
import type { Layer } from "./layer.ts";
import type { Question } from "./ledger.ts";
import { PlacedRelease } from "./placed-release.ts";
import type { ReleaseMemory } from "./release-memory.ts";
import type { StandingReleases } from "./standing-releases.ts";

export const pipelineQuestion = ({ resource }: PipelineDocument): Question =>
  `pipeline/${organizationOf(resource)}/${resource.metadata.name}`;
export const bindingQuestion = (path: string): Question => `binding/${path}`;
export const targetQuestion = (path: string): Question => `target/${path}`;
export const undecidedQuestion = (component: string): Question => `undecided/${component}`;
export const componentQuestion = (component: string): Question => `component/${component}`;
export const placedQuestion = (binding: Binding): Question => `placed/${bindingPath(binding)}`;
/** What cannot be used, dangling documents included. */
export const heldQuestion: Question = "held";
export const rulesQuestion: Question = "rules";
export const frozenQuestion = (key: string): Question => `frozen/${key}`;
export const reachedQuestion = (key: string): Question => `reached/${key}`;

export type Component = Deployed & {
  readonly problems: readonly Problem[];
  /** Documents whose owner or environment is not there. */
  readonly dangling: readonly SpecDocument[];
};

export type ComponentInputs = {
  readonly index: SpecsIndex;
  readonly pipelines: Layer<PipelineDocument, Pipeline>;
  readonly memory: BindingMemory;
};

export function makeComponent(
  component: string,
  asking: Asking,
  { index, pipelines, memory }: ComponentInputs,
): Component {
  const owned = asking.ask(ownedQuestion(component), index.ownedBy(component));
  const pipelineOf = (document: PipelineDocument): Pipeline =>
    asking.ask(pipelineQuestion(document), pipelines.get(document)) ?? readPipeline(document, asking);
  return {
    ...deploy(owned, { index: asking, pipelineOf, memory }),
    problems: [...checkUnplaced(owned, asking), ...checkOneClaim(owned.claims)],
    dangling: danglingDocuments(owned, asking),
  };
}

/** What a Binding comes to; nothing is wanted of one that says Undeploy. */
export type Placed = {
  readonly isWanted: boolean;
  /** For each DataPlane that it is to be on, in the Environment's order. */
  readonly on: readonly PlacedOn[];
};

export type PlacedOn = {
  /** The DataPlane's name; undefined where none is known. */
  readonly plane: string | undefined;
  readonly release: PlacedRelease | undefined;
  readonly problems: readonly Problem[];
};

/** What the Release of a Binding on a DataPlane is remembered by. */
function rememberedKey({ binding, plane = "" }: BindingOn): string {
  return `${bindingPath(binding)}/${plane}`;
}

/** The same of all Releases of a Binding. */
export function rememberedKeys(binding: Binding, placed: Placed | undefined): readonly string[] {
  return (placed?.on ?? []).map(({ plane }) => rememberedKey({ binding, plane }));
}

export type PlacedInputs = {
  readonly index: SpecsIndex;
  readonly components: Layer<string, Component>;
  readonly bindings: ReadonlyMap<string, Binding>;
  readonly targets: ReadonlyMap<string, Target>;
  readonly frozen: Surroundings["frozen"];
  readonly prints: ReleasePrints;
  readonly memory: ReleaseMemory;
};

export function placeBinding(binding: Binding, asking: Asking, inputs: PlacedInputs): Placed {
  if (binding.releaseState === "Undeploy") {
    // A misspelt environment would undeploy nothing and say nothing.
    const problems = checkEnvironment(binding, asking);
    return { isWanted: false, on: [{ plane: undefined, release: undefined, problems }] };
  }
  const { within } = planesByRegions(binding, asking);
  const planes = within.length === 0 ? [undefined] : within;
  return { isWanted: true, on: planes.map((plane) => placeOn({ binding, plane }, asking, inputs)) };
}

type BindingOn = { readonly binding: Binding; readonly plane: string | undefined };

/** Resolving tells everything but the Release's own text, and that is rendered only if nobody knows its blob. */
function placeOn({ binding, plane }: BindingOn, asking: Asking, inputs: PlacedInputs): PlacedOn {
  const { resolved, problems } = resolve(binding, plane, surroundingsOf(inputs, asking));
  if (resolved === undefined) return { plane, release: undefined, problems };
  const key = rememberedKey({ binding, plane });
  // Holds nothing of the asking: there are as many of these as there are Releases.
  const again = (): RenderedRelease => {
    const made = renderBinding({ binding, plane }, surroundingsOf(inputs, new Asking(inputs.index)));
    if (made === undefined) throw new Error(`the Release of ${key} is asked for after its end`);
    return made;
  };
  const print = inputs.prints.of(resolved);
  const blob = inputs.memory.recall(key, print);
  if (blob !== undefined)
    return { plane, release: new PlacedRelease(placeRelease(resolved), again, { blob }), problems };
  const { rendered, problems: found } = render(resolved);
  const release = rendered && new PlacedRelease(rendered, again, { text: rendered.text() });
  if (release !== undefined && found.length === 0) inputs.memory.remember(key, { print, blob: release.blob });
  return { plane, release, problems: [...problems, ...found] };
}

export type EditInputs = PlacedInputs & {
  readonly places: Layer<Binding, Placed>;
  /** Releases that nothing clashes with. */
  readonly standing: Pick<StandingReleases, "isWhole">;
  /** Of everything that cannot be used, dangling documents included. */
  readonly spoils: () => Spoils;
  readonly rules: () => PlaceRules | undefined;
};

/** What auto-deploy has to write for a component. What does not run on every plane is not frozen. */
export function editComponent(component: string, asking: Asking, inputs: EditInputs): Outdated {
  const { index, components, places, standing, frozen, spoils, rules } = inputs;
  const made = asking.ask(componentQuestion(component), components.get(component));
  const sound = made?.bindings.filter((binding) => {
    const isWanted = asking.ask(placedQuestion(binding), places.get(binding))?.isWanted;
    return isWanted === false || standing.isWhole(binding);
  });
  const written = asking.ask(ownedQuestion(component), index.ownedBy(component)).bindings;
  return outdated(
    { deployed: sound ?? [], written, gone: made?.gone ?? [] },
    {
      index: asking,
      frozen: { get: (key) => asking.ask(frozenQuestion(key), frozen.get(key)) },
      spoils: { holderOf: (...question) => asking.ask(heldQuestion, spoils().holderOf(...question)) },
      rules: asking.ask(rulesQuestion, rules()),
    },
  );
}

function renderBinding({ binding, plane }: BindingOn, surroundings: Surroundings): RenderedRelease | undefined {
  const { resolved } = resolve(binding, plane, surroundings);
  return resolved && render(resolved).rendered;
}

function surroundingsOf({ components, bindings, targets, frozen }: PlacedInputs, asking: Asking): Surroundings {
  const undecided = new UndecidedReleases((component) =>
    asking.ask(undecidedQuestion(component), components.get(component)?.undecided ?? []),
  );
  return {
    index: asking,
    undecided,
    bindings: { get: (path) => asking.ask(bindingQuestion(path), bindings.get(path)) },
    targets: { get: (path) => asking.ask(targetQuestion(path), targets.get(path)) },
    frozen: { get: (key) => asking.ask(frozenQuestion(key), frozen.get(key)) },
  };
}
