/** Which of the Releases that moved have arrived, by the receipts of the planes that they moved to. */
import { findEntry } from "../../git/find-entry.ts";
import type { Oid, Repository } from "../../git/repository.ts";
import { type PlaneId, planeKey, planeRef, receiptsRef } from "../../schemas/layout.ts";
import { PlaneReceipt } from "../../schemas/receipt.ts";
import { formatOf } from "../../git/object-id.ts";
import type { Rendered } from "../engine/rendered.ts";
import { readReceipt, readYaml } from "../fleet/facts.ts";
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
    const stays = await findStays(repository, { plane, receipts: tree, signal: question.signal });
    for (const [path] of group) {
      const blob = releases.get(path)?.blobId(formatOf(tip));
      const found = await findEntry(repository, tree, path);
      if (blob === undefined || found.kind !== "found" || found.entry.kind !== "blob") continue;
      const receipt = await readReceipt(found.entry.oid, repository);
      if (receipt === undefined || !hasArrived(receipt, { path, blob })) continue;
      if (await holdsSince(repository, stays, { path, blob })) arrivals.set(path, tip);
    }
  }
  return arrivals;
}

/** Commits of the plane's branch from its tip back to the one that its agent applied; empty while that is not known. */
type Stays = readonly Oid[];

type StayQuestion = { readonly plane: PlaneId; readonly receipts: Oid; readonly signal: AbortSignal };

/** An agent so far behind has to come nearer first. */
const mostBehind = 1000;

async function findStays(repository: Repository, { plane, receipts, signal }: StayQuestion): Promise<Stays> {
  const found = await findEntry(repository, receipts, "plane.yaml");
  if (found.kind !== "found" || found.entry.kind !== "blob") return [];
  const applied = PlaneReceipt.safeParse(await readYaml(found.entry.oid, repository)).data?.appliedRevision;
  const ref = planeRef(plane);
  const tip = applied === undefined ? undefined : (await repository.fetch([ref], { signal })).get(ref);
  if (applied === undefined || tip === undefined) return [];
  const line = (await repository.log({ to: tip, limit: mostBehind })).map(({ oid }) => oid);
  return line.slice(0, line.indexOf(applied) + 1);
}

/**
 * Whether the agent applied the commit that brought the path, or a later one: all from there to the tip hold this very blob.
 * A receipt of an earlier stay may name the same blob, and says nothing of this one.
 */
async function holdsSince(
  repository: Repository,
  stays: Stays,
  { path, blob }: { readonly path: string; readonly blob: Oid },
): Promise<boolean> {
  for (const commit of stays) {
    const { tree } = await repository.readCommit(commit);
    const found = await findEntry(repository, tree, path);
    if (found.kind !== "found" || found.entry.oid !== blob) return false;
  }
  return stays.length > 0;
}
