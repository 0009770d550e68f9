/**
 * One commit to a web host without a git process, when all of it was written a moment ago by this one: what git push would
 * send, by the same exchange (gitprotocol-pack(5), "Pushing Data To a Server"), with the ref's old value in it, so that the
 * host compares and swaps. Only a plain yes is taken; after anything else git pushes, and finds out what was the matter.
 */

import { exchange, flushPacket, packetLine, readPackets } from "../http-exchange.ts";
import type { Oid, Ref } from "../repository.ts";
import { writeSmallPack } from "../small-pack.ts";
import type { NewObject } from "../tree-edit.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Remote } from "./remote-url.ts";
import { MOST_LOOSE_OBJECTS } from "./write-objects.ts";

const MOST_ANSWER_BYTES = 64 * 1024;
const PATIENCE_MS = 30_000;

export type SmallPush = {
  readonly ref: Ref;
  readonly expect: Oid;
  readonly next: Oid;
  readonly signal?: AbortSignal | undefined;
};

/** Whether the host says that the ref has moved. */
export async function pushSmall(objects: ObjectStore, remote: Remote, push: SmallPush): Promise<boolean> {
  if (objects.format !== "sha1" || remote.origin === undefined) return false;
  const sent = await collect(objects, push);
  if (sent === undefined) return false;
  const command = packetLine(`${push.expect} ${push.next} ${push.ref}\0 report-status agent=gitplane\n`);
  const body = Buffer.concat([Buffer.from(command + flushPacket), writeSmallPack("sha1", sent.values())]);
  const bounds = { mostBytes: MOST_ANSWER_BYTES, patienceMs: PATIENCE_MS };
  const answer = await exchange(remote, { service: "git-receive-pack", body, ...bounds, signal: push.signal });
  const report = answer === undefined ? undefined : readPackets(answer)?.map((line) => line.toString("utf8").trimEnd());
  return report?.[0] === "unpack ok" && report.includes(`ok ${push.ref}`);
}

/** What the commit has that its parent lacks at the same path; undefined when not all of it is at hand, or it is much. */
async function collect(objects: ObjectStore, push: SmallPush): Promise<ReadonlyMap<Oid, NewObject> | undefined> {
  const commit = await objects.readCommit(push.next);
  if (commit.parents.length !== 1 || commit.parents[0] !== push.expect) return undefined;
  const found = new Map<Oid, NewObject>();
  const take = (oid: Oid): boolean => {
    const object = objects.recent(oid);
    if (object !== undefined) found.set(oid, object);
    return object !== undefined && found.size <= MOST_LOOSE_OBJECTS;
  };
  const takeTree = async (oid: Oid, before: Oid | undefined): Promise<boolean> => {
    if (oid === before) return true;
    if (!take(oid)) return false;
    const old = new Map((before === undefined ? [] : await objects.readTree(before)).map((one) => [one.name, one]));
    for (const entry of await objects.readTree(oid)) {
      const other = old.get(entry.name);
      if (other?.oid === entry.oid) continue;
      const isTaken =
        entry.kind === "tree"
          ? await takeTree(entry.oid, other?.kind === "tree" ? other.oid : undefined)
          : entry.kind === "blob" && take(entry.oid);
      if (!isTaken) return false;
    }
    return true;
  };
  if (!take(push.next)) return undefined;
  const { tree } = await objects.readCommit(push.expect);
  return (await takeTree(commit.tree, tree)) ? found : undefined;
}
