/** What a round of the pipeline cost: by what "work follows change" is measured. */
import type { Repository } from "../git/repository.ts";
import type { LiveSpecs } from "./engine/live-specs.ts";
import type { Publication } from "./publish/publish.ts";

export type RoundCounts = {
  /** Of the specs. */
  readonly blobsRead: number;
  /** How often a document was checked. */
  readonly checked: number;
  /** How often a Release was rendered, or found to be impossible. */
  readonly rendered: number;
  /** How often a Release was known by what it is made of, and not rendered. */
  readonly recalled: number;
  /** Of all planes' trees. */
  readonly filesWritten: number;
};

type Counted = { readonly specs: Pick<Repository, "reads">; readonly live: Pick<LiveSpecs, "counts"> };
type Published = { readonly publication: Publication | { readonly kind: "failed" } };

/** Call at the start of a round; the answer says what was done since. */
export function startCounting({ specs, live }: Counted): (planes: readonly Published[]) => RoundCounts {
  const { blobs } = specs.reads;
  const { checked, rendered, recalled } = live.counts;
  return (planes) => ({
    blobsRead: specs.reads.blobs - blobs,
    checked: live.counts.checked - checked,
    rendered: live.counts.rendered - rendered,
    recalled: live.counts.recalled - recalled,
    filesWritten: planes
      .map(({ publication }) => (publication.kind === "published" ? publication.written.length : 0))
      .reduce((sum, written) => sum + written, 0),
  });
}
