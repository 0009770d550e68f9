/** Object ids: the hash of `<type> <size>\0<body>`, SHA-1 or SHA-256 as the repository has it. */

import { createHash, hash } from "node:crypto";
import type { Oid } from "./repository.ts";

export type ObjectType = "blob" | "tree" | "commit" | "tag";
export type ObjectFormat = "sha1" | "sha256";

/** The id of an object with this type and body; text is UTF-8. */
export function hashObject(format: ObjectFormat, type: ObjectType, body: Uint8Array | string): Oid {
  // Of a string no bytes are made here: of thousands of large texts they would outweigh the texts.
  if (typeof body === "string") return hash(format, `${type} ${Buffer.byteLength(body)}\0${body}`);
  const header = Buffer.from(`${type} ${body.byteLength}\0`);
  if (body.byteLength < 4096) return hash(format, Buffer.concat([header, body]));
  return createHash(format).update(header).update(body).digest("hex");
}

/** SHA-1 ids have forty digits, SHA-256 ids sixty-four. */
export function formatOf(oid: Oid): ObjectFormat {
  return oid.length === 64 ? "sha256" : "sha1";
}
