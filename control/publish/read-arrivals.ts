/** Which of the Releases that moved have arrived, by the receipts of the planes that they moved to. */
import { findEntry } from "../../git/find-entry.ts";
import type { Oid, Repository } from "../../git/repository.ts";
import { type PlaneId, planeKey, receiptsRef } from "../../schemas/layout.ts";
import { formatOf } from "../../git/object-id.ts";
import type { Rendered } from "../engine/rendered.ts";
import { readReceipt } from "../fleet/facts.ts";
import { type Arrivals, hasArrived, type Moves } from "./moves.ts";

export type ArrivalQuestion = {
  readonly rendered: Pick<Rendered, "releasesOf">;
  readonly repositoryOf: (plane: PlaneId) => Promise<Repository>;
  readonly signal: AbortSignal;
};

/** Throws GitError when receipts cannot be read: a failed read is no arrival. */
export async function readArrivals(moves: Moves, question: ArrivalQuestion): Promise<Arrivals> {
  const arrivals = new Map<string, Oid>();
  const byPlane = Map.groupBy(moves, ([, to]) => planeKey(to));
  for (const group of byPlane.values()) {
    const [first] = group;
    if (first === undefined) continue;
    const [, plane] = first;
    const repository = await question.repositoryOf(plane);
    const ref = receiptsRef(plane);
    const tip = (await repository.fetch([ref], { signal: question.signal })).get(ref);
    if (tip === undefined) continue;
    const releases = question.rendered.releasesOf(plane);
    const { tree } = await repository.readCommit(tip);
    for (const [path] of group) {
      const blob = releases.get(path)?.blobId(formatOf(tip));
      const found = await findEntry(repository, tree, path);
      if (blob === undefined || found.kind !== "found" || found.entry.kind !== "blob") continue;
      const receipt = await readReceipt(found.entry.oid, repository);
      if (receipt !== undefined && hasArrived(receipt, { path, blob })) arrivals.set(path, tip);
    }
  }
  return arrivals;
}
