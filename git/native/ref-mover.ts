/**
 * Ref transactions through `git update-ref --stdin` processes that stay: a session takes one transaction after the other
 * (git-update-ref(1), `start` and `commit`, git 2.27 and later) and ends with git's words when one fails. A session serves
 * one transaction at a time, so that waiting for the lock of one ref delays no other; a few are kept, and none for long.
 */

import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { GitError, type Oid, type Ref } from "../repository.ts";
import { ByteQueue } from "./byte-queue.ts";
import { endWhenAborted, killGroup, readable, runWithin, spawnGit, startFailure, type GitFolder } from "./program.ts";

export type RefMove = { readonly ref: Ref; readonly from: Oid | undefined; readonly to: Oid };
/** `words` are git's, and empty when something killed it. */
export type RefsMoved = { readonly kind: "moved" } | { readonly kind: "failed"; readonly words: string };

const MOST_IDLE = 4;
/** git keeps every commit that it has checked in memory until it ends. */
const MOST_TRANSACTIONS = 1000;
const KEPT_ERROR_CHARACTERS = 2000;
const DONE = "commit: ok";

export class RefMover implements AsyncDisposable {
  readonly #folder: GitFolder;
  readonly #idle = new Map<Session, NodeJS.Timeout>();
  #isClosed = false;

  constructor(folder: GitFolder) {
    this.#folder = folder;
    folder.signal?.addEventListener("abort", this.#close, { once: true });
  }

  /** All moves or none; `from` undefined: the ref must not exist. Throws GitError `git-missing`, `timeout`, `aborted`. */
  async move(moves: readonly RefMove[], signal?: AbortSignal): Promise<RefsMoved> {
    if (this.#isClosed) throw new GitError("aborted", `${this.#folder.path} was closed`);
    const run = { title: `git update-ref in ${this.#folder.path}`, signal };
    return runWithin(this.#folder, run, async (stop) => {
      const session = this.#takeIdle() ?? this.#start();
      const moved = await session.run(moves, stop.signal);
      if (moved.kind === "moved") this.#keep(session);
      return moved;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#folder.signal?.removeEventListener("abort", this.#close);
    const sessions = [...this.#idle.keys()];
    this.#close();
    await Promise.all(sessions.map(async (session) => session.ended));
  }

  #takeIdle(): Session | undefined {
    const session = [...this.#idle.keys()].at(-1);
    if (session !== undefined) this.#forget(session);
    return session;
  }

  #start(): Session {
    const session = new Session(this.#folder);
    void session.ended.then(() => this.#forget(session));
    return session;
  }

  #keep(session: Session): void {
    if (this.#isClosed || this.#idle.size >= MOST_IDLE || session.transactions >= MOST_TRANSACTIONS) {
      return session.end();
    }
    const timer = setTimeout(() => {
      this.#forget(session);
      session.end();
    }, this.#folder.limits.idleProcessMs);
    this.#idle.set(session, timer.unref());
  }

  #forget(session: Session): void {
    clearTimeout(this.#idle.get(session));
    this.#idle.delete(session);
  }

  readonly #close = (): void => {
    this.#isClosed = true;
    for (const session of this.#idle.keys()) {
      this.#forget(session);
      session.end();
    }
  };
}

/** One git process, from its first transaction to the first that fails. */
class Session {
  /** Resolves when the process and its pipes are gone. */
  readonly ended: Promise<void>;
  transactions = 0;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers = new ByteQueue();
  #waiting: { resolve: (moved: RefsMoved) => void; reject: (error: GitError) => void } | undefined;
  #words = "";

  constructor(folder: GitFolder) {
    const child = spawnGit(folder, ["update-ref", "--no-deref", "--stdin"]);
    this.#child = child;
    this.ended = new Promise((resolve) => child.once("close", () => resolve()));
    child.once("error", (error) => this.#waiting?.reject(startFailure(error)));
    child.once("close", () => this.#waiting?.resolve({ kind: "failed", words: readable(this.#words.trim()) }));
    child.stdin.on("error", () => {}); // the end of the child says more
    child.stderr.on("data", (chunk: Buffer) => {
      this.#words = `${this.#words}${chunk.toString("utf8")}`.slice(-KEPT_ERROR_CHARACTERS);
    });
    child.stdout.on("data", (chunk: Buffer) => {
      this.#answers.push(chunk);
      for (let line = this.#answers.takeLine(); line !== undefined; line = this.#answers.takeLine()) {
        if (line === DONE) this.#waiting?.resolve({ kind: "moved" });
      }
    });
  }

  async run(moves: readonly RefMove[], stop: AbortSignal): Promise<RefsMoved> {
    using _ = endWhenAborted(this.#child, stop);
    this.transactions += 1;
    const lines = moves.map(({ ref, from, to }) => `update ${ref} ${to} ${from ?? "0".repeat(to.length)}\n`);
    const moved = await new Promise<RefsMoved>((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#child.stdin.write(`start\n${lines.join("")}commit\n`);
    });
    this.#waiting = undefined;
    return moved;
  }

  end(): void {
    this.#child.stdin.end();
    killGroup(this.#child, "SIGTERM");
  }
}
