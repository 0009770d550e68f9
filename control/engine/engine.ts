/**
 * The pure middle of the control pipeline, from parsed specs to Releases: validate, deploy, resolve, render. It holds the
 * specs as they stand and what was made of them; an exchange of some files makes only that anew which had asked for something
 * that they change. From nothing it makes everything, in the same way, so what is held never differs from a fresh start
 * (invariant 1). The reconciler, `gitplane validate` and `gitplane render` all use this one engine, so what is refused
 * offline is what is refused online.
 */
import type { Problem } from "../../schemas/problem.ts";
import { type Binding, bindingPath } from "../deploy/binding.ts";
import { BindingMemory } from "../deploy/binding-memory.ts";
import { type Pipeline, type PipelineDocument, readPipeline } from "../deploy/deploy.ts";
import type { Content } from "../load/load.ts";
import { isOf } from "../load/is-of.ts";
import type { SpecDocument } from "../load/parse.ts";
import type { SpecsChange } from "../load/specs-tree.ts";
import { joinOutdated, type Outdated } from "../machine-commit/outdated.ts";
import type { PlaceRules } from "../load/places.ts";
import { type Target, targetOf } from "../resolve/connection-target.ts";
import { checkApprovals } from "../validate/check-approvals.ts";
import { ReleasePrints } from "../render/release-print.ts";
import { componentOf, type Exchanged, SpecsIndex } from "../validate/specs-index.ts";
import { validate } from "../validate/validate.ts";
import { Cells } from "./cells.ts";
import { Clashes } from "./clashes.ts";
import { FoundProblems } from "./found-problems.ts";
import { FrozenClasses } from "./frozen-classes.ts";
import { Layer, type Remade } from "./layer.ts";
import { Ledger, type Question } from "./ledger.ts";
import * as parts from "./parts.ts";
import { PlaneGateways } from "./plane-gateways.ts";
import { PlaneReleases } from "./plane-releases.ts";
import { ReachedKeys } from "./reached-keys.ts";
import { ReleaseMemory } from "./release-memory.ts";
import { planesOf, Rendered } from "./rendered.ts";
import { SpoiledContents } from "./spoiled-contents.ts";
import { StandingReleases } from "./standing-releases.ts";
import type { Proof } from "./unproven-releases.ts";

export type EngineCounts = {
  /** How often a document was checked. */
  readonly checked: number;
  /** How often a Release was rendered, or found to be impossible. */
  readonly rendered: number;
  /** How often a Release was known by what it is made of, and not rendered. */
  readonly recalled: number;
};

export class Engine {
  readonly #ledger = new Ledger();
  readonly #index = new SpecsIndex();
  readonly #frozen = new FrozenClasses();
  readonly #problems = new FoundProblems();
  readonly #spoiled = new SpoiledContents();
  readonly #reached = new ReachedKeys();
  readonly #bindings = new Map<string, Binding>();
  readonly #targets = new Map<string, Target>();
  readonly #dangling = new Map<string, readonly SpecDocument[]>();
  readonly #clashes = new Clashes();
  readonly #releases = new PlaneReleases();
  readonly #cells = new Cells(this.#ledger, this.#index);
  readonly #gateways = new PlaneGateways(this.#ledger, this.#index);
  readonly #standing = new StandingReleases(this.#releases);
  readonly #bindingMemory = new BindingMemory();
  readonly #checks = new Layer<SpecDocument, readonly Problem[]>(this.#ledger, (document, asking) =>
    validate(document, asking, (key) => asking.ask(parts.reachedQuestion(key), this.#reached.has(key))),
  );
  readonly #pipelines = new Layer<PipelineDocument, Pipeline>(this.#ledger, readPipeline);
  readonly #components = new Layer<string, parts.Component>(this.#ledger, (component, asking) =>
    parts.makeComponent(component, asking, {
      index: this.#index,
      pipelines: this.#pipelines,
      memory: this.#bindingMemory,
    }),
  );
  readonly #places = new Layer<Binding, parts.Placed>(this.#ledger, (binding, asking) =>
    parts.placeBinding(binding, asking, this.#inputs),
  );
  readonly #memory: ReleaseMemory;
  readonly #inputs: parts.PlacedInputs;
  readonly #edits = new Layer<string, Outdated>(this.#ledger, (component, asking) =>
    parts.editComponent(component, asking, {
      ...this.#inputs,
      places: this.#places,
      standing: this.#standing,
      spoils: () => this.#rendered?.spoils ?? this.#index.spoils,
      rules: () => this.#rules,
    }),
  );
  readonly #outdated = new Map<string, Outdated>();
  /** How often something was placed on a plane, or found to be impossible there. */
  #made = 0;
  #rules: PlaceRules | undefined;
  #rendered: Rendered | undefined;

  /** `memory` says what earlier Releases were made of; without one everything is rendered once. */
  constructor(memory = new ReleaseMemory()) {
    this.#memory = memory;
    this.#inputs = {
      index: this.#index,
      components: this.#components,
      bindings: this.#bindings,
      targets: this.#targets,
      frozen: this.#frozen,
      prints: new ReleasePrints(),
      memory,
    };
  }

  get counts(): EngineCounts {
    const { recalled } = this.#memory;
    return { checked: this.#checks.made, rendered: this.#made - recalled, recalled };
  }

  /**
   * Takes contents out, brings others in, and makes what depends on them. An engine whose exchange threw is of no use any more.
   * The answer is good until the next exchange.
   */
  exchange(change: SpecsChange): Rendered {
    const exchanged = this.#exchangeDocuments(change);
    this.#refreshDocuments(exchanged);
    this.#refreshComponents();
    this.#refreshPlaces();
    this.#gateways.refresh(this.#releases);
    if (change.rules !== this.#rules) this.#ledger.change([parts.rulesQuestion]);
    this.#rules = change.rules;
    this.#rendered = this.#describe(change);
    return this.#rendered;
  }

  /** What auto-deploy has to write, by what the last exchange left. */
  outdated(): Outdated {
    for (const { subject, after } of this.#edits.refresh(this.#index)) {
      if (after === undefined || after.edits.length + after.problems.length === 0) this.#outdated.delete(subject);
      else this.#outdated.set(subject, after);
    }
    return joinOutdated([...this.#outdated.values()]);
  }

  /** What is known of the Releases of the Bindings that there are, by rememberedKeys. */
  remembered(): ReturnType<ReleaseMemory["of"]> {
    const known = this.#bindings.values();
    return this.#memory.of(known.flatMap((binding) => parts.rememberedKeys(binding, this.#places.get(binding))));
  }

  /** Of the next Release that was recalled from an earlier process. */
  proveNext(): Proof {
    return this.#standing.proveNext();
  }

  /** Lets go of the texts of Releases; they are made again when asked for. */
  forgetTexts(): void {
    this.#standing.forgetTexts();
  }

  #exchangeDocuments({ gone, come }: SpecsChange): Exchanged {
    const questions = new Set<Question>();
    for (const key of this.#frozen.exchange(documentsOf(gone, "frozen"), documentsOf(come, "frozen")))
      questions.add(parts.frozenQuestion(key));
    const exchanged = this.#index.exchange(documentsOf(gone, "documents"), documentsOf(come, "documents"));
    for (const question of exchanged.questions) questions.add(question);
    for (const key of this.#reached.exchange(exchanged.left, exchanged.came)) questions.add(parts.reachedQuestion(key));
    this.#ledger.change(questions);
    for (const content of gone) this.#problems.set(content, []);
    for (const content of come) this.#problems.set(content, content.problems);
    this.#exchangeSpoiled(gone, come);
    return exchanged;
  }

  #exchangeSpoiled(gone: readonly Content[], come: readonly Content[]): void {
    if (!this.#index.spoil(this.#spoiled.exchange(gone, come))) return;
    this.#problems.set(this.#index, this.#index.problems); // documents of one identity are among what is spoiled
    this.#ledger.changeSpoils(this.#index.spoils);
    this.#ledger.change([parts.heldQuestion]);
  }

  #refreshDocuments({ left, came }: Exchanged): void {
    for (const document of left) {
      this.#checks.remove(document);
      if (isOf(document, ["DeploymentPipeline"])) this.#pipelines.remove(document);
      this.#gateways.remove(document);
    }
    for (const document of came) {
      this.#checks.add(document);
      if (isOf(document, ["DeploymentPipeline"])) this.#pipelines.add(document);
      this.#gateways.add(document);
    }
    for (const document of [...left, ...came]) {
      const component = componentOf(document.resource);
      if (component === undefined) continue;
      for (const layer of [this.#components, this.#edits]) {
        if (this.#index.hasComponent(component)) layer.add(component);
        else layer.remove(component);
      }
    }
    for (const { subject, after = [] } of this.#checks.refresh(this.#index)) this.#problems.set(subject, after);
  }

  #refreshComponents(): void {
    const pipelines = this.#pipelines.refresh(this.#index);
    this.#ledger.change(pipelines.map(({ subject }) => parts.pipelineQuestion(subject)));
    const questions = new Set<Question>();
    for (const remade of this.#components.refresh(this.#index)) this.#replaceComponent(remade, questions);
    this.#ledger.change(questions);
  }

  #replaceComponent({ subject, before, after }: Remade<string, parts.Component>, questions: Set<Question>): void {
    this.#problems.set(subject, after?.problems ?? []);
    const { dangling = [] } = after ?? {};
    if (dangling.length > 0 || this.#dangling.has(subject)) questions.add(parts.heldQuestion);
    if (dangling.length === 0) this.#dangling.delete(subject);
    else this.#dangling.set(subject, dangling);
    questions.add(parts.undecidedQuestion(subject)).add(parts.componentQuestion(subject));
    const now = new Set(after?.bindings);
    const was = new Set(before?.bindings);
    for (const binding of was) if (!now.has(binding)) this.#removeBinding(binding, questions);
    for (const binding of now) if (!was.has(binding)) this.#addBinding(binding, questions);
    for (const path of Array.from(was, bindingPath)) if (!this.#bindings.has(path)) this.#targets.delete(path);
  }

  #removeBinding(binding: Binding, questions: Set<Question>): void {
    const path = bindingPath(binding);
    this.#places.remove(binding);
    if (this.#bindings.get(path) === binding) this.#bindings.delete(path);
    questions.add(parts.bindingQuestion(path)).add(parts.targetQuestion(path));
  }

  #addBinding(binding: Binding, questions: Set<Question>): void {
    const path = bindingPath(binding);
    this.#places.add(binding);
    this.#bindings.set(path, binding);
    questions.add(parts.bindingQuestion(path));
    const known = this.#targets.get(path);
    const target = targetOf(binding);
    // Left alone where it says the same, so that who connects to it has nothing to do.
    if (known !== undefined && JSON.stringify(known) === JSON.stringify(target))
      questions.delete(parts.targetQuestion(path));
    else questions.add(parts.targetQuestion(path));
    this.#targets.set(path, target);
  }

  #refreshPlaces(): void {
    const present = new Set<Binding>();
    const gone: Binding[] = [];
    for (const { subject, before, after } of this.#places.refresh(this.#index)) {
      this.#clashes.claim(subject, after?.on.flatMap(({ release }) => release ?? []) ?? []);
      this.#made += after?.on.length ?? 0;
      if (after !== undefined) present.add(subject);
      else gone.push(subject);
      if (!this.#bindings.has(bindingPath(subject)))
        for (const key of parts.rememberedKeys(subject, before)) this.#memory.forget(key);
    }
    for (const binding of this.#clashes.takeTouched()) present.add(binding);
    // What replaces something before that something goes, so that a path that stays is not taken for one that left.
    for (const binding of [...present, ...gone]) this.#settle(binding);
    this.#cells.refresh(this.#releases);
  }

  #settle(binding: Binding): void {
    const problems = this.#standing.settle(binding, this.#places.get(binding), this.#clashes);
    this.#problems.set(binding, problems);
    this.#ledger.change([parts.placedQuestion(binding)]);
  }

  #describe({ problems, recoveries, approvals, stop }: SpecsChange): Rendered {
    this.#problems.set(this, [...problems, ...checkApprovals(approvals, planesOf(this.#index))]);
    return new Rendered({
      index: this.#index,
      releases: this.#releases,
      gateways: this.#gateways,
      bindings: this.#bindings,
      changed: this.#releases.takeChanged(),
      problems: this.#problems.all,
      undecidedOf: (component) => this.#components.get(component)?.undecided ?? [],
      undecidedComponents: () => this.#undecidedComponents(),
      failed: this.#standing.failed,
      dangling: [...this.#dangling.values()].flat(),
      recoveries,
      approvals,
      stop,
      isWhole: this.#rendered === undefined,
    });
  }

  *#undecidedComponents(): IterableIterator<string> {
    for (const [component, { undecided }] of this.#components.entries()) if (undecided.length > 0) yield component;
  }
}

function documentsOf(contents: readonly Content[], which: "documents" | "frozen"): readonly SpecDocument[] {
  return contents.flatMap((content) => content[which]);
}
