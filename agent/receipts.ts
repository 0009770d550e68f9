/**
 * The receipts branch as it was last written: what this agent, or one before it, said about itself and about each Release.
 * What cannot be read is left out; receipts are news, and the record is the truth.
 */
import { GitError, type Oid, type Person, type Repository } from "../git/repository.ts";
import { type AppliedRecord, emptyRecord } from "../schemas/applied-record.ts";
import { parseStatePath, planeFile, type PlaneId, planeKey, receiptsRef } from "../schemas/layout.ts";
import { PlaneReceipt, Receipt } from "../schemas/receipt.ts";
import { readStateYaml } from "../schemas/state-yaml.ts";
import { runsOnce } from "./health/run-once.ts";
import { Slots } from "./slots.ts";

export type Receipts = {
  readonly tip: Oid | undefined;
  readonly plane: PlaneReceipt | undefined;
  readonly byPath: ReadonlyMap<string, Receipt>;
};

/** Who writes the receipts branch. */
export function agentPerson(plane: PlaneId): Person {
  return { name: `gitplane-agent ${planeKey(plane)}`, mail: `${planeKey(plane)}@agents.gitplane.dev` };
}

const readsAtOnce = 16;

/** Reads the local copy of the receipts branch; empty when there is none. */
export async function readReceipts(repository: Repository, plane: PlaneId): Promise<Receipts> {
  const tip = await repository.readRef(receiptsRef(plane));
  if (tip === undefined) return { tip, plane: undefined, byPath: new Map() };
  const { tree } = await repository.readCommit(tip);
  const files = await repository.listFiles(tree);
  const read = await new Slots(readsAtOnce).map(files, async ({ path, oid }) => {
    if (parseStatePath(path) === undefined) return undefined;
    const receipt = Receipt.safeParse(await readYaml(repository, oid));
    return receipt.success ? ([path, receipt.data] as const) : undefined;
  });
  const about = files.find(({ path }) => path === planeFile);
  return {
    tip,
    plane: about === undefined ? undefined : await readPlaneReceipt(repository, about.oid),
    byPath: new Map(read.filter((entry) => entry !== undefined)),
  };
}

/** What an agent wrote about itself; undefined when it cannot be read. */
export async function readPlaneReceipt(repository: Repository, oid: Oid): Promise<PlaneReceipt | undefined> {
  const result = PlaneReceipt.safeParse(await readYaml(repository, oid));
  return result.success ? result.data : undefined;
}

async function readYaml(repository: Repository, oid: Oid): Promise<unknown> {
  const bytes = await repository.readBlob(oid);
  try {
    return readStateYaml(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/**
 * A record from receipts, for a target that lost its own: the last applied revision, and an exception for every path whose
 * receipt does not say that just this blob was brought to its end. Undefined when receipts are of another cluster or silent.
 */
export async function standInRecord(
  repository: Repository,
  plane: PlaneId,
  clusterUid: string,
): Promise<AppliedRecord | undefined> {
  const receipts = await readReceipts(repository, plane);
  const about = receipts.plane;
  const revision = about?.appliedRevision;
  if (about?.clusterUid !== clusterUid || revision === undefined) return undefined;
  const blobs = await readBlobs(repository, revision);
  if (blobs === undefined) return undefined;
  const exceptions: Record<string, Oid[]> = {};
  for (const [path, blob] of blobs) {
    const receipt = receipts.byPath.get(path);
    if (receipt === undefined || !isBroughtToItsEnd(receipt, blob)) {
      exceptions[path] = [...new Set([blob, ...(receipt === undefined ? [] : [receipt.release])])];
    }
  }
  for (const [path, { release }] of receipts.byPath) {
    if (!blobs.has(path)) exceptions[path] = [release];
  }
  const finished = Object.fromEntries([...receipts.byPath.values()].flatMap(finishedIn));
  return { ...emptyRecord(clusterUid), revision, sequence: about.sequence, exceptions, finished };
}

/** What runs once is Healthy or Degraded when it has ended, and not before. */
function finishedIn({ objects }: Receipt): [id: string, finished: AppliedRecord["finished"][string]][] {
  return objects.flatMap(({ id, uid, health }) => {
    const isOver = uid !== undefined && (health === "Healthy" || health === "Degraded") && runsOnce(kindOfId(id));
    return isOver ? [[id, { uid, result: health === "Healthy" ? "Complete" : "Failed" }]] : [];
  });
}

/** `[group/]Kind` of an object's id: a kind begins with a capital letter, a group with a small one. */
function kindOfId(id: string): string {
  const [first = "", second = ""] = id.split("/");
  return /^[A-Z]/u.test(first) ? first : `${first}/${second}`;
}

const unfinished: ReadonlySet<string> = new Set(["failed", "held", "handed"] satisfies Receipt["result"][]);

function isBroughtToItsEnd(receipt: Receipt, blob: Oid): boolean {
  return receipt.release === blob && !unfinished.has(receipt.result);
}

async function readBlobs(repository: Repository, revision: Oid): Promise<ReadonlyMap<string, Oid> | undefined> {
  try {
    const { tree } = await repository.readCommit(revision);
    const files = await repository.listFiles(tree);
    return new Map(
      files.flatMap(({ path, oid }) => (parseStatePath(path) === undefined ? [] : [[path, oid] as const])),
    );
  } catch (error) {
    if (error instanceof GitError && error.code === "missing-object") return undefined;
    throw error;
  }
}
