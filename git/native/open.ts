/** The native engine: a bare repository through the installed git program. The default wherever there is one. */

import { writeCommit } from "../commit-text.ts";
import { hashObject, type ObjectFormat } from "../object-id.ts";
import { checkOid, checkRef } from "../ref.ts";
import {
  type Commit,
  type FetchOptions,
  type LogRange,
  type NewCommit,
  type ObjectCounts,
  type Oid,
  type PushResult,
  type Ref,
  type Repository,
  type TreeEntry,
} from "../repository.ts";
import { diffTrees, listFiles, type TreeReader } from "../tree-diff.ts";
import { editTree } from "../tree-edit.ts";
import { localEnvironment } from "./environment.ts";
import { type Clone, fetchRefs } from "./fetch.ts";
import { isAncestor, readLog } from "./history.ts";
import { initBareRepository } from "./init.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { maintainRepository } from "./maintain.ts";
import { ObjectStore } from "./object-store.ts";
import { runGitOrFail, type GitFolder } from "./program.ts";
import { pushHere, pushThere } from "./push.ts";
import { RefStore } from "./refs.ts";
import { parseRemote, type Remote, type RemoteOptions } from "./remote-url.ts";
import { checkVersion } from "./version.ts";

export type NativeOptions = {
  /** An absolute path of a bare repository. */
  readonly path: string;
  readonly remote?: RemoteOptions | undefined;
  /** Makes the repository when it is not there. */
  readonly create?: boolean;
  readonly limits?: Partial<Limits>;
  /** Ends everything that is under way. */
  readonly signal?: AbortSignal | undefined;
};

/** Throws GitError `git-missing`, `git-too-old`, `not-allowed` (a URL), `failed` (no repository there). */
export async function openNativeRepository(options: NativeOptions): Promise<NativeRepository> {
  const remote = options.remote === undefined ? undefined : parseRemote(options.remote);
  const folder: GitFolder = {
    path: options.path,
    environment: localEnvironment(options.path),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    signal: options.signal,
  };
  await checkVersion(folder);
  if (options.create === true) await initBareRepository(options.path);
  const format = await runGitOrFail(folder, ["rev-parse", "--show-object-format"]);
  return new NativeRepository(folder, remote, format.toString("utf8").trim() === "sha256" ? "sha256" : "sha1");
}

export class NativeRepository implements Repository {
  readonly #folder: GitFolder;
  readonly #remote: Remote | undefined;
  readonly #refs: RefStore;
  readonly #objects: ObjectStore;
  readonly #readTree: TreeReader = async (oid) => this.readTree(oid);

  constructor(folder: GitFolder, remote: Remote | undefined, format: ObjectFormat) {
    this.#folder = folder;
    this.#remote = remote;
    this.#refs = new RefStore(folder, format);
    this.#objects = new ObjectStore(folder, format);
  }

  get #clone(): Clone {
    return { refs: this.#refs, objects: this.#objects };
  }

  get reads(): ObjectCounts {
    return this.#objects.reads;
  }

  get writes(): ObjectCounts {
    return this.#objects.writes;
  }

  async readRef(ref: Ref): Promise<Oid | undefined> {
    checkRef(ref);
    return this.#refs.read(ref);
  }

  async listRefs(prefix: string): Promise<ReadonlyMap<Ref, Oid>> {
    const refs = await this.#refs.list(prefix.slice(0, prefix.lastIndexOf("/") + 1));
    return new Map([...refs].filter(([ref]) => ref.startsWith(prefix)));
  }

  async fetch(refs: readonly Ref[], options: FetchOptions = {}): Promise<ReadonlyMap<Ref, Oid | undefined>> {
    for (const ref of refs) checkRef(ref);
    if (refs.length === 0) return new Map();
    if (this.#remote !== undefined) return fetchRefs(this.#clone, this.#remote, { ...options, refs });
    return this.#refs.readAll(refs);
  }

  async readCommit(oid: Oid): Promise<Commit> {
    return this.#objects.readCommit(oid);
  }

  async readTree(oid: Oid): Promise<readonly TreeEntry[]> {
    return this.#objects.readTree(oid);
  }

  async readBlob(oid: Oid): Promise<Uint8Array> {
    return this.#objects.readBlob(oid);
  }

  async listFiles(tree: Oid): ReturnType<Repository["listFiles"]> {
    return listFiles(this.#readTree, tree, this.#folder.limits.files);
  }

  async diffTrees(before: Oid | undefined, after: Oid | undefined): ReturnType<Repository["diffTrees"]> {
    return diffTrees(this.#readTree, { before, after }, this.#folder.limits.files);
  }

  async isAncestor(ancestor: Oid, descendant: Oid): Promise<boolean> {
    return isAncestor(this.#folder, this.#objects, { ancestor, descendant });
  }

  async log(range: LogRange): Promise<readonly Commit[]> {
    return readLog(this.#folder, this.#objects, range);
  }

  async commit(commit: NewCommit): Promise<Oid> {
    const base = commit.parent === undefined ? undefined : (await this.readCommit(commit.parent)).tree;
    const { format } = this.#objects;
    const { tree, objects } = await editTree({ read: this.#readTree, format }, base, commit.changes);
    const body = writeCommit(commit, tree);
    const oid = hashObject(format, "commit", body);
    await this.#objects.write(new Map([...objects, [oid, { type: "commit", body }]]), [...commit.changes.keys()]);
    return oid;
  }

  async push(
    ref: Ref,
    move: { readonly expect: Oid | undefined; readonly next: Oid },
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<PushResult> {
    checkRef(ref);
    await this.readCommit(move.next);
    if (move.expect !== undefined && !(await this.#isForward(move.expect, move.next))) return { kind: "rewind" };
    const push = { ref, ...move, signal: options.signal };
    return this.#remote === undefined ? pushHere(this.#refs, push) : pushThere(this.#clone, this.#remote, push);
  }

  /** Folds packs together and deletes what dead processes left; call it now and then, nothing else does. */
  async maintain(): Promise<{ readonly repacked: boolean }> {
    return maintainRepository(this.#folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#objects[Symbol.asyncDispose](), this.#refs[Symbol.asyncDispose]()]);
  }

  /** A commit that is not here is no ancestor of one whose whole history is. */
  async #isForward(expect: Oid, next: Oid): Promise<boolean> {
    checkOid(expect);
    return (await this.#objects.has(expect)) && this.isAncestor(expect, next);
  }
}
