/** Server-side apply of one object (Kubernetes: "Server-Side Apply"): strict, as the plane's field manager. */
import { type KubernetesObject, objectId, objectKey } from "../../schemas/object-id.ts";
import { keeperOf, printOfApplied } from "../managed-fields.ts";
import type { ApplyOptions, ApplyOutcome } from "../target.ts";
import { type Answer, classifyAnswer, conflictOwners, cutReason, readStatus } from "./api-status.ts";
import { type Cluster, locate, namesAnObject, strangeAnswer } from "./cluster.ts";
import { metadataAccept, parseMetadata } from "./object-metadata.ts";

export async function applyObject(
  cluster: Cluster,
  object: KubernetesObject,
  { dryRun, force = false, as = "plane", signal }: ApplyOptions & { readonly signal: AbortSignal },
): Promise<ApplyOutcome> {
  const key = objectKey(object);
  const place = locate(await cluster.discovery.find(key, { signal }), key);
  if (place.kind === "failed") return place;
  if (place.kind === "not-served") {
    const reason = cutReason(`${object.apiVersion} ${key.kind} is not served`);
    return { kind: "failed", class: "blocked", reason };
  }
  const manager = as === "plane" ? cluster.fieldManager : keeperOf(cluster.fieldManager);
  const how = `fieldManager=${encodeURIComponent(manager)}&force=${force}&fieldValidation=Strict`;
  const answer = await cluster.connection.send({
    verb: "apply",
    path: `${place.path}?${how}${dryRun ? "&dryRun=All" : ""}`,
    // JSON is YAML; `application/apply-patch+json` does not exist.
    headers: { "content-type": "application/apply-patch+yaml", accept: metadataAccept },
    body: writeBody(object),
    signal,
  });
  if (answer.kind === "failed") return answer;
  if (answer.status !== 200 && answer.status !== 201) return refusal(cluster, object, answer);
  const metadata = parseMetadata(answer.body);
  if (metadata === undefined) return strangeAnswer(answer, key);
  const { uid, resourceVersion, generation, managedFields } = metadata;
  const print = printOfApplied(managedFields, cluster.fieldManager);
  return { kind: "applied", uid, resourceVersion, generation, print };
}

/**
 * What YAML 1.1 reads otherwise than JSON does, within a text: line ends that it folds to a space, and what it calls not
 * printable and refuses (YAML 1.1, "5.1. Character Set" and "5.4. Line Break Characters").
 */
const foreignToYaml = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/gu;

function writeBody(object: KubernetesObject): string {
  const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(object).replace(foreignToYaml, escape);
}

function refusal(cluster: Cluster, object: KubernetesObject, answer: Answer): ApplyOutcome {
  const key = objectKey(object);
  const status = readStatus(answer.body);
  const owners = answer.status === 409 ? conflictOwners(status) : undefined;
  if (owners !== undefined) return { kind: "conflict", owners, reason: cutReason(status.message ?? objectId(key)) };
  if (answer.status === 404 && !namesAnObject(status)) cluster.discovery.forget(key.group);
  return classifyAnswer(answer, key);
}
