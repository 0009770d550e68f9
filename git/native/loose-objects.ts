/**
 * A few objects into the repository without a process, each as a file of its own (gitrepository-layout(5)), under the rules
 * that git's writer keeps (object-file.c, tmp-objdir.c): written aside, on the disk before it gets its name, never over one
 * that is there, and its name only after everything it names. So a writer killed at any moment leaves objects that are whole
 * and one folder, whose name tells git and our maintenance what may be deleted. Each file is flushed by itself, where git's
 * `core.fsyncMethod=batch` trusts the file system with one flush for all. All but the flushes and large files is done in place:
 * a commit makes some sixty calls, and each took more processor time on its way through the thread pool than in the kernel.
 */

import * as fs from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { deflate, deflateSync } from "node:zlib";
import { GitError, type Oid } from "../repository.ts";
import type { NewObject } from "../tree-edit.ts";
import type { GitFolder } from "./program.ts";

/** How git names the folders it writes into first; `git prune` knows them too. */
export const ASIDE_PREFIX = "tmp_objdir-";

const flush = promisify(fs.fsync);
const deflateAside = promisify(deflate);
/** Below this, a turn through the thread pool costs more than the work. */
const SMALL_BYTES = 64 * 1024;
const MODE = 0o444;
/** As git's own `core.looseCompression`. */
const LEVEL = 1;
const WRITES_AT_ONCE = 16;
const MOST_TRIES = 3;
const FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);
/** File systems without hard links say one of these; EMLINK and EXDEV as git takes them (object-file.c). */
const NO_LINKS: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"]);

type Place = { readonly objects: string; readonly aside: string; readonly folderMode: number };

/**
 * Writes objects, each after those that it names. When this ends they are on the disk, and a ref that is moved now gets there
 * after them. Throws GitError `disk-full`, `failed`, `aborted`; what was written until then stays and is whole.
 */
export async function writeLooseObjects(folder: GitFolder, objects: ReadonlyMap<Oid, NewObject>): Promise<void> {
  const path = join(folder.path, "objects");
  try {
    const folderMode = fs.statSync(path).mode & 0o7777;
    const place = { objects: path, aside: fs.mkdtempSync(join(path, `${ASIDE_PREFIX}loose-`)), folderMode };
    try {
      await writeAside(folder, place, [...objects]);
      giveNames(place, [...objects]);
    } finally {
      removeAside(place, objects.keys());
    }
  } catch (error) {
    throw failureOf(folder, error);
  }
}

async function writeAside(
  folder: GitFolder,
  place: Place,
  objects: readonly (readonly [Oid, NewObject])[],
): Promise<void> {
  for (let at = 0; at < objects.length; at += WRITES_AT_ONCE) {
    if (folder.signal?.aborted === true) throw new GitError("aborted", `writing to ${folder.path} was told to stop`);
    const batch = objects.slice(at, at + WRITES_AT_ONCE);
    const writing = batch.map(async ([oid, object]) => writeOne(place, oid, object));
    await Promise.allSettled(writing); // none may still write when the folder is removed
    await Promise.all(writing);
  }
}

async function writeOne(place: Place, oid: Oid, { type, body }: NewObject): Promise<void> {
  const plain = Buffer.concat([Buffer.from(`${type} ${body.byteLength}\0`), body]);
  const path = asideOf(place, oid);
  if (plain.length < SMALL_BYTES) await writeSmall(path, deflateSync(plain, { level: LEVEL }));
  else await writeFile(path, await deflateAside(plain, { level: LEVEL }), { flag: "wx", mode: MODE, flush: true });
  if (isShared(place)) fs.chmodSync(path, MODE & place.folderMode);
}

async function writeSmall(path: string, bytes: Buffer): Promise<void> {
  const file = fs.openSync(path, "wx", MODE);
  try {
    for (let at = 0; at < bytes.length;) at += fs.writeSync(file, bytes, at);
    await flush(file);
  } finally {
    fs.closeSync(file);
  }
}

/** Blobs in any order; then trees and the commit, each after those that it names. */
function giveNames(place: Place, objects: readonly (readonly [Oid, NewObject])[]): void {
  for (const [oid, { type }] of objects) if (type === "blob") giveName(place, oid);
  for (const [oid, { type }] of objects) if (type !== "blob") giveName(place, oid);
}

/** git deletes a folder that it has emptied, at any moment. */
function giveName(place: Place, oid: Oid): void {
  for (let tries = 1; ; tries++) {
    try {
      return linkOrMove(asideOf(place, oid), pathOf(place, oid));
    } catch (error) {
      if (codeOf(error) !== "ENOENT" || tries >= MOST_TRIES) throw error;
      makeFolder(folderOf(place, oid), place);
    }
  }
}

function linkOrMove(from: string, to: string): void {
  try {
    fs.linkSync(from, to);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return touch(to);
    if (!NO_LINKS.has(codeOf(error))) throw error;
    fs.renameSync(from, to);
  }
}

/** What `git prune` might take for old garbage is in use again; what belongs to another user stays as it is. */
function touch(path: string): void {
  const now = new Date();
  try {
    fs.utimesSync(path, now, now);
  } catch (error) {
    if (codeOf(error) !== "EPERM" && codeOf(error) !== "EACCES") throw error;
  }
}

function removeAside(place: Place, oids: Iterable<Oid>): void {
  for (const oid of oids) {
    try {
      fs.unlinkSync(asideOf(place, oid));
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }
  fs.rmdirSync(place.aside);
}

/** Whether others than its owner write here (git-config(1), core.sharedRepository): then modes are not the umask's to say. */
function isShared({ folderMode }: Place): boolean {
  return (folderMode & 0o022) !== 0;
}

function makeFolder(path: string, place: Place): void {
  try {
    fs.mkdirSync(path);
    if (isShared(place)) fs.chmodSync(path, place.folderMode);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

// Put together by hand: `join` looks at every character, and a commit has sixty of these.
function asideOf({ aside }: Place, oid: Oid): string {
  return `${aside}/${oid}`;
}

function folderOf({ objects }: Place, oid: Oid): string {
  return `${objects}/${oid.slice(0, 2)}`;
}

function pathOf(place: Place, oid: Oid): string {
  return `${folderOf(place, oid)}/${oid.slice(2)}`;
}

function failureOf(folder: GitFolder, error: unknown): GitError {
  if (error instanceof GitError) return error;
  const code = FULL.has(codeOf(error)) ? "disk-full" : "failed";
  return new GitError(code, `writing objects to ${folder.path} failed: ${codeOf(error)}`, { cause: error });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
