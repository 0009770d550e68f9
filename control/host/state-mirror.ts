/**
 * Keeps the state repository a copy of every plane's own: their two refs, forward only. A mirror that has not begun yet
 * serves everyone who asked until then, so a burst of pushes to one plane costs one fetch, and few fetches run at once.
 */

import { planeKey, planeRef, receiptsRef, type PlaneId } from "../../schemas/layout.ts";
import { listRefs, runGit } from "./git-program.ts";
import { FairShare } from "./fair-share.ts";
import type { Wake } from "./wake-hub.ts";

export type StateMirrorOptions = {
  readonly statePath: string;
  readonly planePath: (plane: PlaneId) => string;
  readonly signal: AbortSignal;
  readonly onMirrored: (wake: Wake) => void;
};

/** Two are enough to keep two cores busy; more would only slow the pushes. */
const atOnce = 2;

export class StateMirror {
  readonly #options: StateMirrorOptions;
  readonly #waitingByPlane = new Map<string, Promise<void>>();
  readonly #runningByPlane = new Map<string, Promise<void>>();
  readonly #share = new FairShare({ total: atOnce, perKey: 1, queued: Infinity, queueMs: 2 ** 31 - 1 });

  constructor(options: StateMirrorOptions) {
    this.#options = options;
  }

  /** Resolves when the state repository has what the plane's repository had at the call. Rejects with GitProgramError. */
  async mirror(plane: PlaneId): Promise<void> {
    const key = planeKey(plane);
    const waiting = this.#waitingByPlane.get(key) ?? this.#start(plane, key);
    await waiting;
  }

  /** Resolves when nothing runs any more. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#waitingByPlane.values(), ...this.#runningByPlane.values()]);
  }

  #start(plane: PlaneId, key: string): Promise<void> {
    const run = async (): Promise<void> => {
      using slot = await this.#share.take(key, this.#options.signal);
      this.#waitingByPlane.delete(key);
      if (slot === undefined) {
        return;
      }
      this.#runningByPlane.set(key, running);
      try {
        await this.#copy(plane);
      } finally {
        this.#runningByPlane.delete(key);
      }
    };
    const running = run();
    this.#waitingByPlane.set(key, running);
    return running;
  }

  async #copy(plane: PlaneId): Promise<void> {
    const { statePath, planePath, signal, onMirrored } = this.#options;
    const wanted = [planeRef(plane), receiptsRef(plane)];
    const source = planePath(plane);
    const [theirs, ours] = await Promise.all([listRefs(source, wanted, signal), listRefs(statePath, wanted, signal)]);
    const moved = [...theirs].filter(([ref, oid]) => wanted.includes(ref) && ours.get(ref) !== oid);
    if (moved.length === 0) {
      return;
    }
    // No plus sign before a refspec: a rewind is refused here as everywhere.
    const refspecs = moved.map(([ref]) => `${ref}:${ref}`);
    await runGit(["fetch", ...fetchOptions, "--", source, ...refspecs], {
      repository: statePath,
      settings: [
        ["safe.directory", source],
        ["protocol.allow", "never"],
        ["protocol.file.allow", "always"],
      ],
      signal,
    });
    for (const [ref] of moved) {
      onMirrored({ ref, oid: theirs.get(ref) ?? "" });
    }
  }
}

const fetchOptions = ["--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--no-recurse-submodules"];
