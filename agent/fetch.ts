/**
 * The first step: the plane's newest revision, believed only if it is a descendant of everything that was applied or begun
 * (or a person recovered exactly that, see recovery.ts), its sequence grows, and its tree holds nothing strange. Anything else is refused: nothing is applied, the last good state
 * stays, and the receipt says why. A branch that is gone freezes the plane; it never means "empty".
 */
import { findBlob } from "../git/find-entry.ts";
import { type Commit, GitError, type Oid, type Repository, type TreeFile } from "../git/repository.ts";
import type { AppliedRecord } from "../schemas/applied-record.ts";
import { isHere, isRecovery } from "./recovery.ts";
import { parseStatePath, planeFile, type PlaneId, planePath } from "../schemas/layout.ts";
import { PlaneSettings } from "../schemas/plane-settings.ts";
import { readStateYaml } from "../schemas/state-yaml.ts";
import { readTrailers } from "../schemas/trailers.ts";

export type Verified = {
  readonly kind: "verified";
  readonly revision: Oid;
  readonly tree: Oid;
  readonly sequence: number;
  readonly settings: PlaneSettings;
  /** It does not descend from what was applied, and a person let it go on from there. */
  readonly isRecovery: boolean;
};

export type Refused = {
  readonly kind: "refused";
  readonly revision: Oid;
  readonly reason: string;
  /** Whether the local clone may be at fault rather than the revision: a whole copy of it may be believed. */
  readonly mayPass: boolean;
};

export type Offer = { readonly plane: PlaneId; readonly revision: Oid; readonly record: AppliedRecord };

/** Judges the revision that the plane's branch is at. Throws what is neither proof nor disproof, such as a full disk. */
export async function verifyRevision(repository: Repository, offer: Offer): Promise<Verified | Refused> {
  try {
    return await judge(repository, offer);
  } catch (error) {
    if (!(error instanceof GitError) || !(disproof.has(error.code) || isDamage(error))) throw error;
    return { ...refuse(offer, `the revision cannot be read (${error.code})`), mayPass: isDamage(error) };
  }
}

/** What a damaged clone answers, and a damaged revision too: from here the two look the same. */
export function isDamage(error: unknown): boolean {
  return error instanceof GitError && (error.code === "missing-object" || error.code === "corrupt");
}

const disproof: ReadonlySet<string> = new Set(["not-a-tree", "not-a-commit", "not-a-blob", "too-large"]);

async function judge(repository: Repository, offer: Offer): Promise<Verified | Refused> {
  const { record, revision } = offer;
  const commit = await repository.readCommit(revision);
  const sequence = readTrailers(commit.trailers)?.sequence;
  if (sequence === undefined) return refuse(offer, "the commit lacks the trailers of a published revision");
  const applied = await describeStep(repository, { earlier: record.revision, commit, sequence });
  const isRecovered = applied !== undefined && (await isRecovery(repository, commit, record));
  if (applied !== undefined && !isRecovered) return refuse(offer, applied);
  for (const earlier of record.begun) {
    // What was begun on the lost line is lost with it.
    if (isRecovered && (await isOfLostLine(repository, earlier, record.revision))) continue;
    const reason = await describeStep(repository, { earlier, commit, sequence });
    if (reason !== undefined) return refuse(offer, reason);
  }
  if (revision === record.revision ? sequence !== record.sequence : sequence <= record.sequence) {
    return refuse(offer, `sequence ${sequence} does not grow from ${record.sequence}`);
  }
  const isComparable = !isRecovered || (record.revision !== undefined && (await isHere(repository, record.revision)));
  const before = isComparable ? record.revision : undefined;
  const strange = await findStrangeFile(repository, { before, tree: commit.tree });
  if (strange !== undefined) return refuse(offer, strange);
  const settings = await readSettings(repository, commit.tree);
  if (typeof settings === "string") return refuse(offer, settings);
  if (planePath(settings.plane) !== planePath(offer.plane)) {
    return refuse(offer, `${planeFile} names the plane ${planePath(settings.plane)}`);
  }
  return { kind: "verified", revision, tree: commit.tree, sequence, settings, isRecovery: isRecovered };
}

function refuse(offer: Offer, reason: string): Refused {
  return { kind: "refused", revision: offer.revision, reason: reason.slice(0, 2000), mayPass: false };
}

type StepForward = { readonly earlier: Oid | undefined; readonly commit: Commit; readonly sequence: number };

/** Why the offered commit is no step forward from an earlier one; undefined when it is. */
async function describeStep(repository: Repository, step: StepForward): Promise<string | undefined> {
  const { earlier, commit, sequence } = step;
  if (earlier === undefined || earlier === commit.oid) return undefined;
  if (!(await isDescendant(repository, earlier, commit.oid))) return `it does not descend from ${earlier}`;
  const before = readTrailers((await repository.readCommit(earlier)).trailers)?.sequence ?? 0;
  return sequence > before ? undefined : `sequence ${sequence} does not grow from ${before}`;
}

/** Begun after the applied revision, or of a line that this clone does not have: what it does have, it began itself. */
async function isOfLostLine(repository: Repository, begun: Oid, applied: Oid | undefined): Promise<boolean> {
  if (!(await isHere(repository, begun))) return true;
  return applied !== undefined && (await isDescendant(repository, applied, begun));
}

/** An earlier revision that this history lacks is no ancestor of it. */
async function isDescendant(repository: Repository, ancestor: Oid, descendant: Oid): Promise<boolean> {
  try {
    return await repository.isAncestor(ancestor, descendant);
  } catch (error) {
    if (error instanceof GitError && error.code === "missing-object") return false;
    throw error;
  }
}

type TreePair = { readonly before: Oid | undefined; readonly tree: Oid };

/** Only what differs from the applied tree is looked at: the rest was looked at when it was applied. */
async function findStrangeFile(repository: Repository, { before, tree }: TreePair): Promise<string | undefined> {
  const beforeTree = before === undefined ? undefined : (await repository.readCommit(before)).tree;
  for (const change of await repository.diffTrees(beforeTree, tree)) {
    if (change.action === "removed") continue;
    if (change.kind !== "blob") return `${change.path} is a ${change.kind}`;
    if (!isKnownPath(change.path)) return `${change.path} has no place in a plane's tree`;
  }
  return undefined;
}

/** Whether a path has a meaning in a plane's tree. */
export function isKnownPath(path: TreeFile["path"]): boolean {
  if (path === planeFile || path === "admissions.yaml") return true;
  return /^approvals\/[0-9a-f]{8,64}\.yaml$/.test(path) || parseStatePath(path) !== undefined;
}

/** The plane's settings in a tree, or why there are none. */
export async function readSettings(repository: Repository, tree: Oid): Promise<PlaneSettings | string> {
  const file = await findBlob(repository, tree, planeFile);
  if (file === undefined) return `${planeFile} is missing`;
  const bytes = await repository.readBlob(file);
  try {
    return PlaneSettings.parse(readStateYaml(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch {
    return `${planeFile} is not readable`;
  }
}
