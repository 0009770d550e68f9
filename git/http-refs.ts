/**
 * Where a remote's refs stand, by one request of Git's protocol version 2 (gitprotocol-v2(5), `ls-refs`) and no git process:
 * `git ls-remote` starts two and asks twice, which is most of the time of a command that only wants to know whether anything
 * moved. What is out of the ordinary is left to git: the answer is then undefined.
 */
import { delimiterPacket, exchange, flushPacket, packetLine, readPackets } from "./http-exchange.ts";
import type { RemoteOptions } from "./native/remote-url.ts";
import type { Oid, Ref } from "./repository.ts";

const mostBytes = 4 * 1024 * 1024;
const patienceMs = 5000;

/** The refs of these names that the remote has; undefined when git should ask. */
export async function askHttpRefs(
  remote: RemoteOptions,
  refs: readonly Ref[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<Ref, Oid> | undefined> {
  const question = [
    packetLine("command=ls-refs\n"),
    packetLine("agent=gitplane\n"),
    delimiterPacket,
    ...refs.map((ref) => packetLine(`ref-prefix ${ref}\n`)),
    flushPacket,
  ].join("");
  const body = Buffer.from(question);
  const answer = await exchange(remote, { service: "git-upload-pack", body, mostBytes, patienceMs, signal });
  const packets = answer === undefined ? undefined : readPackets(answer);
  if (packets === undefined) return undefined;
  const wanted = new Set(refs);
  const found = new Map<Ref, Oid>();
  for (const packet of packets) {
    const match = /^([0-9a-f]{40}|[0-9a-f]{64}) (\S+)/.exec(packet.toString("utf8"));
    if (match?.[1] === undefined || match[2] === undefined) return undefined;
    if (wanted.has(match[2])) found.set(match[2], match[1]);
  }
  return found;
}
