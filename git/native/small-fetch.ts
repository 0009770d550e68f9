/**
 * One commit, or a few, from a web host without a git process: five of them and 60 ms of processor time are most of what
 * following a plane costs otherwise. What arrives is held to what git holds it to (fetch.ts): every object is hashed, every
 * tree and commit goes through the strict reader, and every name in them leads to an object that came along or to the very
 * one that stood at its path before. Whatever else there is (deltas, many objects, history of another shape, files that git
 * reads itself, any refusal) is left to git: the answer is then false and nothing was written.
 */

import { readCommitText } from "../commit-text.ts";
import { delimiterPacket, exchange, flushPacket, packetLine, readPackets } from "../http-exchange.ts";
import { isReadByGit } from "../path.ts";
import { type Commit, GitError, type Oid, type TreeEntry } from "../repository.ts";
import { readSmallPack } from "../small-pack.ts";
import { readTreeBody } from "../tree.ts";
import type { NewObject } from "../tree-edit.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Remote } from "./remote-url.ts";
import { MOST_LOOSE_OBJECTS } from "./write-objects.ts";

const PACK_BOUNDS = { mostObjects: MOST_LOOSE_OBJECTS, mostBytes: 4 * 1024 * 1024 };
const MOST_ANSWER_BYTES = 1024 * 1024;
const PATIENCE_MS = 10_000;
const DEEPEST_FOLDER = 20;

export type SmallFetch = {
  /** Stands here with all that it names. */
  readonly from: Oid;
  readonly to: Oid;
  readonly signal?: AbortSignal | undefined;
};

/** Whether everything that `to` names is here now. Throws GitError `disk-full`, `failed`, `aborted`. */
export async function fetchSmall(objects: ObjectStore, remote: Remote, wanted: SmallFetch): Promise<boolean> {
  if (objects.format !== "sha1") return false;
  const answer = await ask(remote, wanted);
  const pack = answer === undefined ? undefined : readPackSection(answer);
  const arrived = pack === undefined ? undefined : readSmallPack(pack, PACK_BOUNDS);
  if (arrived === undefined) return false;
  const arrival = new Arrival(objects, arrived);
  if (!(await isWhole(arrival, wanted))) return false;
  await objects.write(arrival.needed, arrival.paths);
  return true;
}

async function ask(remote: Remote, { from, to, signal }: SmallFetch): Promise<Buffer | undefined> {
  const question = [
    packetLine("command=fetch\n"),
    packetLine("agent=gitplane\n"),
    delimiterPacket,
    packetLine("no-progress\n"),
    packetLine(`want ${to}\n`),
    packetLine(`have ${from}\n`),
    packetLine("done\n"),
    flushPacket,
  ].join("");
  const bounds = { mostBytes: MOST_ANSWER_BYTES, patienceMs: PATIENCE_MS };
  return exchange(remote, { service: "git-upload-pack", body: Buffer.from(question), ...bounds, signal });
}

/** The bytes of band 1 below the section's head (gitprotocol-v2(5), `packfile`). */
function readPackSection(answer: Buffer): Buffer | undefined {
  const [head, ...packets] = readPackets(answer) ?? [];
  if (head?.toString("latin1") !== "packfile\n") return undefined;
  const bands = packets.map((packet) => packet[0]);
  if (bands.some((band) => band !== 1 && band !== 2)) return undefined;
  return Buffer.concat(packets.filter((packet) => packet[0] === 1).map((packet) => packet.subarray(1)));
}

async function isWhole(arrival: Arrival, { from, to }: SmallFetch): Promise<boolean> {
  try {
    return await arrival.takeLine(from, to);
  } catch (error) {
    // git finds the same and has the words for it.
    if (error instanceof GitError && (error.code === "corrupt" || error.code === "missing-object")) return false;
    throw error;
  }
}

type Place = { readonly path: string; readonly depth: number };

class Arrival {
  /** What is to be written, each after those that it names. */
  readonly needed = new Map<Oid, NewObject>();
  readonly paths: string[] = [];
  readonly #objects: ObjectStore;
  readonly #arrived: ReadonlyMap<Oid, NewObject>;

  constructor(objects: ObjectStore, arrived: ReadonlyMap<Oid, NewObject>) {
    this.#objects = objects;
    this.#arrived = arrived;
  }

  /** Whether the commits from below `to` down to above `from` are one line and everything in them is at hand. */
  async takeLine(from: Oid, to: Oid): Promise<boolean> {
    const line: Commit[] = [];
    for (let next = to; next !== from;) {
      const commit = this.#arrived.get(next);
      if (commit?.type !== "commit" || line.length >= PACK_BOUNDS.mostObjects) return false;
      const read = readCommitText(next, commit.body);
      const [parent, ...others] = read.parents;
      if (parent === undefined || others.length > 0) return false;
      line.push(read);
      next = parent;
    }
    let before = (await this.#objects.readCommit(from)).tree;
    for (const commit of line.reverse()) {
      if (!(await this.#takeTree(commit.tree, before, { path: "", depth: 0 }))) return false;
      this.#need(commit.oid);
      before = commit.tree;
    }
    return true;
  }

  async #takeTree(oid: Oid, before: Oid | undefined, { path, depth }: Place): Promise<boolean> {
    if (oid === before || this.needed.has(oid)) return true;
    const tree = this.#arrived.get(oid);
    if (tree?.type !== "tree" || depth > DEEPEST_FOLDER) return false;
    const old = new Map((before === undefined ? [] : await this.#entries(before)).map((entry) => [entry.name, entry]));
    for (const entry of readTreeBody(oid, tree.body)) {
      const place = { path: path === "" ? entry.name : `${path}/${entry.name}`, depth: depth + 1 };
      if (!(await this.#takeEntry(entry, old.get(entry.name), place))) return false;
    }
    this.#need(oid);
    return true;
  }

  /** The trees of a commit in the middle of the line are not written yet. */
  async #entries(oid: Oid): Promise<readonly TreeEntry[]> {
    const arrived = this.#arrived.get(oid);
    return arrived?.type === "tree" ? readTreeBody(oid, arrived.body) : this.#objects.readTree(oid);
  }

  async #takeEntry(entry: TreeEntry, before: TreeEntry | undefined, place: Place): Promise<boolean> {
    if (entry.oid === before?.oid && entry.kind === before.kind) return true;
    if (entry.kind === "tree")
      return this.#takeTree(entry.oid, before?.kind === "tree" ? before.oid : undefined, place);
    if (entry.kind !== "blob" || isReadByGit(place.path)) return false;
    if (this.#arrived.get(entry.oid)?.type !== "blob") return false;
    this.paths.push(place.path);
    this.#need(entry.oid);
    return true;
  }

  #need(oid: Oid): void {
    const object = this.#arrived.get(oid);
    if (object !== undefined) this.needed.set(oid, object);
  }
}
