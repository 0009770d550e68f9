/**
 * Some dozens of objects into the repository as one pack with its index (gitformat-pack(5)), without a process: two files to
 * flush where each object by itself would be one. Written aside, flushed, and named as git's own index-pack does it: the pack
 * first and its index last, which is what makes the pack seen, so that a writer killed at any moment leaves nothing that
 * counts.
 */

import { createHash, randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { crc32 } from "node:zlib";
import type { ObjectFormat } from "../object-id.ts";
import type { Oid } from "../repository.ts";
import { packedObject, packHead } from "../small-pack.ts";
import type { NewObject } from "../tree-edit.ts";
import { openObjectFolder, unlinkIfThere, writeFailure, writeNewFile } from "./object-files.ts";
import type { GitFolder } from "./program.ts";

/** As for loose objects, which these would be otherwise. */
const LEVEL = 1;

type Entry = { readonly id: Buffer; readonly offset: number; readonly crc: number };

/** On the disk when it ends. Throws GitError `disk-full`, `failed`. */
export async function writePackFile(
  folder: GitFolder,
  format: ObjectFormat,
  objects: ReadonlyMap<Oid, NewObject>,
): Promise<void> {
  const { pack, name, index } = packOf(format, objects);
  try {
    const objectFolder = openObjectFolder(folder);
    const path = `${objectFolder.path}/pack`;
    fs.mkdirSync(path, { recursive: true });
    const mark = randomUUID();
    const [packAside, indexAside] = [`${path}/tmp_pack_${mark}`, `${path}/tmp_idx_${mark}`];
    try {
      await writeNewFile(packAside, pack, objectFolder);
      await writeNewFile(indexAside, index, objectFolder);
      fs.renameSync(packAside, `${path}/pack-${name}.pack`);
      fs.renameSync(indexAside, `${path}/pack-${name}.idx`);
    } finally {
      unlinkIfThere(packAside);
      unlinkIfThere(indexAside);
    }
  } catch (error) {
    throw writeFailure(folder, error);
  }
}

type Packed = { readonly pack: Buffer; readonly name: string; readonly index: Buffer };

function packOf(format: ObjectFormat, objects: ReadonlyMap<Oid, NewObject>): Packed {
  const head = packHead(objects.size);
  const parts = [head];
  const entries: Entry[] = [];
  let offset = head.length;
  for (const [oid, object] of objects) {
    const bytes = packedObject(object, LEVEL);
    entries.push({ id: Buffer.from(oid, "hex"), offset, crc: crc32(bytes) });
    parts.push(bytes);
    offset += bytes.length;
  }
  const content = Buffer.concat(parts);
  const checksum = createHash(format).update(content).digest();
  return {
    pack: Buffer.concat([content, checksum]),
    name: checksum.toString("hex"),
    index: indexOf(format, entries, checksum),
  };
}

const INDEX_HEAD = Buffer.from("\u00fftOc\0\0\0\u0002", "latin1");

/** Version 2. The pack is far below the 2 GiB from which an offset would need eight bytes. */
function indexOf(format: ObjectFormat, entries: readonly Entry[], packChecksum: Buffer): Buffer {
  const sorted = entries.toSorted((a, b) => Buffer.compare(a.id, b.id));
  const upTo = Array<number>(256).fill(0);
  for (const { id } of sorted) upTo[id[0] ?? 0] = (upTo[id[0] ?? 0] ?? 0) + 1;
  for (let first = 1; first < upTo.length; first += 1) upTo[first] = (upTo[first] ?? 0) + (upTo[first - 1] ?? 0);
  const content = Buffer.concat([
    INDEX_HEAD,
    words(upTo),
    ...sorted.map(({ id }) => id),
    words(sorted.map(({ crc }) => crc)),
    words(sorted.map(({ offset }) => offset)),
    packChecksum,
  ]);
  return Buffer.concat([content, createHash(format).update(content).digest()]);
}

/** Each in four bytes, the highest first. */
function words(values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) buffer.writeUInt32BE(value, at * 4);
  return buffer;
}
