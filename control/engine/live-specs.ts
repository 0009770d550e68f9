/** The specs of a repository, rendered, from revision to revision: each move costs what changed. Dropping it costs time only. */
import { GitError, type Oid, type Repository } from "../../git/repository.ts";
import { SpecsTree } from "../load/specs-tree.ts";
import { Engine, type EngineCounts } from "./engine.ts";
import type { Outdated } from "../machine-commit/outdated.ts";
import type { Rendered } from "./rendered.ts";

type Held = { readonly revision: Oid; readonly rendered: Rendered };

export class LiveSpecs {
  readonly #repository: Repository;
  #tree: SpecsTree;
  #engine = new Engine();
  #held: Held | undefined;

  constructor(repository: Repository) {
    this.#repository = repository;
    this.#tree = new SpecsTree(repository);
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
      this.#tree = new SpecsTree(this.#repository);
      this.#engine = new Engine();
      this.#held = undefined;
      throw error;
    }
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
