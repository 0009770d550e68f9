/** Reads the metadata of one live object. Absent is only what the API server says is not there. */
import { objectId, type ObjectKey } from "../../schemas/object-id.ts";
import type { ReadOutcome } from "../target.ts";
import { classifyAnswer, cutReason, readStatus } from "./api-status.ts";
import { type Cluster, locate, namesAnObject, strangeAnswer } from "./cluster.ts";
import { metadataAccept, parseMetadata } from "./object-metadata.ts";

export async function readMetadata(
  cluster: Cluster,
  key: ObjectKey,
  { signal }: { readonly signal: AbortSignal },
): Promise<ReadOutcome> {
  const place = locate(await cluster.discovery.findAnyVersion(key, { signal }), key);
  if (place.kind === "failed") return place;
  if (place.kind === "not-served") return { kind: "absent" };
  const headers = { accept: metadataAccept };
  const answer = await cluster.connection.send({ verb: "get", path: place.path, headers, signal });
  if (answer.kind === "failed") return answer;
  if (answer.status === 200) {
    const metadata = parseMetadata(answer.body);
    return metadata === undefined ? strangeAnswer(answer, key) : { kind: "found", metadata };
  }
  if (answer.status !== 404) return classifyAnswer(answer, key);
  if (namesAnObject(readStatus(answer.body))) return { kind: "absent" };
  cluster.discovery.forget(key.group);
  return { kind: "failed", class: "transient", reason: cutReason(`${objectId(key)}: its path is not served any more`) };
}
