/** Releases that were recalled from an earlier process and not rendered by this one. */
import type { PlacedRelease } from "./placed-release.ts";

/** `wrong`: it renders to another blob than was remembered. */
export type Proof = "proven" | "wrong" | "none";

export class UnprovenReleases {
  readonly #releases = new Set<PlacedRelease>();

  replace(before: PlacedRelease | undefined, after: PlacedRelease | undefined): void {
    if (before !== undefined) this.#releases.delete(before);
    if (after?.blob.isProven === false) this.#releases.add(after);
  }

  /** Renders the next of them. */
  proveNext(): Proof {
    for (const release of this.#releases) {
      this.#releases.delete(release);
      if (release.blob.isProven) continue;
      const remembered = new Map(release.blob.ids);
      release.text();
      return [...release.blob.ids].every(([format, oid]) => remembered.get(format) === oid) ? "proven" : "wrong";
    }
    return "none";
  }
}
