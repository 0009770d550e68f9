/**
 * New objects into the repository, and no ref. A few are written as loose objects here, without a process and without piling
 * up packs; some dozens as a pack, which is flushed once where they would be dozens of times; many go as one pack to
 * `index-pack`, which stores it. What `--strict` checks there holds here: each tree and commit
 * is one that the strict reader takes (object-store.ts), what it names is written before it or stood in the
 * parent's tree already, and only git itself knows what may stand in the files that it reads, so those go through
 * `unpack-objects`. All write to a temporary name first, so a process killed at any moment leaves nothing half written.
 * Chosen over fast-import, which was as fast as index-pack: that needs a ref to write to, silently replaces a folder by a
 * file, and leaves crash reports with the content in the repository.
 */

import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { deflate, deflateSync } from "node:zlib";
import type { ObjectFormat } from "../object-id.ts";
import { isReadByGit } from "../path.ts";
import type { Oid } from "../repository.ts";
import { objectHeader, packHead } from "../small-pack.ts";
import type { NewObject } from "../tree-edit.ts";
import { writeLooseObjects } from "./loose-objects.ts";
import { writePackFile } from "./pack-file.ts";
import { runGitOrFail, type GitFolder } from "./program.ts";

const deflateAside = promisify(deflate);

/** As git's own `transfer.unpackLimit`. */
export const MOST_LOOSE_OBJECTS = 100;
/** What a change to one file or two comes to. More at once are rare enough for a pack each. */
const MOST_SINGLE_FILES = 20;
/** A pack of ours is made in memory. */
const MOST_OWN_PACK_BYTES = 4 * 1024 * 1024;
/** Below this, a turn through the thread pool costs more than the work. */
const DEFLATE_ASIDE_BYTES = 64 * 1024;
const CHUNK_BYTES = 256 * 1024;
/**
 * At level 2 a manifest of 20 KB takes 0.1 ms, against 0.3 at git's own 6, and becomes 2.3 KB instead of 2.0. The smaller
 * window and tables (deflateInit2 in zlib's manual) change neither, and halve what each call allocates outside the heap:
 * thousands of calls made the collector run for that alone.
 */
const DEFLATING = { level: 2, windowBits: 14, memLevel: 7 };
/** What is answered keeps all of the memory that it was written into. */
const DEFLATING_SMALL = { ...DEFLATING, chunkSize: 4096 };

export type NewObjects = {
  readonly format: ObjectFormat;
  /** Each after those that it names. */
  readonly objects: ReadonlyMap<Oid, NewObject>;
  /** Of the files that are new or changed. */
  readonly paths: readonly string[];
};

/** Durable when it ends. Throws GitError `disk-full`, `failed`, `timeout`, `aborted`. */
export async function writeObjects(folder: GitFolder, { format, objects, paths }: NewObjects): Promise<void> {
  const isFew = objects.size <= MOST_LOOSE_OBJECTS;
  if (isFew && !paths.some((path) => isReadByGit(path))) {
    if (objects.size <= MOST_SINGLE_FILES || bytesOf(objects) > MOST_OWN_PACK_BYTES)
      return writeLooseObjects(folder, objects);
    return writePackFile(folder, format, objects);
  }
  const command = isFew ? ["unpack-objects", "-q", "--strict"] : ["index-pack", "--stdin", "--strict"];
  await runGitOrFail(folder, command, { input: packOf(format, objects) });
}

function bytesOf(objects: NewObjects["objects"]): number {
  let bytes = 0;
  for (const { body } of objects.values()) bytes += body.byteLength;
  return bytes;
}

/** The pack, undeltified, in chunks (gitformat-pack(5)). */
async function* packOf(format: ObjectFormat, objects: ReadonlyMap<string, NewObject>): AsyncGenerator<Buffer> {
  const hash = createHash(format);
  const head = packHead(objects.size);
  let chunk: Buffer[] = [head];
  let bytes = head.length;
  for (const { type, body } of objects.values()) {
    const packed =
      body.byteLength < DEFLATE_ASIDE_BYTES ? deflateSync(body, DEFLATING_SMALL) : await deflateAside(body, DEFLATING);
    const header = objectHeader(type, body.byteLength);
    chunk.push(header, packed);
    bytes += header.length + packed.length;
    if (bytes < CHUNK_BYTES) continue;
    const ready = Buffer.concat(chunk);
    hash.update(ready);
    yield ready;
    chunk = [];
    bytes = 0;
  }
  const rest = Buffer.concat(chunk);
  yield Buffer.concat([rest, hash.update(rest).digest()]);
}
