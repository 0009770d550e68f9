/** The specs of a repository, rendered, from revision to revision: each move costs what changed. Dropping it costs time only. */
import { GitError, type Oid, type Repository } from "../../git/repository.ts";
import { SpecsTree } from "../load/specs-tree.ts";
import { Engine, type EngineCounts } from "./engine.ts";
import type { Outdated } from "../machine-commit/outdated.ts";
import { ReleaseMemory } from "./release-memory.ts";
import type { Rendered } from "./rendered.ts";
import type { Proof } from "./unproven-releases.ts";

type Held = { readonly revision: Oid; readonly rendered: Rendered };

export class LiveSpecs {
  readonly #repository: Repository;
  #memory: ReleaseMemory;
  #tree: SpecsTree;
  #engine: Engine;
  #held: Held | undefined;

  /** `memory` is of an earlier process. */
  constructor(repository: Repository, memory = new ReleaseMemory()) {
    this.#repository = repository;
    this.#memory = memory;
    this.#tree = new SpecsTree(repository);
    this.#engine = new Engine(memory);
  }

  /** What is known of Releases; another one where everything is made again. */
  get memory(): ReleaseMemory {
    return this.#memory;
  }

  get counts(): EngineCounts {
    return this.#engine.counts;
  }

  /** The same answer as before for the same revision; one at a time. Throws GitError. */
  async move(revision: Oid): Promise<Rendered> {
    if (this.#held?.revision === revision) return this.#held.rendered;
    const { tree } = await this.#repository.readCommit(revision);
    try {
      const change = await this.#tree.move(tree);
      const rendered = this.#engine.exchange(change);
      this.#held = { revision, rendered };
      return rendered;
    } catch (error) {
      if (error instanceof GitError) throw error;
      // Half exchanged it is of no use. The next move makes everything.
      this.#drop();
      throw error;
    }
  }

  /** What is remembered of the Bindings that there are, by rememberedKeys. */
  remembered(): ReturnType<Engine["remembered"]> {
    return this.#engine.remembered();
  }

  /** Renders some of what was only recalled. Where that was wrong everything is dropped, and the next move makes it all. */
  prove(releases: number): Proof {
    for (let proven = 0; proven < releases; proven += 1) {
      const proof = this.#engine.proveNext();
      if (proof === "wrong") this.#drop();
      if (proof !== "proven") return proof;
    }
    return "proven";
  }

  #drop(): void {
    this.#memory = new ReleaseMemory();
    this.#tree = new SpecsTree(this.#repository);
    this.#engine = new Engine(this.#memory);
    this.#held = undefined;
  }

  /** What auto-deploy has to write for the revision of the last move. */
  outdated(): Outdated {
    return this.#engine.outdated();
  }

  /** Lets go of the texts of Releases, which are made again when asked for. */
  forgetTexts(): void {
    this.#engine.forgetTexts();
  }
}
