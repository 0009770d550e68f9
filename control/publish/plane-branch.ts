/**
 * A plane's branch as it was last seen, with what may differ from the specs since: so a round compares what changed, and all
 * of the plane only after somebody else wrote to the branch.
 */
import { formatOf, hashObject, type ObjectFormat } from "../../git/object-id.ts";
import type { Commit, NamedContent, Oid, Repository } from "../../git/repository.ts";
import { type Admissions, admissionsFile } from "../../schemas/admissions.ts";
import { type PlaneId, planeFile, planeKey, planeRef } from "../../schemas/layout.ts";
import { writeStateYaml } from "../../schemas/state-yaml.ts";
import type { Rendered } from "../engine/rendered.ts";
import { withoutObjects } from "../render/read-ways.ts";
import type { Ways } from "./closed-ways.ts";
import { type Moves, noSightings, readAdmissions, type Sightings } from "./moves.ts";
import { planeSettings } from "./plane-settings.ts";
import { carriedApprovals, decideAbsent, findStaying, gatewaysPath, isApproval, movesOf } from "./plane-tree.ts";
import { isOfGuest, planesAtStake, releasesToStand, type Served } from "./served-guests.ts";
import { isPast, judgeTip, type SpecsHead, type Standing } from "./refusal.ts";
import { StandingWays, textOfBlob } from "./standing-ways.ts";

/** New content by path, or null where a file goes. */
export type Changes = ReadonlyMap<string, NamedContent | null>;

export type Comparison = {
  readonly changes: Changes;
  /** Paths that stay although nothing, or something else, is rendered for them, with the reason. */
  readonly kept: ReadonlyMap<string, string>;
  /** Whether something waits for what another plane's agent says. */
  readonly isAwaiting: boolean;
};

/** What is asked of other planes, where something here waits for it. */
export type Ask = {
  readonly sightings: (moves: Moves) => Promise<Sightings>;
  /** Of these the planes that still serve what left them. */
  readonly served: (stakes: Served) => Promise<Served>;
};

export class PlaneBranch {
  readonly plane: PlaneId;
  readonly repository: Repository;
  #tip: Commit | undefined;
  #present = new Map<string, Oid | undefined>();
  /** Paths of the branch that nothing is rendered for, with all approvals and the admissions. */
  readonly #absent = new Set<string>();
  readonly #ways = new StandingWays();
  #admissions: Admissions | undefined;
  /** The tip that publishing may go on from, and the specs that it was judged by. */
  #cleared: { readonly tip: Oid; readonly revision: Oid } | undefined;
  /** Paths that may differ; undefined while any may. */
  #pending: Set<string> | undefined;
  /** Of the gateways what is rendered otherwise than it stays there for now. */
  #held: ReadonlySet<string> = new Set();

  constructor(plane: PlaneId, repository: Repository) {
    this.plane = plane;
    this.repository = repository;
  }

  /** These Releases are others now, or gone. */
  touch(paths: Iterable<string>): void {
    for (const path of paths) this.#pending?.add(path);
  }

  /** Any Release may be another now, or gone. */
  touchAll(): void {
    this.#pending = undefined;
  }

  /**
   * Whether publishing may go on from the tip. What was clear for a revision is clear for those that follow on it, so the
   * question stays a short one, however far behind the tip's own specs are.
   */
  async judge(tip: Commit, head: SpecsHead): Promise<Standing> {
    const { specs, revision } = head;
    const isClear = this.#cleared?.tip === tip.oid && (await isPast(specs, this.#cleared.revision, revision));
    const standing: Standing = isClear ? { kind: "clear" } : await judgeTip(tip, head);
    this.#cleared = standing.kind === "clear" ? { tip: tip.oid, revision } : undefined;
    return standing;
  }

  /** The tip of the branch. Throws GitError. */
  async look(signal: AbortSignal): Promise<Commit | undefined> {
    const ref = planeRef(this.plane);
    const tip = (await this.repository.fetch([ref], { signal })).get(ref);
    if (tip === this.#tip?.oid) return this.#tip;
    const commit = tip === undefined ? undefined : await this.repository.readCommit(tip);
    const files = commit === undefined ? [] : await this.repository.listFiles(commit.tree);
    this.#present = new Map(files.map(({ path, oid, kind }) => [path, kind === "blob" ? oid : undefined]));
    const admissions = files.find(({ path, kind }) => path === admissionsFile && kind === "blob");
    this.#admissions = admissions && readAdmissions(await textOfBlob(this.repository, admissions.oid));
    this.#absent.clear();
    this.#pending = undefined;
    this.#tip = commit;
    return commit;
  }

  /** What is to be written, by what was last seen: no Release is compared that is the same since. */
  async compare(rendered: Rendered, ask: Ask): Promise<Comparison> {
    const stakes = planesAtStake(this.plane, this.#changingGuests(rendered), rendered);
    const served = stakes.size === 0 ? stakes : await ask.served(stakes);
    const written = this.#compareRendered(rendered, served);
    const absent = [...this.#absent].toSorted();
    const before = this.#admissions;
    const moves = movesOf(this.plane, { present: absent, rendered, before });
    const sightings = moves.size === 0 ? noSightings : await ask.sightings(moves);
    const ways = await this.#readWays(findStaying(this.plane, absent, { rendered, moves }));
    const { removed, kept, admissions, closed, hosts } = decideAbsent(this.plane, absent, {
      rendered,
      facts: { ...sightings, before, served, ways },
    });
    for (const path of removed) written.set(path, null);
    for (const [path, ids] of closed) {
      const oid = this.#present.get(path);
      if (oid !== undefined) this.#write(written, path, withoutObjects(await textOfBlob(this.repository, oid), ids));
    }
    if (admissions !== undefined) this.#write(written, admissionsFile, admissions);
    const isAwaiting = served.size > 0 || [...moves.keys()].some((path) => kept.has(path));
    const isHeld = hosts !== undefined && this.#present.has(gatewaysPath) && written.delete(gatewaysPath);
    this.#held = new Set([...served.keys(), ...(isHeld || served.size > 0 ? [gatewaysPath] : [])]);
    const all = isHeld ? new Map([...kept, [gatewaysPath, hosts]]) : kept;
    return { changes: written, kept: all, isAwaiting };
  }

  async #readWays(paths: readonly string[]): Promise<Ways> {
    const blobs = new Map<string, Oid>();
    for (const path of paths) {
      const oid = this.#present.get(path);
      if (oid !== undefined) blobs.set(path, oid);
    }
    return await this.#ways.read(blobs, this.repository);
  }

  /** What other organizations have at the gateways here, where something else is rendered for it now, or nothing. */
  *#changingGuests(rendered: Rendered): IterableIterator<string> {
    const releases = rendered.releasesOf(this.plane);
    const format = this.#tip === undefined ? "sha1" : formatOf(this.#tip.oid);
    for (const path of new Set([...(this.#pending ?? this.#present.keys()), ...this.#absent])) {
      const known = this.#present.get(path);
      if (known !== undefined && isOfGuest(path) && releases.get(path)?.blobId(format) !== known) yield path;
    }
  }

  #compareRendered(rendered: Rendered, served: Served): Map<string, NamedContent | null> {
    const releases = releasesToStand(this.plane, rendered, served);
    const format = this.#tip === undefined ? "sha1" : formatOf(this.#tip.oid);
    const written = new Map<string, NamedContent | null>();
    const settings = writeStateYaml(planeSettings(this.plane, rendered));
    this.#write(written, planeFile, settings);
    for (const [path, text] of carriedApprovals(this.plane, rendered)) this.#write(written, path, text);
    for (const path of this.#pending ?? new Set([...releases.keys(), ...this.#present.keys()])) {
      const release = releases.get(path);
      if (release === undefined && this.#present.has(path) && path !== planeFile) this.#absent.add(path);
      else this.#absent.delete(path);
      if (release === undefined || this.#present.get(path) === release.blobId(format)) continue;
      const text = release.text();
      // Asked again: what was only recalled is known for certain once its text is there.
      if (this.#present.get(path) === release.blobId(format)) continue;
      written.set(path, { id: (asked) => release.blobId(asked), bytes: () => Buffer.from(text) });
    }
    return written;
  }

  /** Unless it stands there so. */
  #write(written: Map<string, NamedContent | null>, path: string, text: string): void {
    const format = this.#tip === undefined ? "sha1" : formatOf(this.#tip.oid);
    const id = (asked: ObjectFormat): Oid => hashObject(asked, "blob", text);
    if (this.#present.get(path) !== id(format)) written.set(path, { id, bytes: () => Buffer.from(text) });
  }

  /** The branch is as it should be; what stays of the gateways as it was is compared again. */
  settle(): void {
    this.#pending = new Set(this.#held);
  }

  /** The branch stands at a commit of ours that made these changes. */
  advance(tip: Commit, changes: Changes): void {
    const format = formatOf(tip.oid);
    for (const [path, content] of changes) {
      if (content === null) {
        this.#absent.delete(path);
        this.#present.delete(path);
        continue;
      }
      // What nothing is rendered for is among them still, also when something of it went.
      this.#present.set(path, content.id(format));
      if (isApproval(path) || path === admissionsFile) this.#absent.add(path);
    }
    const admissions = changes.get(admissionsFile);
    if (admissions !== undefined) {
      this.#admissions = admissions === null ? undefined : readAdmissions(textOf(admissions.bytes()));
    }
    this.#tip = tip;
    this.settle();
  }
}

/** The branches of all planes, each with its repository, opened when first asked for. */
export class PlaneBranches {
  readonly #repositoryOf: (plane: PlaneId) => Promise<Repository>;
  readonly #branches = new Map<string, PlaneBranch>();
  #noted: Rendered | undefined;

  constructor(repositoryOf: (plane: PlaneId) => Promise<Repository>) {
    this.#repositoryOf = repositoryOf;
  }

  /** Passes on what differs from the render before, once. */
  note(rendered: Rendered): void {
    if (rendered === this.#noted) return;
    this.#noted = rendered;
    if (rendered.isWhole) for (const branch of this.#branches.values()) branch.touchAll();
    for (const [key, paths] of rendered.changed) this.#branches.get(key)?.touch(paths);
  }

  /** Throws GitError when the repository cannot be opened. */
  async of(plane: PlaneId): Promise<PlaneBranch> {
    const key = planeKey(plane);
    const branch = this.#branches.get(key) ?? new PlaneBranch(plane, await this.#repositoryOf(plane));
    this.#branches.set(key, branch);
    return branch;
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}
