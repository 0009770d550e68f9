/**
 * A few objects into the repository without a process, each as a file of its own (gitrepository-layout(5)), under the rules
 * that git's writer keeps (object-file.c, tmp-objdir.c): written aside, on the disk before it gets its name, never over one
 * that is there, and its name only after everything it names. So a writer killed at any moment leaves objects that are whole
 * and one folder, whose name tells git and our maintenance what may be deleted. Each file is flushed by itself, where git's
 * `core.fsyncMethod=batch` trusts the file system with one flush for all.
 */

import * as fs from "node:fs";
import { rmdir, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { deflate, deflateSync } from "node:zlib";
import { GitError, type Oid } from "../repository.ts";
import type { NewObject } from "../tree-edit.ts";
import type { GitFolder } from "./program.ts";

/** How git names the folders it writes into first; `git prune` knows them too. */
export const ASIDE_PREFIX = "tmp_objdir-";

// Half the time of their namesakes in node:fs/promises, and a commit waits for some thirty of them.
const [chmod, link, mkdir, mkdtemp] = [
  promisify(fs.chmod),
  promisify(fs.link),
  promisify(fs.mkdir),
  promisify(fs.mkdtemp),
];
const [rename, stat, unlink, writeFile] = [
  promisify(fs.rename),
  promisify(fs.stat),
  promisify(fs.unlink),
  promisify(fs.writeFile),
];
const deflateAside = promisify(deflate);
/** Below this, a turn through the thread pool costs more than the work. */
const DEFLATE_ASIDE_BYTES = 64 * 1024;
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
    const folderMode = (await stat(path)).mode & 0o7777;
    const place = { objects: path, aside: await mkdtemp(join(path, `${ASIDE_PREFIX}loose-`)), folderMode };
    try {
      await writeAside(folder, place, [...objects]);
      await giveNames(place, [...objects]);
    } finally {
      await removeAside(place, [...objects.keys()]);
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
  const isSmall = plain.length < DEFLATE_ASIDE_BYTES;
  const packed = isSmall ? deflateSync(plain, { level: LEVEL }) : await deflateAside(plain, { level: LEVEL });
  const path = join(place.aside, oid);
  await writeFile(path, packed, { flag: "wx", mode: 0o444, flush: true });
  if (isShared(place)) await chmod(path, 0o444 & place.folderMode);
}

/** Blobs in any order; then trees and the commit one by one, each after those that it names. */
async function giveNames(place: Place, objects: readonly (readonly [Oid, NewObject])[]): Promise<void> {
  const blobs = objects.filter(([, { type }]) => type === "blob");
  const naming = blobs.map(async ([oid]) => giveName(place, oid));
  await Promise.allSettled(naming);
  await Promise.all(naming);
  for (const [oid, { type }] of objects) if (type !== "blob") await giveName(place, oid);
}

/** git deletes a folder that it has emptied, at any moment. */
async function giveName(place: Place, oid: Oid): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await linkOrMove(join(place.aside, oid), pathOf(place, oid));
    } catch (error) {
      if (codeOf(error) !== "ENOENT" || tries >= MOST_TRIES) throw error;
      await makeFolder(dirname(pathOf(place, oid)), place);
    }
  }
}

async function linkOrMove(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return touch(to);
    if (!NO_LINKS.has(codeOf(error))) throw error;
    await rename(from, to);
  }
}

/** What `git prune` might take for old garbage is in use again; what belongs to another user stays as it is. */
async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EPERM" && error.code !== "EACCES") throw error;
  });
}

async function removeAside({ aside }: Place, oids: readonly Oid[]): Promise<void> {
  const removing = oids.map(async (oid) => {
    await unlink(join(aside, oid)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
  });
  await Promise.all(removing);
  await rmdir(aside);
}

/** Whether others than its owner write here (git-config(1), core.sharedRepository): then modes are not the umask's to say. */
function isShared({ folderMode }: Place): boolean {
  return (folderMode & 0o022) !== 0;
}

async function makeFolder(path: string, place: Place): Promise<void> {
  try {
    await mkdir(path);
    if (isShared(place)) await chmod(path, place.folderMode);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

function pathOf(place: Place, oid: Oid): string {
  return join(place.objects, oid.slice(0, 2), oid.slice(2));
}

function failureOf(folder: GitFolder, error: unknown): GitError {
  if (error instanceof GitError) return error;
  const code = FULL.has(codeOf(error)) ? "disk-full" : "failed";
  return new GitError(code, `writing objects to ${folder.path} failed: ${codeOf(error)}`, { cause: error });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
