/** Commits and trees as parsed, the most recently used of them: an object never changes, so its id is all there is to check. */

import { readCommitText } from "../commit-text.ts";
import type { Commit, Oid, TreeEntry } from "../repository.ts";
import { readTreeBody } from "../tree.ts";
import type { NewObject } from "../tree-edit.ts";

export type ParsedCommit = { readonly kind: "commit"; readonly commit: Commit; readonly heapBytes: number };
export type ParsedTree = { readonly kind: "tree"; readonly entries: readonly TreeEntry[]; readonly heapBytes: number };
export type ParsedObject = ParsedCommit | ParsedTree;

/** What an entry of a tree takes on the heap: an object, an id of forty characters, a short name. */
const TREE_ENTRY_BYTES = 200;
/** The text of a commit is there whole and in parts, at worst two bytes a character. */
const COMMIT_TEXT_FACTOR = 4;
const OBJECT_BYTES = 500;

/** Undefined for a blob, which is not parsed. Throws GitError `corrupt` for what no reader should be given. */
export function parseObject(oid: Oid, object: NewObject): ParsedObject | undefined {
  switch (object.type) {
    case "commit":
      return parseCommit(oid, object.body);
    case "tree":
      return parseTree(oid, object.body);
    case "blob":
    case "tag":
      return undefined;
  }
}

/** Throws GitError `corrupt`. */
export function parseCommit(oid: Oid, body: Uint8Array): ParsedCommit {
  const heapBytes = OBJECT_BYTES + COMMIT_TEXT_FACTOR * body.byteLength;
  return { kind: "commit", commit: readCommitText(oid, body), heapBytes };
}

/** Throws GitError `corrupt`. */
export function parseTree(oid: Oid, body: Uint8Array): ParsedTree {
  const entries = readTreeBody(oid, body);
  return { kind: "tree", entries, heapBytes: OBJECT_BYTES + TREE_ENTRY_BYTES * entries.length };
}

export class ObjectCache {
  readonly #mostBytes: number;
  /** The least recently used first. */
  readonly #objects = new Map<Oid, ParsedObject>();
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get(oid: Oid): ParsedObject | undefined {
    const object = this.#objects.get(oid);
    if (object === undefined) return undefined;
    this.#objects.delete(oid);
    this.#objects.set(oid, object);
    return object;
  }

  /** Drops others to make room; one that alone takes more than all the room is not kept. */
  put(oid: Oid, object: ParsedObject): void {
    if (object.heapBytes > this.#mostBytes) return;
    this.#drop(oid);
    this.#objects.set(oid, object);
    this.#bytes += object.heapBytes;
    for (const oldest of this.#objects.keys()) {
      if (this.#bytes <= this.#mostBytes) return;
      this.#drop(oldest);
    }
  }

  #drop(oid: Oid): void {
    this.#bytes -= this.#objects.get(oid)?.heapBytes ?? 0;
    this.#objects.delete(oid);
  }
}
