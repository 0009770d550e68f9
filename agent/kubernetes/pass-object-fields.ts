/**
 * Writes the managed fields of one object anew and nothing else (Kubernetes: "Server-Side Apply, Clearing managedFields": a
 * patch may set them). The uid and the version in the patch keep it off whatever the object has become since it was read.
 */
import type { ObjectKey } from "../../schemas/object-id.ts";
import type { ManagedFields } from "../managed-fields.ts";
import { passFields } from "../pass-fields.ts";
import type { Failure, PassOptions, PassOutcome } from "../target.ts";
import { classifyAnswer } from "./api-status.ts";
import { type Cluster, locate } from "./cluster.ts";
import { metadataAccept } from "./object-metadata.ts";

const moved: Failure = { kind: "failed", class: "transient", reason: "went while its fields were passed on" };

export async function passObjectFields(
  cluster: Cluster,
  key: ObjectKey,
  { live, to, signal }: PassOptions & { readonly signal: AbortSignal },
): Promise<PassOutcome> {
  const { uid, resourceVersion } = live;
  const managedFields = passFields(live.managedFields, to)?.map(writeEntry);
  if (managedFields === undefined) return { kind: "passed" };
  const place = locate(await cluster.discovery.findAnyVersion(key, { signal }), key);
  if (place.kind === "failed") return place;
  if (place.kind === "not-served") return moved;
  const query = new URLSearchParams({ fieldManager: cluster.fieldManager });
  const answer = await cluster.connection.send({
    verb: "patch",
    path: `${place.path}?${query.toString()}`,
    headers: { "content-type": "application/merge-patch+json", accept: metadataAccept },
    body: JSON.stringify({ metadata: { uid, resourceVersion, managedFields } }),
    signal,
  });
  if (answer.kind === "failed") return answer;
  if (answer.status === 200) return { kind: "passed" };
  return answer.status === 404 ? moved : classifyAnswer(answer, key);
}

/** One entry as meta/v1 has it. */
function writeEntry({ subresource, ...entry }: ManagedFields): object {
  return { ...entry, fieldsType: "FieldsV1", ...(subresource === "" ? {} : { subresource }) };
}
