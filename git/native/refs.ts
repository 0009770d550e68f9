/** The repository's own refs: reading, and moving by compare-and-swap. */

import type { ObjectFormat } from "../object-id.ts";
import { GitError, type Oid, type Ref } from "../repository.ts";
import { pause } from "./pause.ts";
import { failureOf, isDiskFull, runGit, type GitFolder } from "./program.ts";
import { RefFiles } from "./ref-files.ts";
import { moveLooseRef } from "./ref-lock.ts";
import { type RefMove, RefMover, type RefsMoved } from "./ref-mover.ts";
import { removeStaleLocks } from "./stale-locks.ts";

/** `moved` also when the ref already stands at `to`; `actual` is where it stands instead. */
export type RefMoved =
  | { readonly kind: "moved" }
  | { readonly kind: "elsewhere"; readonly actual: Oid | undefined }
  | { readonly kind: "stuck"; readonly reason: string };

const MOST_TRIES = 6;
const LONGEST_PAUSE_MS = 200;

export class RefStore implements AsyncDisposable {
  readonly folder: GitFolder;
  readonly #files: RefFiles;
  readonly #mover: RefMover;

  constructor(folder: GitFolder, format: ObjectFormat) {
    this.folder = folder;
    this.#files = new RefFiles(folder.path, format);
    this.#mover = new RefMover(folder);
  }

  /** Undefined only when the ref is absent. Throws GitError `corrupt` for a damaged one, `aborted`. */
  async read(ref: Ref): Promise<Oid | undefined> {
    if (this.folder.signal?.aborted === true) {
      throw new GitError("aborted", `reading ${ref} of ${this.folder.path} was told to stop`);
    }
    const found = this.#files.read(ref);
    switch (found.kind) {
      case "found":
        return found.oid;
      case "absent":
        return undefined;
      case "unclear":
        return (await this.list(ref)).get(ref);
    }
  }

  /** As `read`, each on its own. */
  async readAll(refs: readonly Ref[]): Promise<ReadonlyMap<Ref, Oid | undefined>> {
    return new Map(await Promise.all(refs.map(async (ref) => [ref, await this.read(ref)] as const)));
  }

  /**
   * Refs whose name is this one, or lies below it. A damaged ref is GitError `corrupt` and not an absence: for-each-ref
   * leaves it out and only warns.
   */
  async list(name: string): Promise<ReadonlyMap<Ref, Oid>> {
    const outcome = await runGit(this.folder, ["for-each-ref", "--format=%(objectname) %(refname)", "--", name]);
    if (outcome.exitCode !== 0) throw failureOf(`reading the refs of ${this.folder.path}`, outcome);
    const words = outcome.stderr.trim();
    if (words !== "") throw new GitError("corrupt", `refs of ${this.folder.path}: ${words}`);
    return parseRefs(outcome.stdout.toString("utf8"), " ");
  }

  /**
   * Moves one ref from an expected value (undefined: it must not exist). Waits a bounded time for another process's lock,
   * removes one that a dead process left, and answers `stuck` with git's words when the ref stands where expected and still
   * cannot be moved.
   */
  async move(move: RefMove, signal?: AbortSignal): Promise<RefMoved> {
    for (let tries = 1; ; tries++) {
      const moved = await this.moveAll([move], signal);
      if (moved.kind === "moved") return moved;
      const actual = await this.read(move.ref);
      if (actual === move.to) return { kind: "moved" };
      if (actual !== move.from) return { kind: "elsewhere", actual };
      if (isDiskFull(moved.words))
        throw new GitError("disk-full", `moving ${move.ref} in ${this.folder.path}: ${moved.words}`);
      const unlocked = await removeStaleLocks(this.folder, move.ref);
      if (tries >= MOST_TRIES && !unlocked) return { kind: "stuck", reason: moved.words };
      await pause(this.folder, LONGEST_PAUSE_MS, signal);
    }
  }

  /** All moves or none, once. */
  async moveAll(moves: readonly RefMove[], signal?: AbortSignal): Promise<RefsMoved> {
    return this.#mover.move(moves, signal);
  }

  /** As `moveAll`, after the remote's refs: the usual one ref that moves on is moved without a process. */
  async follow(moves: readonly RefMove[], signal?: AbortSignal): Promise<RefsMoved> {
    const [move, ...others] = moves;
    if (move?.from !== undefined && others.length === 0 && signal?.aborted !== true) {
      const isMoved = await moveLooseRef(this.folder.path, this.#files, { ...move, from: move.from });
      if (isMoved) return { kind: "moved" };
    }
    return this.moveAll(moves, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#mover[Symbol.asyncDispose]();
  }
}

/** Lines of `<oid><separator><ref>`, as for-each-ref and ls-remote write them. */
export function parseRefs(text: string, separator: string): ReadonlyMap<Ref, Oid> {
  const refs = new Map<Ref, Oid>();
  for (const line of text.split("\n")) {
    const at = line.indexOf(separator);
    if (at > 0) refs.set(line.slice(at + 1), line.slice(0, at));
  }
  return refs;
}
