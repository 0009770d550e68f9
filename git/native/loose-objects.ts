/**
 * A few objects into the repository without a process, each as a file of its own (gitrepository-layout(5)), under the rules
 * that git's writer keeps (object-file.c, tmp-objdir.c): written aside, on the disk before it gets its name, never over one
 * that is there, and its name only after everything it names. So a writer killed at any moment leaves objects that are whole
 * and one folder, whose name tells git and our maintenance what may be deleted. Each file is flushed by itself, where git's
 * `core.fsyncMethod=batch` trusts the file system with one flush for all. All but the flushes is done in place:
 * a commit makes some sixty calls, and each took more processor time on its way through the thread pool than in the kernel.
 */

import * as fs from "node:fs";
import { promisify } from "node:util";
import { deflate, deflateSync } from "node:zlib";
import { GitError, type Oid } from "../repository.ts";
import type { NewObject } from "../tree-edit.ts";
import {
  codeOf,
  isShared,
  type ObjectFolder,
  openObjectFolder,
  unlinkIfThere,
  writeFailure,
  writeNewFile,
} from "./object-files.ts";
import type { GitFolder } from "./program.ts";

/** How git names the folders it writes into first; `git prune` knows them too. */
export const ASIDE_PREFIX = "tmp_objdir-";

const deflateAside = promisify(deflate);
/** Below this, a turn through the thread pool costs more than the work. */
const SMALL_BYTES = 64 * 1024;
/** As git's own `core.looseCompression`. */
const LEVEL = 1;
const WRITES_AT_ONCE = 16;
const MOST_TRIES = 3;
/** File systems without hard links say one of these; EMLINK and EXDEV as git takes them (object-file.c). */
const NO_LINKS: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"]);

type Place = { readonly objects: ObjectFolder; readonly aside: string };

/**
 * Writes objects, each after those that it names. When this ends they are on the disk, and a ref that is moved now gets there
 * after them. Throws GitError `disk-full`, `failed`, `aborted`; what was written until then stays and is whole.
 */
export async function writeLooseObjects(folder: GitFolder, objects: ReadonlyMap<Oid, NewObject>): Promise<void> {
  try {
    const objectFolder = openObjectFolder(folder);
    const place = { objects: objectFolder, aside: fs.mkdtempSync(`${objectFolder.path}/${ASIDE_PREFIX}loose-`) };
    try {
      await writeAside(folder, place, [...objects]);
      giveNames(place, [...objects]);
    } finally {
      removeAside(place, objects.keys());
    }
  } catch (error) {
    throw writeFailure(folder, error);
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
  const isSmall = plain.length < SMALL_BYTES;
  const packed = isSmall ? deflateSync(plain, { level: LEVEL }) : await deflateAside(plain, { level: LEVEL });
  await writeNewFile(asideOf(place, oid), packed, place.objects);
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
      makeFolder(folderOf(place, oid), place.objects);
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
  for (const oid of oids) unlinkIfThere(asideOf(place, oid));
  fs.rmdirSync(place.aside);
}

function makeFolder(path: string, { mode }: ObjectFolder): void {
  try {
    fs.mkdirSync(path);
    if (isShared(mode)) fs.chmodSync(path, mode);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

// Put together by hand: `join` looks at every character, and a commit has sixty of these.
function asideOf({ aside }: Place, oid: Oid): string {
  return `${aside}/${oid}`;
}

function folderOf({ objects }: Place, oid: Oid): string {
  return `${objects.path}/${oid.slice(0, 2)}`;
}

function pathOf(place: Place, oid: Oid): string {
  return `${folderOf(place, oid)}/${oid.slice(2)}`;
}
