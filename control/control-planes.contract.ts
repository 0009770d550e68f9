/** For tests: control planes and people at work on one specs repository and the state of its planes, all on real repositories. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NativeRepository, openNativeRepository } from "../git/native/open.ts";
import type { Oid, Person, PushResult, Repository } from "../git/repository.ts";
import { planeKey, type PlaneId, specsRef } from "../schemas/layout.ts";
import { LiveSpecs } from "./engine/live-specs.ts";
import type { MachineCommitMode } from "./machine-commit/commit-edits.ts";
import { PlaneBranches } from "./publish/plane-branch.ts";
import { reconcile, type ReconcileContext, type Reconciliation } from "./reconcile.ts";
import { editSpecs, type SpecsEdit } from "./specs-edits.contract.ts";
import type { Files } from "./specs-fixture.contract.ts";
import { Program, type See, type Stop, type Turnstile } from "./turnstile.contract.ts";

export type Layout = {
  /** Whether each plane has a state repository of its own. */
  readonly isApart: boolean;
  readonly machineCommits: MachineCommitMode;
};

/** The repositories on disk, and the test's own handles of them, which nothing stops. */
export class Repositories implements AsyncDisposable {
  readonly layout: Layout;
  readonly #folder: string;
  readonly #state = new Map<string, NativeRepository>();
  readonly specs: NativeRepository;
  #seconds = 1_700_000_000;
  readonly nowSeconds = (): number => this.#seconds++;

  private constructor(layout: Layout, folder: string, specs: NativeRepository) {
    this.layout = layout;
    this.#folder = folder;
    this.specs = specs;
  }

  static async make(layout: Layout): Promise<Repositories> {
    const folder = await mkdtemp(join(tmpdir(), "control-planes-"));
    return new Repositories(layout, folder, await openAt(folder, "specs"));
  }

  async open(name: string): Promise<NativeRepository> {
    return openAt(this.#folder, name);
  }

  stateName(plane: PlaneId): string {
    return this.layout.isApart ? `state-${planeKey(plane)}` : "state";
  }

  /** One that a control plane has made. */
  async stateOf(plane: PlaneId): Promise<NativeRepository> {
    await this.allState();
    const opened = this.#state.get(this.stateName(plane));
    if (opened === undefined) throw new Error(`${planeKey(plane)} has no state repository`);
    return opened;
  }

  /** Every state repository that is there. */
  async allState(): Promise<readonly NativeRepository[]> {
    const names = (await readdir(this.#folder)).filter((name) => name.startsWith("state")).toSorted();
    for (const name of names.map((each) => each.replace(/\.git$/, "")))
      if (!this.#state.has(name)) this.#state.set(name, await this.open(name));
    return [...this.#state.values()];
  }

  async head(): Promise<Oid | undefined> {
    return this.specs.readRef(specsRef);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const repository of [this.specs, ...this.#state.values()]) await repository[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function openAt(folder: string, name: string): Promise<NativeRepository> {
  return openNativeRepository({ path: join(folder, `${name}.git`), create: true });
}

/** One round of a control plane. */
export type Round = {
  /** How many commits the specs head lies back that it is told: it asks a copy that lags behind. */
  readonly lag: number;
  readonly stop: Stop | undefined;
};

/** What a control plane did to a plane's branch, as it happened. */
export type StatePush = {
  readonly by: string;
  readonly next: Oid;
  readonly isPushed: boolean;
  /** The specs heads that it was told since it wrote the commit. */
  readonly told: readonly Oid[];
  /** The head that there was. */
  readonly head: Oid | undefined;
};

export type Watch = {
  readonly pushed: (push: StatePush, repository: Repository) => Promise<void>;
  /** After a round to its end. */
  readonly reconciled: (result: Reconciliation | undefined) => Promise<void>;
  readonly crashed: () => void;
  readonly failed: () => void;
};

/** A control plane that can be killed and started again. */
export class ControlPlane {
  readonly name: string;
  readonly #repositories: Repositories;
  readonly #turnstile: Turnstile;
  readonly #watch: Watch;
  #running: { readonly program: Program; readonly context: ReconcileContext } | undefined;
  #opened: NativeRepository[] = [];
  #lag = 0;
  /** The specs heads that it was told since it wrote a state commit. */
  readonly #told = new Map<Oid, Oid[]>();

  constructor(name: string, parts: { repositories: Repositories; turnstile: Turnstile; watch: Watch }) {
    this.name = name;
    this.#repositories = parts.repositories;
    this.#turnstile = parts.turnstile;
    this.#watch = parts.watch;
  }

  /** Nothing of what it held in memory is left. */
  async stop(): Promise<void> {
    this.#running = undefined;
    for (const repository of this.#opened.splice(0)) await repository[Symbol.asyncDispose]();
  }

  /** One round, after a start where it does not run. Undefined when it crashed, failed, or has no specs. */
  async reconcile({ lag, stop }: Round): Promise<Reconciliation | undefined> {
    this.#running ??= await this.#start();
    const { program, context } = this.#running;
    this.#lag = lag;
    program.stopAt(stop);
    const mayFail = (): boolean => program.isStopped && stop?.effect === "fail";
    const result = await reconcile(context).catch((error: unknown) => {
      if (program.isDead || mayFail()) return undefined;
      throw error;
    });
    if (program.isDead) {
      this.#watch.crashed();
      await this.#turnstile.pass({ program, isTurning: false, isLast: false }, async () => this.stop());
      return undefined;
    }
    if (mayFail()) this.#watch.failed();
    for (const { publication } of result?.planes ?? [])
      if (publication.kind === "failed" && !mayFail()) throw publication.error;
    await program.call("check", async () => this.#watch.reconciled(result));
    return result;
  }

  async #start(): Promise<{ readonly program: Program; readonly context: ReconcileContext }> {
    const program = new Program(this.name, this.#turnstile);
    const open = async (name: string): Promise<NativeRepository> =>
      program.call("open", async () => {
        const repository = await this.#repositories.open(name);
        this.#opened.push(repository);
        return repository;
      });
    const specs = this.#laggingBehind(program.use(await open("specs"), () => {}));
    const context = {
      specs,
      live: new LiveSpecs(specs),
      branches: new PlaneBranches(async (plane) => {
        const repository = await open(this.#repositories.stateName(plane));
        return program.use(repository, this.#seeState(repository));
      }),
      onPublished: () => {},
      settled: {},
      machineCommits: this.#repositories.layout.machineCommits,
      nowSeconds: this.#repositories.nowSeconds,
      signal: new AbortController().signal,
    };
    return { program, context };
  }

  #laggingBehind(specs: Repository): Repository {
    return new Proxy(specs, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (name !== "fetch") return member;
        return async (...args: Parameters<Repository["fetch"]>) => {
          const heads = new Map(await target.fetch(...args));
          const head = heads.get(specsRef);
          if (head !== undefined) heads.set(specsRef, await this.#seeHead(head));
          return heads;
        };
      },
    });
  }

  async #seeHead(head: Oid): Promise<Oid> {
    const { specs } = this.#repositories;
    const commits = this.#lag === 0 ? [] : await specs.log({ to: head, limit: this.#lag + 1 });
    const told = commits.at(-1)?.oid ?? head;
    for (const since of this.#told.values()) since.push(told);
    return told;
  }

  #seeState(repository: Repository): See {
    return async (method, args, answer) => {
      if (method === "commit") this.#told.set(answer as Oid, []); // what Repository.commit answers
      if (method !== "push") return;
      const [, { next }] = args as unknown as Parameters<Repository["push"]>; // what Repository.push is given
      const { kind } = answer as PushResult; // what Repository.push answers
      const head = await this.#repositories.head();
      const told = this.#told.get(next) ?? [];
      await this.#watch.pushed({ by: this.name, next, isPushed: kind === "pushed", told, head }, repository);
    };
  }
}

/** Somebody with a clone: commits there, and pushes. */
export class Committer {
  readonly person: Person;
  readonly #repositories: Repositories;
  readonly #specs: Repository;
  #base: Oid | undefined;
  #tip: Oid | undefined;
  /** Commits that were not pushed yet, as what they change. */
  #local: ReadonlyMap<string, Uint8Array | null>[] = [];

  constructor(name: string, repositories: Repositories, turnstile: Turnstile) {
    this.person = { name, mail: `${name.toLowerCase()}@example.org` };
    this.#repositories = repositories;
    this.#specs = new Program(name, turnstile).use(repositories.specs, () => {});
  }

  /** A commit on what was fetched last; nothing when nothing changes. */
  async edit(edits: readonly SpecsEdit[], others: readonly Files[]): Promise<void> {
    const before = this.#tip === undefined ? new Map<string, string>() : await filesAt(this.#specs, this.#tip);
    const after = new Map(before);
    for (const each of edits) editSpecs(after, others, each);
    await this.write(after);
  }

  /** Exactly these files. */
  async write(after: ReadonlyMap<string, string>): Promise<void> {
    const before = this.#tip === undefined ? new Map<string, string>() : await filesAt(this.#specs, this.#tip);
    const changes = new Map<string, Uint8Array | null>();
    for (const path of before.keys()) if (!after.has(path)) changes.set(path, null);
    for (const [path, text] of after) if (before.get(path) !== text) changes.set(path, Buffer.from(text));
    if (changes.size === 0) return;
    this.#tip = await this.#commit(this.#tip, changes);
    this.#local.push(changes);
  }

  /** The files as they were some commits of the branch ago. */
  async restore(commitsAgo: number): Promise<void> {
    if (this.#tip === undefined) return;
    const commits = await this.#specs.log({ to: this.#tip, limit: commitsAgo + 1 });
    const then = commits.at(-1);
    if (then !== undefined) await this.write(await filesAt(this.#specs, then.oid));
  }

  /**
   * As git users do it: who is not the first fetches, puts their commits on top of what there is, and tries again. Answers how
   * often, and what was pushed.
   */
  async push(): Promise<{ readonly redone: number; readonly tip: Oid | undefined }> {
    if (this.#tip === this.#base) {
      await this.#fetch();
      return { redone: 0, tip: undefined };
    }
    for (let redone = 0; ; redone += 1) {
      const next = this.#tip ?? "";
      const pushed = await this.#specs.push(specsRef, { expect: this.#base, next });
      if (pushed.kind === "pushed") {
        this.#base = next;
        this.#local = [];
        return { redone, tip: next };
      }
      await this.#fetch();
      for (const changes of this.#local) this.#tip = await this.#commit(this.#tip, changes);
    }
  }

  async #fetch(): Promise<void> {
    this.#base = (await this.#specs.fetch([specsRef])).get(specsRef);
    this.#tip = this.#base;
  }

  async #commit(parent: Oid | undefined, changes: ReadonlyMap<string, Uint8Array | null>): Promise<Oid> {
    const committedAtSeconds = this.#repositories.nowSeconds();
    const by = { author: this.person, committer: this.person };
    return this.#specs.commit({ parent, changes, message: `Change ${changes.size} files`, ...by, committedAtSeconds });
  }
}

/** Texts by path. */
export async function filesAt(repository: Repository, commit: Oid): Promise<Map<string, string>> {
  const files = await repository.listFiles((await repository.readCommit(commit)).tree);
  const texts = new Map<string, string>();
  for (const { path, oid } of files) texts.set(path, Buffer.from(await repository.readBlob(oid)).toString("utf8"));
  return texts;
}
