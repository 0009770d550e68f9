/**
 * What differs between two trees, reading only subtrees that differ: equal ids are equal content. The walk goes level by
 * level, a bounded number of reads at a time, and ends at a bound: ten trees of ten entries each can name 10^10 files.
 */

import { GitError, type Oid, type TreeChange, type TreeEntry, type TreeFile } from "./repository.ts";

export type TreeReader = (oid: Oid) => Promise<readonly TreeEntry[]>;

const DEEPEST_LEVEL = 100;
const READS_AT_ONCE = 64;

type Folder = { readonly path: string; readonly before: Oid | undefined; readonly after: Oid | undefined };
type Level = { readonly changes: TreeChange[]; readonly folders: Folder[] };
type Change = { readonly path: string; readonly before: TreeEntry | undefined; readonly after: TreeEntry | undefined };

/** In path order by code unit. Throws GitError `too-large` past `mostChanges` differences or a hundred levels. */
export async function diffTrees(
  read: TreeReader,
  trees: { readonly before: Oid | undefined; readonly after: Oid | undefined },
  mostChanges: number,
): Promise<readonly TreeChange[]> {
  const changes: TreeChange[] = [];
  let folders: Folder[] = trees.before === trees.after ? [] : [{ path: "", ...trees }];
  for (let depth = 0; folders.length > 0; depth++) {
    if (depth > DEEPEST_LEVEL) throw new GitError("too-large", `a tree is more than ${DEEPEST_LEVEL} folders deep`);
    const next: Level = { changes, folders: [] };
    for (let at = 0; at < folders.length; at += READS_AT_ONCE) {
      const batch = folders.slice(at, at + READS_AT_ONCE);
      const pairs = await Promise.all(batch.map((folder) => readBoth(read, folder)));
      for (const [index, folder] of batch.entries()) compareFolder(folder.path, pairs[index] ?? [[], []], next);
      if (next.folders.length + changes.length > mostChanges) {
        throw new GitError("too-large", `two trees differ in more than ${mostChanges} places`);
      }
    }
    folders = next.folders;
  }
  return changes.sort(byPath);
}

/** Every file below a tree: what differs from the empty one. */
export async function listFiles(read: TreeReader, tree: Oid, mostFiles: number): Promise<readonly TreeFile[]> {
  const changes = await diffTrees(read, { before: undefined, after: tree }, mostFiles);
  return changes.flatMap((change) => {
    return change.action === "removed" ? [] : [{ path: change.path, oid: change.oid, kind: change.kind }];
  });
}

async function readBoth(read: TreeReader, folder: Folder): Promise<(readonly TreeEntry[])[]> {
  return Promise.all([folder.before, folder.after].map(async (oid) => (oid === undefined ? [] : read(oid))));
}

function compareFolder(path: string, [before = [], after = []]: (readonly TreeEntry[])[], level: Level): void {
  const previous = new Map(before.map((entry) => [entry.name, entry]));
  for (const entry of after) {
    compareEntry({ path: join(path, entry.name), before: previous.get(entry.name), after: entry }, level);
    previous.delete(entry.name);
  }
  for (const entry of previous.values()) {
    compareEntry({ path: join(path, entry.name), before: entry, after: undefined }, level);
  }
}

function compareEntry({ path, before, after }: Change, level: Level): void {
  if (before?.oid === after?.oid && before?.kind === after?.kind && before?.executable === after?.executable) return;
  const folder = { path, before: treeOf(before), after: treeOf(after) };
  if (folder.before !== undefined || folder.after !== undefined) level.folders.push(folder);
  const change = describe(path, fileOf(before), fileOf(after));
  if (change !== undefined) level.changes.push(change);
}

function describe(path: string, before: TreeFile | undefined, after: TreeFile | undefined): TreeChange | undefined {
  if (before === undefined && after === undefined) return undefined;
  if (after === undefined) return { action: "removed", path, previousOid: before?.oid ?? "" };
  if (before === undefined) return { action: "added", path, oid: after.oid, kind: after.kind };
  return { action: "modified", path, previousOid: before.oid, oid: after.oid, kind: after.kind };
}

function treeOf(entry: TreeEntry | undefined): Oid | undefined {
  return entry?.kind === "tree" ? entry.oid : undefined;
}

function fileOf(entry: TreeEntry | undefined): TreeFile | undefined {
  if (entry === undefined || entry.kind === "tree") return undefined;
  return { path: entry.name, oid: entry.oid, kind: entry.kind };
}

function join(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

function byPath(a: TreeChange, b: TreeChange): number {
  if (a.path === b.path) return 0;
  return a.path < b.path ? -1 : 1;
}
