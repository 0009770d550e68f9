/**
 * The second step: what every path in question should be, and everything that may stand in the target because of it. In
 * question are only the paths that differ from the last completed tree, that a begun revision touched, or that the record
 * keeps as exceptions. All of it is read and verified before any effect; a file that fails, fails its path alone.
 */
import { findBlob } from "../git/find-entry.ts";
import type { Oid, Repository, TreeChange } from "../git/repository.ts";
import type { AppliedRecord } from "../schemas/applied-record.ts";
import type { Ceiling } from "../schemas/ceiling.ts";
import { compareText } from "../schemas/compare.ts";
import { parseStatePath, type PlaneId } from "../schemas/layout.ts";
import { type ReleaseFile, type ReleaseObject, readReleaseFile } from "./release-file.ts";
import { readHandedPaths } from "./handed-paths.ts";
import type { Slots } from "./slots.ts";

export type Objects = ReadonlyMap<string, ReleaseObject>;

/** A blob of the past whose objects may exist, and which they are. */
export type PastBlob = { readonly oid: Oid; readonly objects: Objects };

export type DesiredPath = {
  readonly path: string;
  readonly next:
    | { readonly kind: "release"; readonly oid: Oid; readonly objects: Objects }
    | { readonly kind: "removed" }
    | { readonly kind: "invalid"; readonly oid: Oid; readonly reason: string; readonly mayPass: boolean };
  /** The objects known to stand in the target exactly so; undefined when the last attempt was not brought to its end. */
  readonly completed: Objects | undefined;
  /** The version that was brought to its end last, whatever failed since: what in it was ours, as far as it can be read. */
  readonly lastCompleted: PastBlob | undefined;
  /** Versions that may have been applied over `completed` since: an object is unchanged only if it is the same in all. */
  readonly doubts: readonly Objects[];
  /** Every object that may exist because of this path, newest blob first. */
  readonly past: readonly PastBlob[];
  /** Blobs that the record keeps for this path, for when they cannot be judged now. */
  readonly pastOids: readonly Oid[];
  /** Why `past` may lack something; then nothing of this path is pruned. */
  readonly blindness: string | undefined;
};

export type DesireRequest = {
  readonly plane: PlaneId;
  readonly ceiling: Ceiling;
  readonly record: AppliedRecord;
  /** Tree of the revision to reach. */
  readonly tree: Oid;
  /**
   * Revisions that may have been begun without a note in the record, because they added no identity; undefined among them
   * stands for the empty tree: nothing that was completed is sure to stand.
   */
  readonly doubtful: readonly (Oid | undefined)[];
  /** Paths that the tree hands to another plane: what of them stands is looked at until they leave the tree. */
  readonly handed: Iterable<string>;
  readonly slots: Slots;
};

/** Answers the paths in question, in path order. */
export async function readDesired(repository: Repository, request: DesireRequest): Promise<readonly DesiredPath[]> {
  return await judgePaths(repository, request, await collectHistories(repository, request));
}

/** The same of paths that nothing puts in question, as they stood and stand in the tree. */
export async function readUnchanged(
  repository: Repository,
  request: DesireRequest,
  paths: readonly string[],
): Promise<readonly DesiredPath[]> {
  const histories = new Map<string, History>();
  for (const path of paths) {
    const unchanged = await findBlob(repository, request.tree, path);
    histories.set(path, historyOfUnchanged(unchanged));
  }
  return await judgePaths(repository, request, histories);
}

async function judgePaths(
  repository: Repository,
  request: DesireRequest,
  histories: ReadonlyMap<string, History>,
): Promise<readonly DesiredPath[]> {
  const paths = [...histories].sort(([a], [b]) => compareText(a, b));
  return await request.slots.map(paths, async ([path, history]) => {
    const read = (oid: Oid): Promise<ReleaseFile> =>
      readReleaseFile(repository, { plane: request.plane, ceiling: request.ceiling, path, oid });
    return await judgePath({ path, history, read });
  });
}

/** The blobs of one path through time. */
type History = {
  before: Oid | undefined;
  after: Oid | undefined;
  readonly begun: Set<Oid>;
  readonly doubtful: Set<Oid | undefined>;
  readonly kept: readonly Oid[] | undefined;
  readonly completed: Oid | undefined;
  /** A begun revision handed it to another plane, so objects that stand as they did may be on their way there. */
  wasHanded: boolean;
};

function historyOfUnchanged(oid: Oid | undefined): History {
  return {
    before: oid,
    after: oid,
    begun: new Set(),
    doubtful: new Set(),
    kept: undefined,
    completed: undefined,
    wasHanded: false,
  };
}

async function collectHistories(repository: Repository, request: DesireRequest): Promise<Map<string, History>> {
  const { record } = request;
  const base = await treeOf(repository, record.revision);
  const histories = new Map<string, History>();
  const historyOf = (path: string, unchanged: Oid | undefined): History => {
    const history = histories.get(path) ?? {
      ...historyOfUnchanged(unchanged),
      kept: record.exceptions[path],
      completed: record.completed?.[path],
    };
    histories.set(path, history);
    return history;
  };
  for (const change of await diffReleases(repository, base, request.tree)) {
    historyOf(change.path, oidBefore(change)).after = oidAfter(change);
  }
  for (const path of [...Object.keys(record.exceptions), ...request.handed]) {
    if (!histories.has(path)) historyOf(path, await findBlob(repository, request.tree, path));
  }
  for (const revision of record.begun) {
    const { tree } = await repository.readCommit(revision);
    for (const path of (await readHandedPaths(repository, { plane: request.plane, tree })).keys()) {
      historyOf(path, await findBlob(repository, request.tree, path)).wasHanded = true;
    }
    for (const change of await diffReleases(repository, base, tree)) {
      const history = historyOf(change.path, oidBefore(change));
      const oid = oidAfter(change);
      if (oid !== undefined) history.begun.add(oid);
      history.doubtful.add(oid);
    }
  }
  for (const revision of request.doubtful) {
    for (const change of await diffReleases(repository, base, await treeOf(repository, revision))) {
      historyOf(change.path, oidBefore(change)).doubtful.add(oidAfter(change));
    }
  }
  return histories;
}

async function treeOf(repository: Repository, revision: Oid | undefined): Promise<Oid | undefined> {
  return revision === undefined ? undefined : (await repository.readCommit(revision)).tree;
}

async function diffReleases(
  repository: Repository,
  before: Oid | undefined,
  after: Oid | undefined,
): Promise<readonly TreeChange[]> {
  const changes = await repository.diffTrees(before, after);
  return changes.filter(({ path }) => parseStatePath(path) !== undefined);
}

function oidBefore(change: TreeChange): Oid | undefined {
  return change.action === "added" ? undefined : change.previousOid;
}

function oidAfter(change: TreeChange): Oid | undefined {
  return change.action === "removed" ? undefined : change.oid;
}

type PathHistory = {
  readonly path: string;
  readonly history: History;
  readonly read: (oid: Oid) => Promise<ReleaseFile>;
};

async function judgePath({ path, history, read }: PathHistory): Promise<DesiredPath> {
  const { before, after, kept } = history;
  const files = new Map<Oid, ReleaseFile>();
  // The record keeps a path's newest blob among its exceptions exactly when applying it was not brought to its end.
  const isCompleted = before !== undefined && kept?.includes(before) !== true;
  const isStanding = isCompleted && !history.wasHanded;
  const completedOid = isCompleted ? before : history.completed;
  const recalled = [before, after, completedOid, ...history.begun, ...history.doubtful, ...(kept ?? [])];
  for (const oid of new Set(recalled)) {
    if (oid !== undefined) files.set(oid, await read(oid));
  }
  const objectsOf = (oid: Oid | undefined): Objects | undefined => {
    const file = oid === undefined ? undefined : files.get(oid);
    return file?.kind === "valid" ? file.objects : undefined;
  };
  const recall = [...[...history.begun].reverse(), ...(before === undefined ? [] : [before]), ...(kept ?? [])];
  const pastOids = [...new Set(recall)].filter((oid) => !wasNeverBegun(oid, history, files.get(oid)));
  return {
    path,
    next: judgeNext(after, files),
    completed: isStanding ? objectsOf(before) : undefined,
    lastCompleted:
      completedOid === undefined ? undefined : { oid: completedOid, objects: objectsOf(completedOid) ?? new Map() },
    doubts: [...history.doubtful].map((oid) => objectsOf(oid) ?? new Map()),
    past: pastOids.flatMap((oid) => pastBlob(oid, objectsOf(oid))),
    pastOids,
    blindness: describeBlindness(pastOids, files),
  };
}

function judgeNext(after: Oid | undefined, files: ReadonlyMap<Oid, ReleaseFile>): DesiredPath["next"] {
  const file = after === undefined ? undefined : files.get(after);
  if (file === undefined) return { kind: "removed" };
  if (file.kind === "valid") return { kind: "release", oid: file.oid, objects: file.objects };
  return { kind: "invalid", oid: file.oid, reason: file.reason, mayPass: file.kind === "unreadable" };
}

function pastBlob(oid: Oid, objects: Objects | undefined): PastBlob[] {
  if (objects === undefined) return [];
  return [{ oid, objects }];
}

/**
 * A file of invalid content is never begun, and the record then holds an exception for its path that does not name it.
 * Without such an exception an agent of other rules completed it, and its objects may exist.
 */
function wasNeverBegun(oid: Oid, { kept, begun, before }: History, file: ReleaseFile | undefined): boolean {
  if (file?.kind !== "invalid") return false;
  if (kept !== undefined) return !kept.includes(oid);
  return begun.has(oid) && oid !== before;
}

/** A file of the past that cannot be read hides objects. */
function describeBlindness(pastOids: readonly Oid[], files: ReadonlyMap<Oid, ReleaseFile>): string | undefined {
  for (const oid of pastOids) {
    const file = files.get(oid);
    if (file !== undefined && file.kind !== "valid") return `what was applied before cannot be read: ${file.reason}`;
  }
  return undefined;
}

/** The files that were read for the new tree, for whoever needs them next. */
export function filesOf(desired: readonly DesiredPath[]): ReadonlyMap<string, ReleaseFile> {
  return new Map(desired.flatMap(({ path, next }) => (next.kind === "removed" ? [] : [[path, fileOf(next)] as const])));
}

function fileOf(next: Exclude<DesiredPath["next"], { kind: "removed" }>): ReleaseFile {
  if (next.kind === "release") return { kind: "valid", oid: next.oid, objects: next.objects };
  return { kind: next.mayPass ? "unreadable" : "invalid", oid: next.oid, reason: next.reason };
}
