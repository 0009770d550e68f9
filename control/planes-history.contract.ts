/** For tests: what a plane's branch must say, made from scratch of the specs that its own commits name (DESIGN §4, invariant 1). */
import { expect } from "vitest";
import type { Commit, Oid, Repository } from "../git/repository.ts";
import { parsePlane, parseStatePath, planeKey, type PlaneId, planePath, planeRef } from "../schemas/layout.ts";
import { readTrailers, type StateTrailers } from "../schemas/trailers.ts";
import { bindingPath } from "./deploy/binding.ts";
import { filesAt, type Repositories } from "./control-planes.contract.ts";
import { load, type ParseCache } from "./load/load.ts";
import { listGitFiles } from "./load/specs-files.ts";
import { readAdmissions } from "./publish/moves.ts";
import { nextPlaneTree, noFacts, type PlaneTree } from "./publish/plane-tree.ts";
import { servedOf } from "./publish/served-guests.ts";
import type { Reconciliation } from "./reconcile.ts";
import { admissionsFile } from "../schemas/admissions.ts";
import { type Rendered, renderSpecs } from "./render-specs.ts";
import { rendererVersion } from "./render/render.ts";

type Tree = ReadonlyMap<string, string>;
type Step = { readonly before: Tree; readonly after: Tree; readonly trailers: StateTrailers };

const noFiles: Tree = new Map();

export class PlanesHistory {
  readonly #repositories: Repositories;
  readonly #rendered = new Map<Oid, Promise<Rendered>>();
  readonly #trees = new Map<Oid, Promise<Tree>>();
  readonly #parsed: ParseCache = new Map();
  /** State commits that were replayed, each with the tree that it has. */
  readonly #replayed = new Map<Oid, Tree>();

  constructor(repositories: Repositories) {
    this.#repositories = repositories;
  }

  /** From scratch. */
  async rendered(specs: Oid): Promise<Rendered> {
    const known = this.#rendered.get(specs) ?? this.#render(specs);
    this.#rendered.set(specs, known);
    return known;
  }

  async #render(commit: Oid): Promise<Rendered> {
    const { specs } = this.#repositories;
    const { tree } = await specs.readCommit(commit);
    return renderSpecs(await load([await listGitFiles(specs, tree)], this.#parsed));
  }

  async #treeAt(repository: Repository, commit: Oid): Promise<Tree> {
    const known = this.#trees.get(commit) ?? filesAt(repository, commit);
    this.#trees.set(commit, known);
    return known;
  }

  /** Replays every branch of every plane; answers the tips with their trees, by planeKey. */
  async check(): Promise<ReadonlyMap<string, Tree>> {
    const tips = new Map<string, Tree>();
    for (const repository of await this.#repositories.allState())
      for (const [ref, tip] of await repository.listRefs("refs/heads/")) {
        const plane = parsePlane(ref.replace("refs/heads/planes/", ""));
        if (plane === undefined) throw new Error(`${ref} is no plane's branch`);
        tips.set(planeKey(plane), await this.#checkBranch(plane, repository, tip));
      }
    return tips;
  }

  async #checkBranch(plane: PlaneId, repository: Repository, tip: Oid): Promise<Tree> {
    const known = this.#replayed.get(tip);
    if (known !== undefined) return known;
    const line = (await repository.log({ to: tip, limit: 10_000 })).toReversed();
    let previous: StateTrailers | undefined;
    let before = noFiles;
    for (const [index, commit] of line.entries()) {
      const where = `${planePath(plane)} commit ${index + 1} of ${line.length}`;
      expect(commit.parents, `${where}: one line of history`).toEqual(index === 0 ? [] : [line[index - 1]?.oid]);
      const trailers = readTrailers(commit.trailers);
      if (trailers === undefined) throw new Error(`${where} has no trailers`);
      const { sequence, renderer } = trailers;
      expectSame(where, { sequence, renderer }, { sequence: index + 1, renderer: rendererVersion });
      if (!this.#replayed.has(commit.oid)) {
        await this.#checkForward(where, trailers, previous);
        const after = await this.#treeAt(repository, commit.oid);
        await this.#checkStep(where, plane, { before, after, trailers });
        this.#replayed.set(commit.oid, after);
      }
      before = this.#replayed.get(commit.oid) ?? noFiles;
      previous = trailers;
    }
    return before;
  }

  /** The specs only move on, and everybody whose commits came with them is named. */
  async #checkForward(where: string, trailers: StateTrailers, previous: StateTrailers | undefined): Promise<void> {
    const { specs } = this.#repositories;
    const { specsCommit: to } = trailers;
    const from = previous?.specsCommit;
    if (from !== undefined) {
      expect(to, `${where}: other specs than its parent`).not.toBe(from);
      expect(await specs.isAncestor(from, to), `${where}: its specs ${to} follow on ${from} of its parent`).toBe(true);
    }
    const authors = (await specs.log({ to, from, limit: 10_000 })).map(
      ({ author }) => `${author.name} <${author.mail}>`,
    );
    expect(trailers.specsAuthors, `${where}: authors`).toEqual([...new Set(authors)].toSorted());
  }

  async #checkStep(where: string, plane: PlaneId, { before, after, trailers }: Step): Promise<void> {
    const rendered = await this.rendered(trailers.specsCommit);
    expect(rendered.stop, `${where}: specs that must not be published`).toBeUndefined();
    expect(rendered.planes.map(planeKey), `${where}: declared planes`).toContain(planeKey(plane));
    expectTree(
      `${where}: not what its specs make of its parent`,
      after,
      replay(plane, { before, noted: after }, rendered).tree,
    );
    expect(Object.fromEntries(after), `${where}: another tree than its parent's`).not.toEqual(
      Object.fromEntries(before),
    );
    const texts = await filesAt(this.#repositories.specs, trailers.specsCommit);
    for (const path of before.keys())
      if (!after.has(path)) this.#checkRemoval(`${where} removes ${path}`, { plane, path, rendered, texts });
  }

  /**
   * Invariants 2 and 3 in words of their own: no Release goes whose Binding is there and wants it on this plane, or whose
   * component is named in a file with a syntax error.
   */
  #checkRemoval(where: string, { plane, path, rendered, texts }: Removal): void {
    const parsed = parseStatePath(path);
    if (parsed?.kind !== "release") return;
    const binding = rendered.bindings.get(bindingPath({ organization: plane.organization, ...parsed }));
    const isElsewhere = rendered.planes.some((other) => rendered.releasesOf(other).has(path));
    if (binding !== undefined && binding.releaseState !== "Undeploy")
      expect(isElsewhere, `${where} though its Binding is there`).toBe(true);
    // Where gitplane.yaml says who may write where, not every file may hold every Release.
    if (texts.has("gitplane.yaml")) return;
    const broken = rendered.problems.filter(({ code }) => code === "yaml-syntax").map(({ place }) => place.file);
    for (const file of new Set(broken)) {
      const words = new Set((texts.get(file) ?? "").split(/[^a-z0-9-]+/));
      expect(words.has(parsed.component), `${where} though ${file} is spoiled and names it`).toBe(false);
    }
  }

  /** What a control plane says of its round is so. */
  async checkResult({ revision, problems, stop, planes }: Reconciliation): Promise<void> {
    const fresh = await this.rendered(revision);
    expect({ problems, stop }).toEqual({ problems: fresh.problems, stop: fresh.stop });
    expect(planes.map(({ plane }) => plane)).toEqual(stop === undefined ? fresh.planes : []);
    for (const { plane, publication } of planes) {
      if (publication.kind !== "published" && publication.kind !== "unchanged") continue;
      const { revision: oid, kept } = publication;
      const repository = await this.#repositories.stateOf(plane);
      const after = oid === undefined ? noFiles : await this.#treeAt(repository, oid);
      const where = `${planePath(plane)} at ${revision}, ${publication.kind}`;
      const next = nextTree(plane, after, fresh);
      expectTree(where, after, next.tree);
      expectSame(where, kept, next.kept);
      if (publication.kind !== "published") continue;
      const [parent] = (await repository.readCommit(publication.revision)).parents;
      const before = parent === undefined ? noFiles : await this.#treeAt(repository, parent);
      const written = [...after].filter(([path, text]) => before.get(path) !== text).map(([path]) => path);
      const removed = [...before.keys()].filter((path) => !after.has(path));
      expect({ written: publication.written, removed: publication.removed }).toEqual({ written, removed });
    }
  }

  /** Only one whose specs the branch has left behind is refused. */
  async checkRefusal(plane: PlaneId, revision: Oid, reason: string): Promise<void> {
    const tip = await (await this.#repositories.stateOf(plane)).readRef(planeRef(plane));
    const { trailers = [] } = tip === undefined ? {} : await (await this.#repositories.stateOf(plane)).readCommit(tip);
    const published = readTrailers(trailers)?.specsCommit ?? "";
    expectSame(reason, await this.#repositories.specs.isAncestor(published, revision), false);
  }

  /** What stands on the plane's branch. */
  async treeOf(plane: PlaneId): Promise<Tree> {
    const repository = await this.#repositories.stateOf(plane);
    const tip = await repository.readRef(planeRef(plane));
    return tip === undefined ? noFiles : this.#treeAt(repository, tip);
  }

  /** Tips of all branches. */
  async tips(): Promise<readonly Oid[]> {
    const refs = (await this.#repositories.allState()).map(async (one) => one.listRefs("refs/heads/"));
    return (await Promise.all(refs)).flatMap((tips) => [...tips.values()]);
  }

  /** Every plane of the head stands at what the head makes of it. */
  async checkSettled(head: Oid): Promise<void> {
    const tips = await this.check();
    const rendered = await this.rendered(head);
    if (rendered.stop !== undefined) return;
    const isFaulty = rendered.problems.some(({ severity }) => severity === "error");
    for (const plane of rendered.planes) {
      const tree = tips.get(planeKey(plane));
      if (tree === undefined) throw new Error(`${planePath(plane)} has no branch`);
      const next = nextTree(plane, tree, rendered);
      expectTree(`${planePath(plane)} at the head`, tree, next.tree);
      // A warning may tell of something that is held back.
      const isSound = rendered.problems.length === 0 || (!isFaulty && next.kept.size === 0);
      if (isSound) expectTree(`${planePath(plane)} from nothing`, tree, nextTree(plane, noFiles, rendered).tree);
    }
  }

  /** The specs are one line, with everything that was pushed; what Gitplane committed renders to the same trees as before it. */
  async checkSpecs(head: Oid, pushed: ReadonlySet<Oid>): Promise<readonly Commit[]> {
    const line = await this.#repositories.specs.log({ to: head, limit: 10_000 });
    expect(new Set(line.map(({ oid }) => oid)).isSupersetOf(pushed), "what people pushed stays").toBe(true);
    const machine = line.filter(({ committer }) => committer.name === "Gitplane");
    for (const { oid, parents } of machine) {
      const [parent = ""] = parents;
      const [before, after] = [await this.rendered(parent), await this.rendered(oid)];
      expect(after.planes).toEqual(before.planes);
      for (const plane of before.planes) {
        const published = nextTree(plane, noFiles, before).tree;
        expectTree(
          `${planePath(plane)} after the machine commit ${oid}`,
          nextTree(plane, published, after).tree,
          published,
        );
      }
    }
    return machine;
  }
}

type Removal = {
  readonly plane: PlaneId;
  readonly path: string;
  readonly rendered: Rendered;
  /** The specs by path. */
  readonly texts: Tree;
};

type Next = { readonly tree: Tree; readonly kept: PlaneTree["kept"] };

function nextTree(plane: PlaneId, before: Tree, rendered: Rendered): Next {
  return replay(plane, { before, noted: before }, rendered);
}

/** `noted` is the tree whose admissions say what was seen in other planes' branches. */
function replay(plane: PlaneId, { before, noted }: { before: Tree; noted: Tree }, rendered: Rendered): Next {
  const admissionsOf = (tree: Tree) => readAdmissions(tree.get(admissionsFile) ?? "");
  const facts = { ...noFacts, before: admissionsOf(before), served: servedOf(admissionsOf(noted)) };
  const { files, removed, kept } = nextPlaneTree(plane, [...before.keys()], { rendered, facts, texts: before });
  const tree = new Map([...before, ...files]);
  for (const path of removed) tree.delete(path);
  return { tree, kept };
}

function expectTree(where: string, tree: Tree, expected: Tree): void {
  expectSame(where, Object.fromEntries(tree), Object.fromEntries(expected));
}

/** `where` is said when it fails. */
function expectSame(where: string, actual: unknown, expected: unknown): void {
  expect({ where, actual }).toEqual({ where, actual: expected });
}

/** The specs that a state commit was made of. */
export async function specsOf(repository: Repository, commit: Oid): Promise<Oid | undefined> {
  return readTrailers((await repository.readCommit(commit)).trailers)?.specsCommit;
}
