/**
 * A clone whose refs are asked for together: publishing asks for one plane's branch at a time, and a question to a server
 * far away costs the same for a thousand. The first question of a round asks for every ref that was ever asked for; each
 * answer is given once, so a writer that lost a race and asks again hears the server and not the past. An answer that is a
 * moment old does no harm: a push compares and swaps.
 */
import {
  type Commit,
  type FetchOptions,
  GitError,
  type LogRange,
  type NewCommit,
  type Oid,
  type PushResult,
  type ObjectCounts,
  type Ref,
  type Repository,
  type TreeChange,
  type TreeEntry,
  type TreeFile,
} from "../git/repository.ts";

type Answer = { readonly oid: Oid | undefined; readonly atMs: number };

/** An answer that nobody took by then is forgotten. */
const keptMs = 2000;

export class FetchTogether implements Repository {
  readonly #repository: Repository;
  readonly #nowMs: () => number;
  readonly #known = new Set<Ref>();
  readonly #answers = new Map<Ref, Answer>();
  #before: Promise<unknown> = Promise.resolve();
  #silence: { readonly error: GitError; readonly untilMs: number } | undefined;

  constructor(repository: Repository, nowMs: () => number = () => performance.now()) {
    this.#repository = repository;
    this.#nowMs = nowMs;
  }

  get reads(): ObjectCounts {
    return this.#repository.reads;
  }

  get writes(): ObjectCounts {
    return this.#repository.writes;
  }

  async fetch(refs: readonly Ref[], options: FetchOptions = {}): Promise<ReadonlyMap<Ref, Oid | undefined>> {
    if (options.isAnew === true) return this.#repository.fetch(refs, options);
    for (const ref of refs) this.#known.add(ref);
    const calledMs = this.#nowMs();
    const answered = this.#before.then(noResult, noResult).then(() => {
      // A server that does not answer is not waited for once more for everybody who waited already.
      if (this.#silence !== undefined && this.#silence.untilMs >= calledMs) throw this.#silence.error;
      return this.#answer(refs, options);
    });
    this.#before = answered;
    return answered;
  }

  /** Asks nothing when the question before it was about these refs too. One at a time, so that no answer is given twice. */
  async #answer(refs: readonly Ref[], options: FetchOptions): Promise<ReadonlyMap<Ref, Oid | undefined>> {
    const oldestMs = this.#nowMs() - keptMs;
    if (!refs.every((ref) => (this.#answers.get(ref)?.atMs ?? -Infinity) >= oldestMs)) {
      const found = await this.#fetchAll(refs, options);
      for (const [ref, oid] of found) this.#answers.set(ref, { oid, atMs: this.#nowMs() });
    }
    return new Map(refs.map((ref) => [ref, this.#take(ref)]));
  }

  /** What is wrong with one plane's branch must not keep the others from theirs. */
  async #fetchAll(refs: readonly Ref[], options: FetchOptions): Promise<ReadonlyMap<Ref, Oid | undefined>> {
    try {
      return await this.#repository.fetch([...this.#known], options);
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      if (error.code === "unreachable" || error.code === "timeout") this.#silence = { error, untilMs: this.#nowMs() };
      if (!mayBeOfOneRef.has(error.code)) throw error;
      return this.#repository.fetch(refs, options);
    }
  }

  #take(ref: Ref): Oid | undefined {
    const answer = this.#answers.get(ref);
    this.#answers.delete(ref);
    return answer?.oid;
  }

  async readRef(ref: Ref): Promise<Oid | undefined> {
    return this.#repository.readRef(ref);
  }

  async listRefs(prefix: string): Promise<ReadonlyMap<Ref, Oid>> {
    return this.#repository.listRefs(prefix);
  }

  async readCommit(oid: Oid): Promise<Commit> {
    return this.#repository.readCommit(oid);
  }

  async readTree(oid: Oid): Promise<readonly TreeEntry[]> {
    return this.#repository.readTree(oid);
  }

  async readBlob(oid: Oid): Promise<Uint8Array> {
    return this.#repository.readBlob(oid);
  }

  async listFiles(tree: Oid): Promise<readonly TreeFile[]> {
    return this.#repository.listFiles(tree);
  }

  async diffTrees(before: Oid | undefined, after: Oid | undefined): Promise<readonly TreeChange[]> {
    return this.#repository.diffTrees(before, after);
  }

  async isAncestor(ancestor: Oid, descendant: Oid): Promise<boolean> {
    return this.#repository.isAncestor(ancestor, descendant);
  }

  async log(range: LogRange): Promise<readonly Commit[]> {
    return this.#repository.log(range);
  }

  async commit(commit: NewCommit): Promise<Oid> {
    return this.#repository.commit(commit);
  }

  async push(...push: Parameters<Repository["push"]>): Promise<PushResult> {
    return this.#repository.push(...push);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#repository[Symbol.asyncDispose]();
  }
}

const noResult = (): void => undefined;

const mayBeOfOneRef: ReadonlySet<string> = new Set(["too-large", "corrupt", "missing-object", "failed"]);
