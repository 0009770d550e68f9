/** What the branches of planes say of environments that left them: whether any is still served there. */
import { GitError, type Repository } from "../../git/repository.ts";
import { type PlaneId, planeRef } from "../../schemas/layout.ts";
import type { Rendered } from "../engine/rendered.ts";
import { findLeft } from "./keep-gateways.ts";
import { decideAbsent } from "./plane-tree.ts";
import type { Served } from "./served-guests.ts";

export type ServedQuestion = {
  readonly rendered: Rendered;
  readonly repositoryOf: (plane: PlaneId) => Promise<Repository>;
  readonly signal: AbortSignal;
};

/** Of what is at stake what has to stay. */
export async function readServed(stakes: Served, question: ServedQuestion): Promise<Served> {
  const served = new Map<string, readonly PlaneId[]>();
  for (const [path, planes] of stakes) {
    const serving: PlaneId[] = [];
    for (const plane of planes) if (await isServing(plane, question)) serving.push(plane);
    if (serving.length > 0) served.set(path, serving);
  }
  return served;
}

async function isServing(plane: PlaneId, { rendered, repositoryOf, signal }: ServedQuestion): Promise<boolean> {
  try {
    const repository = await repositoryOf(plane);
    const ref = planeRef(plane);
    const tip = (await repository.fetch([ref], { signal })).get(ref);
    if (tip === undefined) return false;
    const files = await repository.listFiles((await repository.readCommit(tip)).tree);
    const present = files.map(({ path }) => path);
    const { kept } = decideAbsent(plane, present, { rendered });
    return findLeft(plane, kept.keys(), rendered) !== undefined;
  } catch (error) {
    if (!(error instanceof GitError) || signal.aborted) throw error;
    return true; // a failed read is no absence, and the gateways are other organizations' too
  }
}
