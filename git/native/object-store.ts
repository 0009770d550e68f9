/** The repository's objects: read through one reader and a cache, written by whatever suits their number, and counted. */

import { formatOf, hashObject, type ObjectFormat } from "../object-id.ts";
import type { Commit, ObjectCounts, Oid, TreeEntry } from "../repository.ts";
import type { NewObject } from "../tree-edit.ts";
import { ObjectReader } from "./cat-file.ts";
import { ObjectCache, parseCommit, parseObject, parseTree, type ParsedObject } from "./object-cache.ts";
import type { GitFolder } from "./program.ts";
import { RecentObjects } from "./recent-objects.ts";
import { MOST_LOOSE_OBJECTS, writeObjects } from "./write-objects.ts";

const COUNTED = { commit: "commits", tree: "trees", blob: "blobs" } as const;

export class ObjectStore implements AsyncDisposable {
  readonly format: ObjectFormat;
  readonly #folder: GitFolder;
  readonly #reader: ObjectReader;
  readonly #cache: ObjectCache;
  readonly #reads = { commits: 0, trees: 0, blobs: 0 };
  readonly #writes = { commits: 0, trees: 0, blobs: 0 };
  readonly #recent = new RecentObjects();

  constructor(folder: GitFolder, format: ObjectFormat) {
    this.format = format;
    this.#folder = folder;
    this.#reader = new ObjectReader(folder);
    this.#cache = new ObjectCache(folder.limits.cacheBytes);
  }

  get reads(): ObjectCounts {
    return { ...this.#reads };
  }

  get writes(): ObjectCounts {
    return { ...this.#writes };
  }

  async has(oid: Oid): Promise<boolean> {
    return this.#recall(oid) !== undefined || (await this.#reader.info(oid)) !== undefined;
  }

  async readCommit(oid: Oid): Promise<Commit> {
    const known = this.#recall(oid);
    if (known?.kind === "commit") return known.commit;
    const body = await this.#reader.read(oid, "commit");
    this.#reads.commits += 1;
    const parsed = parseCommit(oid, body);
    this.#cache.put(oid, parsed);
    return parsed.commit;
  }

  async readTree(oid: Oid): Promise<readonly TreeEntry[]> {
    // The empty tree needs no object: git itself knows it by its id.
    if (oid === hashObject(formatOf(oid), "tree", new Uint8Array())) return [];
    const known = this.#recall(oid);
    if (known?.kind === "tree") return known.entries;
    const body = await this.#reader.read(oid, "tree");
    this.#reads.trees += 1;
    const parsed = parseTree(oid, body);
    this.#cache.put(oid, parsed);
    return parsed.entries;
  }

  async readBlob(oid: Oid): Promise<Uint8Array> {
    const known = this.recent(oid);
    if (known?.type === "blob" && known.body.byteLength <= this.#folder.limits.blobBytes) return known.body;
    const body = await this.#reader.read(oid, "blob");
    this.#reads.blobs += 1;
    return body;
  }

  /**
   * Stores objects, each after those that it names. A tree or commit that the strict reader would refuse is not written. The
   * paths are those of files that are new or changed. Throws GitError `corrupt`, `disk-full`, `failed`, `timeout`, `aborted`.
   */
  async write(given: ReadonlyMap<Oid, NewObject>, paths: readonly string[]): Promise<void> {
    this.#reader.refuseWhenClosed();
    const isFew = given.size <= MOST_LOOSE_OBJECTS;
    // Few are read again from `recent`. Many would only drive each other out of it, and their bodies are never all there.
    const objects = isFew ? withBodies(given) : given;
    const parsed = [...objects].map(([oid, object]) => [oid, parseObject(oid, object)] as const);
    await writeObjects(this.#folder, { format: this.format, objects, paths });
    for (const [oid, object] of parsed) if (object !== undefined) this.#cache.put(oid, object);
    if (isFew) for (const [oid, object] of objects) this.#recent.put(oid, object);
    for (const { type } of objects.values()) if (type !== "tag") this.#writes[COUNTED[type]] += 1;
  }

  /** An object that was written here not long ago; undefined says nothing. */
  recent(oid: Oid): NewObject | undefined {
    this.#reader.refuseWhenClosed();
    return this.#recent.get(oid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader[Symbol.asyncDispose]();
  }

  #recall(oid: Oid): ParsedObject | undefined {
    this.#reader.refuseWhenClosed();
    return this.#cache.get(oid);
  }
}

function withBodies(objects: ReadonlyMap<Oid, NewObject>): ReadonlyMap<Oid, NewObject> {
  return new Map(Array.from(objects, ([oid, { type, body }]) => [oid, { type, body }]));
}
