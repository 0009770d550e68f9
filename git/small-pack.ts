/**
 * Packs of a few whole objects (gitformat-pack(5)), as one commit of a machine makes them: written, and read without a git
 * process. A pack with deltas, or of more than was said, is not read here.
 */
import { createHash } from "node:crypto";
import { deflateSync, inflateSync } from "node:zlib";
import { hashObject, type ObjectFormat, type ObjectType } from "./object-id.ts";
import type { Oid } from "./repository.ts";
import type { NewObject } from "./tree-edit.ts";

const types: ReadonlyMap<number, ObjectType> = new Map([
  [1, "commit"],
  [2, "tree"],
  [3, "blob"],
  [4, "tag"],
]);
const headBytes = 12;
const version = 2;

export type PackBounds = { readonly mostObjects: number; readonly mostBytes: number };

/** The objects by id, each id computed from its bytes. Undefined for anything else than such a pack, whole and sound. */
export function readSmallPack(
  pack: Buffer,
  { mostObjects, mostBytes }: PackBounds,
): ReadonlyMap<Oid, NewObject> | undefined {
  const hashBytes = 20;
  const end = pack.length - hashBytes;
  if (end < headBytes || pack.toString("latin1", 0, 4) !== "PACK" || pack.readUInt32BE(4) !== version) return undefined;
  if (!createHash("sha1").update(pack.subarray(0, end)).digest().equals(pack.subarray(end))) return undefined;
  const count = pack.readUInt32BE(8);
  if (count > mostObjects) return undefined;
  const objects = new Map<Oid, NewObject>();
  let left = mostBytes;
  let at = headBytes;
  for (let index = 0; index < count; index += 1) {
    const head = readHead(pack, at, end);
    const type = head && types.get(head.type);
    if (head === undefined || type === undefined || head.sizeBytes > left) return undefined;
    left -= head.sizeBytes;
    const inflated = inflate(pack.subarray(head.next, end), head.sizeBytes);
    if (inflated === undefined) return undefined;
    objects.set(hashObject("sha1", type, inflated.body), { type, body: inflated.body });
    at = head.next + inflated.consumedBytes;
  }
  return at === end ? objects : undefined;
}

type Head = { readonly type: number; readonly sizeBytes: number; readonly next: number };

/** Type and size: three bits and four in the first byte, seven bits of the size in each that follows. */
function readHead(pack: Buffer, at: number, end: number): Head | undefined {
  const first = pack[at] ?? 0;
  let sizeBytes = first & 0x0f;
  let next = at + 1;
  for (let more = first & 0x80, unit = 16; more !== 0; unit *= 128) {
    if (next >= end || unit > 2 ** 40) return undefined;
    const byte = pack[next] ?? 0;
    sizeBytes += (byte & 0x7f) * unit;
    more = byte & 0x80;
    next += 1;
  }
  return { type: (first >> 4) & 0x07, sizeBytes, next };
}

type Inflated = { readonly body: Buffer; readonly consumedBytes: number };

function inflate(bytes: Buffer, sizeBytes: number): Inflated | undefined {
  try {
    // With `info` the answer is the buffer and the engine, which says how much it took (Node.js: "zlib, info").
    const options = { info: true, maxOutputLength: Math.max(1, sizeBytes) } as const;
    const { buffer, engine } = inflateSync(bytes, options) as unknown as {
      readonly buffer: Buffer;
      readonly engine: { readonly bytesWritten: number };
    };
    return buffer.length === sizeBytes ? { body: buffer, consumedBytes: engine.bytesWritten } : undefined;
  } catch {
    return undefined;
  }
}

/** The pack, undeltified. */
export function writeSmallPack(format: ObjectFormat, objects: Iterable<NewObject>): Buffer {
  const parts: Buffer[] = [];
  let count = 0;
  for (const object of objects) {
    parts.push(packedObject(object));
    count += 1;
  }
  const rest = Buffer.concat([packHead(count), ...parts]);
  return Buffer.concat([rest, createHash(format).update(rest).digest()]);
}

/** One object as it stands in a pack, undeltified; `level` is zlib's, by default its own. */
export function packedObject({ type, body }: NewObject, level?: number): Buffer {
  return Buffer.concat([objectHeader(type, body.byteLength), deflateSync(body, level === undefined ? {} : { level })]);
}

export function packHead(count: number): Buffer {
  const head = Buffer.from("PACK\0\0\0\u0002\0\0\0\0", "latin1");
  head.writeUInt32BE(count, 8);
  return head;
}

const numbers: Readonly<Record<ObjectType, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };

/** The inverse of how an entry's head is read. */
export function objectHeader(type: ObjectType, sizeBytes: number): Buffer {
  const bytes = [((numbers[type] ?? 0) << 4) | (sizeBytes & 0x0f)];
  for (let rest = Math.floor(sizeBytes / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80;
    bytes.push(rest & 0x7f);
  }
  return Buffer.from(bytes);
}
