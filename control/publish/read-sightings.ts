/** What the receipts of the planes that Releases moved to say: which have arrived, and which wait to be handed over. */
import { findBlob } from "../../git/find-entry.ts";
import type { Oid, Repository } from "../../git/repository.ts";
import { compareText } from "../../schemas/compare.ts";
import { planeFile, type PlaneId, planeKey, planeRef, receiptsRef } from "../../schemas/layout.ts";
import { PlaneReceipt } from "../../schemas/receipt.ts";
import { formatOf } from "../../git/object-id.ts";
import type { Rendered } from "../engine/rendered.ts";
import { readReceipt, readYaml } from "../fleet/facts.ts";
import { type Handing, hasArrived, isTried, type Moves, type Sightings } from "./moves.ts";

export type SightingQuestion = {
  /** The plane that they moved from. */
  readonly from: PlaneId;
  readonly rendered: Pick<Rendered, "releasesOf">;
  readonly repositoryOf: (plane: PlaneId) => Promise<Repository>;
  readonly signal: AbortSignal;
};

/** Throws GitError when receipts cannot be read: a failed read is no sighting. */
export async function readSightings(moves: Moves, question: SightingQuestion): Promise<Sightings> {
  const arrivals = new Map<string, Map<string, Oid>>();
  const handings = new Map<string, Handing>();
  const own = await readAgent(question.from, question);
  for (const { plane, paths } of byPlane(moves)) {
    const agent = await readAgent(plane, question);
    if (agent === undefined) continue;
    const { repository, tip, tree } = agent;
    const releases = question.rendered.releasesOf(plane);
    const stays = await findStays(agent, { plane, signal: question.signal });
    const clusterUid = sharedCluster(own?.about, agent.about);
    for (const path of paths) {
      const blob = releases.get(path)?.blobId(formatOf(tip));
      const file = await findBlob(repository, tree, path);
      if (blob === undefined || file === undefined) continue;
      const receipt = await readReceipt(file, repository);
      if (receipt === undefined || !(await holdsSince(repository, stays, { path, blob }))) continue;
      if (hasArrived(receipt, { path, blob })) {
        const arrived = arrivals.get(path) ?? new Map<string, Oid>();
        arrivals.set(path, arrived.set(planeKey(plane), tip));
      } else if (clusterUid !== undefined && isTried(receipt, blob) && !handings.has(path)) {
        handings.set(path, { to: plane, clusterUid, receipts: tip });
      }
    }
  }
  return { arrivals, handings };
}

type Heir = { readonly plane: PlaneId; readonly paths: readonly string[] };

/** In order of planeKey. */
function byPlane(moves: Moves): readonly Heir[] {
  const pairs = [...moves].flatMap(([path, to]) => to.map((plane) => ({ path, plane })));
  const groups = Map.groupBy(pairs, ({ plane }) => planeKey(plane));
  return [...groups.values()]
    .flatMap((group) =>
      group[0] === undefined ? [] : [{ plane: group[0].plane, paths: group.map(({ path }) => path) }],
    )
    .toSorted((a, b) => compareText(planeKey(a.plane), planeKey(b.plane)));
}

type Agent = {
  readonly repository: Repository;
  /** Of its receipts branch. */
  readonly tip: Oid;
  readonly tree: Oid;
  /** Undefined when it cannot be understood. */
  readonly about: PlaneReceipt | undefined;
};

/** What a plane's agent reported last; undefined when none has. */
async function readAgent(plane: PlaneId, { repositoryOf, signal }: SightingQuestion): Promise<Agent | undefined> {
  const repository = await repositoryOf(plane);
  const ref = receiptsRef(plane);
  const tip = (await repository.fetch([ref], { signal })).get(ref);
  if (tip === undefined) return undefined;
  const { tree } = await repository.readCommit(tip);
  const file = await findBlob(repository, tree, planeFile);
  const about = file === undefined ? undefined : PlaneReceipt.safeParse(await readYaml(file, repository)).data;
  return { repository, tip, tree, about };
}

/** The cluster that serves both planes; undefined for two, and while the other's agent is away on purpose. */
function sharedCluster(own: PlaneReceipt | undefined, other: PlaneReceipt | undefined): string | undefined {
  const uid = own?.clusterUid;
  return uid === other?.clusterUid && other?.ended !== true ? uid : undefined;
}

/** Commits of the plane's branch from its tip back to the one that its agent applied; empty while that is not known. */
type Stays = readonly Oid[];

/** An agent so far behind has to come nearer first. */
const mostBehind = 1000;

async function findStays(
  { repository, about }: Agent,
  { plane, signal }: { readonly plane: PlaneId; readonly signal: AbortSignal },
): Promise<Stays> {
  const applied = about?.appliedRevision;
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
    if ((await findBlob(repository, tree, path)) !== blob) return false;
  }
  return stays.length > 0;
}
