/** The Releases of Bindings as they count, after clashes: passed on to their planes, and what is not there and should be. */
import { planeKey } from "../../schemas/layout.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { Binding } from "../deploy/binding.ts";
import type { FailedBinding } from "../why-unrendered.ts";
import type { Clashes } from "./clashes.ts";
import type { Placed } from "./parts.ts";
import type { PlacedRelease } from "./placed-release.ts";
import type { PlaneReleases } from "./plane-releases.ts";
import { type Proof, UnprovenReleases } from "./unproven-releases.ts";

export class StandingReleases {
  readonly #planes: PlaneReleases;
  readonly #byBinding = new Map<Binding, readonly PlacedRelease[]>();
  readonly #failed = new Map<Binding, readonly FailedBinding[]>();
  readonly #warm = new Set<PlacedRelease>();
  readonly #unproven = new UnprovenReleases();

  constructor(planes: PlaneReleases) {
    this.#planes = planes;
  }

  /** Whether the Binding has a Release on every plane where it is wanted. */
  isWhole(binding: Binding): boolean {
    return this.#byBinding.has(binding) && !this.#failed.has(binding);
  }

  /** Of each Binding and DataPlane where nothing is rendered, though it is wanted. */
  get failed(): readonly FailedBinding[] {
    return [...this.#failed.values()].flat();
  }

  /** What the Binding came to, nothing for one that is gone; answers its Problems. */
  settle(binding: Binding, placed: Placed | undefined, clashes: Pick<Clashes, "problemsOf">): readonly Problem[] {
    const settled = (placed?.on ?? []).map(({ plane, release, problems }) => {
      if (release === undefined) return { plane, release, problems };
      this.#warm.add(release);
      const found = clashes.problemsOf(binding, release);
      const isRefused = found.some(({ severity }) => severity === "error");
      return { plane, release: isRefused ? undefined : release, problems: [...problems, ...found] };
    });
    const failed = placed?.isWanted === true ? settled.filter(({ release }) => release === undefined) : [];
    if (failed.length === 0) this.#failed.delete(binding);
    else
      this.#failed.set(
        binding,
        failed.map(({ plane, problems }) => ({ binding, plane, problems })),
      );
    this.#replace(
      binding,
      settled.flatMap(({ release }) => release ?? []),
    );
    return settled.flatMap(({ problems }) => problems);
  }

  /** Each in place of the one on the same plane; what comes is there before anything goes. */
  #replace(binding: Binding, releases: readonly PlacedRelease[]): void {
    const before = new Map((this.#byBinding.get(binding) ?? []).map((one) => [planeKey(one.plane), one]));
    for (const after of releases) {
      const key = planeKey(after.plane);
      this.#planes.replace(before.get(key), after);
      this.#unproven.replace(before.get(key), after);
      before.delete(key);
    }
    for (const gone of before.values()) {
      this.#planes.replace(gone, undefined);
      this.#unproven.replace(gone, undefined);
    }
    if (releases.length === 0) this.#byBinding.delete(binding);
    else this.#byBinding.set(binding, releases);
  }

  /** Of the next Release that was recalled from an earlier process. */
  proveNext(): Proof {
    return this.#unproven.proveNext();
  }

  /** Lets go of the texts; they are made again when asked for. */
  forgetTexts(): void {
    for (const release of this.#warm) release.forgetText();
    this.#warm.clear();
  }
}
