/** Reads one live object, or its metadata alone. Absent is only what the API server says is not there. */
import { isKubernetesObject, objectId, type ObjectKey } from "../../schemas/object-id.ts";
import type { Failure, ObjectOutcome, ReadOutcome } from "../target.ts";
import { classifyAnswer, cutReason, readStatus } from "./api-status.ts";
import { type Cluster, locate, namesAnObject, strangeAnswer } from "./cluster.ts";
import type { Answered } from "./connection.ts";
import type { Lookup } from "./discovery.ts";
import { metadataAccept, parseMetadata } from "./object-metadata.ts";

export async function readMetadata(
  cluster: Cluster,
  key: ObjectKey,
  { signal }: { readonly signal: AbortSignal },
): Promise<ReadOutcome> {
  const answer = await get(cluster, key, {
    lookup: await cluster.discovery.findAnyVersion(key, { signal }),
    headers: { accept: metadataAccept },
    signal,
  });
  if (answer.kind !== "answered") return answer;
  const metadata = parseMetadata(answer.body);
  return metadata === undefined ? strangeAnswer(answer, key) : { kind: "found", metadata };
}

export async function readWholeObject(
  cluster: Cluster,
  key: ObjectKey,
  { signal }: { readonly signal: AbortSignal },
): Promise<ObjectOutcome> {
  const lookup = await cluster.discovery.find(key, { signal });
  const answer = await get(cluster, key, { lookup, headers: {}, signal });
  if (answer.kind !== "answered") return answer;
  return isKubernetesObject(answer.body) ? { kind: "found", object: answer.body } : strangeAnswer(answer, key);
}

type Get = {
  readonly lookup: Lookup;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
};

/** The answer of a success. */
async function get(
  cluster: Cluster,
  key: ObjectKey,
  { lookup, headers, signal }: Get,
): Promise<Answered | { readonly kind: "absent" } | Failure> {
  const place = locate(lookup, key);
  if (place.kind === "failed") return place;
  if (place.kind === "not-served") return { kind: "absent" };
  const answer = await cluster.connection.send({ verb: "get", path: place.path, headers, signal });
  if (answer.kind === "failed" || answer.status === 200) return answer;
  if (answer.status !== 404) return classifyAnswer(answer, key);
  if (namesAnObject(readStatus(answer.body))) return { kind: "absent" };
  cluster.discovery.forget(key.group);
  return { kind: "failed", class: "transient", reason: cutReason(`${objectId(key)}: its path is not served any more`) };
}
