/**
 * The applied record as a ConfigMap beside what it records. Written with the resourceVersion that was read, so of two
 * writers one is told. It carries no plane label: the plane's watches and listings are about Releases' objects.
 */
import { z } from "zod";
import { AppliedRecord } from "../../schemas/applied-record.ts";
import { labelKeys, managedByValue } from "../../schemas/labels.ts";
import { type PlaneId, planeKey } from "../../schemas/layout.ts";
import { dnsLabelLimit, isDnsLabel } from "../../schemas/names.ts";
import { engineNamespace } from "../ceiling.ts";
import type { Failure, RecordOutcome, RecordWriteOutcome } from "../target.ts";
import { classifyAnswer, readStatus } from "./api-status.ts";
import { type Cluster, namesAnObject, permanent } from "./cluster.ts";
import type { Answered } from "./connection.ts";
import { parseJson } from "./read-body.ts";

/** A ConfigMap holds 1 MiB, and etcd 1.5 MiB with all that belongs to it (Kubernetes: "ConfigMaps"). */
const recordLimitBytes = 900 * 1024;

const dataKey = "record";
export const recordsPath = `/api/v1/namespaces/${engineNamespace}/configmaps`;
const subject = { group: "", kind: "ConfigMap" };

/** Throws TypeError for a plane whose key cannot be part of an object's name and a label's value. */
export function recordName(plane: PlaneId): string {
  const key = planeKey(plane);
  if (!isDnsLabel(plane.organization) || !isDnsLabel(plane.name) || key.length > dnsLabelLimit) {
    throw new TypeError(`plane "${key}" must be DNS labels of at most ${dnsLabelLimit} characters together`);
  }
  return `gitplane-applied-${key}`;
}

const ConfigMap = z.object({
  metadata: z.object({ uid: z.string().min(1), resourceVersion: z.string().min(1) }),
  data: z.record(z.string(), z.string()).nullish(),
});

type Identity = { readonly uid?: string | undefined; readonly resourceVersion: string };

/** With the uid: two clusters may count alike, and one may stand where the other stood. */
export function versionOf({ uid = "", resourceVersion }: Identity): string {
  return `${uid}/${resourceVersion}`;
}

/** What a write is bound to. */
function identityOf(version: string): Identity {
  const [uid = "", resourceVersion = ""] = version.split("/");
  return { uid, resourceVersion };
}

export async function readRecord(
  { own, plane }: Cluster,
  { signal }: { readonly signal: AbortSignal },
): Promise<RecordOutcome> {
  const name = recordName(plane);
  const answer = await own.send({ verb: "get", path: `${recordsPath}/${name}`, signal });
  if (answer.kind === "failed") return answer;
  if (answer.status === 404 && namesAnObject(readStatus(answer.body))) return { kind: "absent" };
  if (answer.status !== 200) return classifyAnswer(answer, subject);
  const config = ConfigMap.safeParse(answer.body);
  if (!config.success) return noConfigMap(answer);
  const text = config.data.data?.[dataKey];
  if (text === undefined) return unreadable(name, `data.${dataKey} is missing`);
  const record = AppliedRecord.safeParse(parseJson(text));
  if (!record.success) return unreadable(name, record.error.issues[0]?.message ?? "it is malformed");
  return { kind: "found", record: record.data, version: versionOf(config.data.metadata) };
}

/** Never absent: an agent that took it for absent would forget what it may have to prune. */
function unreadable(name: string, why: string): Failure {
  return permanent(`the applied record ${engineNamespace}/${name} cannot be read: ${why}`);
}

export async function writeRecord(
  cluster: Cluster,
  record: AppliedRecord,
  { version, signal }: { readonly version: string | undefined; readonly signal: AbortSignal },
): Promise<RecordWriteOutcome> {
  const text = JSON.stringify(record);
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes > recordLimitBytes) {
    return permanent(`the applied record has ${sizeBytes} bytes, more than the ${recordLimitBytes} it may have`);
  }
  const body = JSON.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: recordName(cluster.plane),
      namespace: engineNamespace,
      labels: { [labelKeys.managedBy]: managedByValue },
      ...(version === undefined ? {} : identityOf(version)),
    },
    data: { [dataKey]: text },
  });
  return version === undefined ? create(cluster, body, signal) : update(cluster, body, signal);
}

async function update(cluster: Cluster, body: string, signal: AbortSignal): Promise<RecordWriteOutcome> {
  const path = `${recordsPath}/${recordName(cluster.plane)}?${manager(cluster)}`;
  const answer = await cluster.own.send({ verb: "update", path, body, signal });
  if (answer.kind === "failed") return answer;
  // Deleted since it was read: the writer must look again, as after any other change.
  const isGone = answer.status === 404 && namesAnObject(readStatus(answer.body));
  return isGone ? { kind: "conflict" } : written(answer);
}

async function create(cluster: Cluster, body: string, signal: AbortSignal): Promise<RecordWriteOutcome> {
  const request = { verb: "create", path: `${recordsPath}?${manager(cluster)}`, body, signal } as const;
  const answer = await cluster.own.send(request);
  if (answer.kind === "failed") return answer;
  if (answer.status !== 404) return written(answer);
  const failure = await createNamespace(cluster, signal);
  if (failure !== undefined) return failure;
  const again = await cluster.own.send(request);
  return again.kind === "failed" ? again : written(again);
}

async function createNamespace(cluster: Cluster, signal: AbortSignal): Promise<Failure | undefined> {
  const metadata = { name: engineNamespace, labels: { [labelKeys.managedBy]: managedByValue } };
  const body = JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata });
  const path = `/api/v1/namespaces?${manager(cluster)}`;
  const answer = await cluster.own.send({ verb: "create", path, body, signal });
  if (answer.kind === "failed") return answer;
  const isThere =
    answer.status === 201 || (answer.status === 409 && readStatus(answer.body).reason === "AlreadyExists");
  return isThere ? undefined : classifyAnswer(answer, { group: "", kind: "Namespace" });
}

function manager(cluster: Cluster): string {
  return new URLSearchParams({ fieldManager: cluster.fieldManager }).toString();
}

function written(answer: Answered): RecordWriteOutcome {
  if (answer.status === 409) return { kind: "conflict" };
  if (answer.status !== 200 && answer.status !== 201) return classifyAnswer(answer, subject);
  const config = ConfigMap.safeParse(answer.body);
  if (config.success) return { kind: "written", version: versionOf(config.data.metadata) };
  return noConfigMap(answer);
}

/** Something between us and the API server answered. */
function noConfigMap(answer: Answered): Failure {
  return { kind: "failed", class: "transient", reason: `HTTP ${answer.status} without a ConfigMap in it` };
}
