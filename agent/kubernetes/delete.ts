/** Deletes exactly one object, told apart by its uid. */
import { objectId, type ObjectKey } from "../../schemas/object-id.ts";
import type { DeleteOutcome, Propagation } from "../target.ts";
import { classifyAnswer, cutReason, readStatus } from "./api-status.ts";
import { type Cluster, locate, namesAnObject } from "./cluster.ts";
import { parseMetadata } from "./object-metadata.ts";
import { readMetadata } from "./read-metadata.ts";

export type DeleteOptions = {
  readonly uid: string;
  readonly propagation?: Propagation;
  readonly signal: AbortSignal;
};

/** The words of DeleteOptions (Kubernetes: "Garbage collection, Cascading deletion"). */
const policies = { background: "Background", orphan: "Orphan" } as const;

export async function deleteObject(
  cluster: Cluster,
  key: ObjectKey,
  { uid, propagation = "background", signal }: DeleteOptions,
): Promise<DeleteOutcome> {
  const place = locate(await cluster.discovery.findAnyVersion(key, { signal }), key);
  if (place.kind === "failed") return place;
  if (place.kind === "not-served") return { kind: "absent" };
  const propagationPolicy = policies[propagation];
  const options = { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid }, propagationPolicy };
  const answer = await cluster.connection.send({
    verb: "delete",
    path: place.path,
    body: JSON.stringify(options),
    signal,
  });
  if (answer.kind === "failed") return answer;
  if (answer.status >= 200 && answer.status < 300) return acceptedDelete(answer.body);
  if (answer.status === 404) {
    if (namesAnObject(readStatus(answer.body))) return { kind: "absent" };
    cluster.discovery.forget(key.group);
    return {
      kind: "failed",
      class: "transient",
      reason: cutReason(`${objectId(key)}: its path is not served any more`),
    };
  }
  if (answer.status !== 409) return classifyAnswer(answer, key);
  // The refusal names the live uid only in prose, so it is read; a race that is over by then is told as it now is.
  const live = await readMetadata(cluster, key, { signal });
  if (live.kind !== "found") return live;
  return live.metadata.uid === uid ? classifyAnswer(answer, key) : { kind: "uid-changed", uid: live.metadata.uid };
}

/** What stays for a while answers as itself, marked for deletion; all else with a Status or as it was. */
function acceptedDelete(body: unknown): DeleteOutcome {
  const left = parseMetadata(body);
  return left?.deleting === true ? { kind: "deleting", finalizers: left.finalizers } : { kind: "deleted" };
}
