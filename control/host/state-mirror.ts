/**
 * Keeps the state repository a copy of every plane's own: their two refs. A plane's repository only moves forward, unless a
 * backup took its place; people must see then what its agent sees, so that is followed, and what it undid is kept. A mirror that has not begun yet
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
    const copies = moved.map(([ref, to]): Copy => ({ ref, from: ours.get(ref), to }));
    try {
      // No plus sign before a refspec: a rewind is followed with more care than that.
      await fetchRefs(
        this.#options,
        source,
        copies.map(({ ref }) => `${ref}:${ref}`),
      );
    } catch (error) {
      const rewound = await findRewound(this.#options, source, copies);
      if (rewound.length === 0) throw error;
      await keepLost(this.#options, rewound);
      await fetchRefs(
        this.#options,
        source,
        copies.map(({ ref }) => `+${ref}:${ref}`),
      );
    }
    for (const [ref] of moved) {
      onMirrored({ ref, oid: theirs.get(ref) ?? "" });
    }
  }
}

type Copy = { readonly ref: string; readonly from: string | undefined; readonly to: string };

async function fetchRefs(
  { statePath, signal }: StateMirrorOptions,
  source: string,
  refspecs: readonly string[],
): Promise<void> {
  await runGit(["fetch", ...fetchOptions, "--", source, ...refspecs], {
    repository: statePath,
    settings: [
      ["safe.directory", source],
      ["protocol.allow", "never"],
      ["protocol.file.allow", "always"],
    ],
    signal,
  });
}

/** Refs whose present commit is not in the past of the new one, as the plane's own repository knows it, if at all. */
async function findRewound(
  { signal }: StateMirrorOptions,
  source: string,
  copies: readonly Copy[],
): Promise<readonly Copy[]> {
  const rewound: Copy[] = [];
  for (const copy of copies) {
    const { from, to } = copy;
    if (from === undefined) continue;
    const isForward = await runGit(["merge-base", "--is-ancestor", from, to], { repository: source, signal }).then(
      () => true,
      () => false,
    );
    if (!isForward) rewound.push(copy);
  }
  return rewound;
}

/** Below `refs/lost/`, which nobody is served, an auditor still finds what a restored backup undid. */
async function keepLost({ statePath, signal }: StateMirrorOptions, rewound: readonly Copy[]): Promise<void> {
  for (const { from = "" } of rewound) {
    await runGit(["update-ref", `refs/lost/${from}`, from], { repository: statePath, signal });
  }
}

const fetchOptions = ["--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--no-recurse-submodules"];
