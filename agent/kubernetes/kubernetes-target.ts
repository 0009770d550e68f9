/** A Kubernetes cluster as a target: our own client, some hundred lines over undici (client-node cost 90 MB and a fifth of the rate). */
import type { Backoff } from "../../process/backoff.ts";
import type { AppliedRecord } from "../../schemas/applied-record.ts";
import { type PlaneId, planeKey } from "../../schemas/layout.ts";
import type { KubernetesObject, ObjectKey } from "../../schemas/object-id.ts";
import type { EncryptionReport } from "../../schemas/transport-encryption.ts";
import { managerOf } from "../managed-fields.ts";
import type {
  ApplyOptions,
  ApplyOutcome,
  DeleteOutcome,
  Failure,
  Holder,
  ListOutcome,
  ObjectEvent,
  ObjectOutcome,
  PassOptions,
  PassOutcome,
  ReadOutcome,
  RecordOutcome,
  RecordWriteOutcome,
  ScanRequest,
  Served,
  Target,
  Waiting,
  WatchRequest,
} from "../target.ts";
import { applyObject } from "./apply.ts";
import type { Cluster } from "./cluster.ts";
import type { ClusterAccess } from "./cluster-access.ts";
import { Connection, type Verb } from "./connection.ts";
import { deleteObject, type DeleteOptions } from "./delete.ts";
import { Discovery } from "./discovery.ts";
import { readEvents } from "./events.ts";
import { assertUser, impersonate } from "./impersonation.ts";
import { loadInClusterAccess } from "./in-cluster.ts";
import { loadKubeconfig } from "./kubeconfig.ts";
import { listObjects } from "./list-objects.ts";
import { passObjectFields } from "./pass-object-fields.ts";
import { LookBack } from "./look-back.ts";
import { readEncryption } from "./read-encryption.ts";
import { readMetadata, readWholeObject } from "./read-metadata.ts";
import { readRecord, recordName, writeRecord } from "./record.ts";
import { RecordWatch } from "./record-watch.ts";
import { scanKind } from "./scan-kind.ts";
import { defaultWatchBackoff, watchKind, type WatchOptions } from "./watch.ts";

export type KubernetesSource =
  | { readonly kind: "kubeconfig"; readonly path: string; readonly context?: string }
  | {
      readonly kind: "in-cluster";
      readonly env: Readonly<Record<string, string | undefined>>;
      readonly folder?: string;
    };

export type KubernetesTargetOptions = {
  readonly source: KubernetesSource;
  readonly plane: PlaneId;
  readonly agentVersion: string;
  /** The user that requests about Releases' objects are sent as, reads included. Default: nobody but ourselves. */
  readonly impersonate?: string | undefined;
  /** Requests at once, watches not counted. Default 64. */
  readonly concurrency?: number;
  /** For one attempt of one request. Default 30 s. */
  readonly timeoutMs?: number;
  /** Default 32 MiB: a page of 500 objects. */
  readonly responseLimitBytes?: number;
  readonly retryBackoff?: Backoff;
  readonly watchBackoff?: Backoff;
  readonly random?: () => number;
};

export type KubernetesTarget = Target & { readonly requestsByVerb: ReadonlyMap<Verb, number> };

/** Sends nothing yet. Throws ClusterAccessError, and TypeError for a plane whose key is no label. */
export async function openKubernetesTarget(options: KubernetesTargetOptions): Promise<KubernetesTarget> {
  // Before any file is read: a bad plane is the nearer mistake.
  recordName(options.plane);
  if (options.impersonate !== undefined) assertUser(options.impersonate);
  return new OpenTarget(await loadAccess(options.source), options);
}

async function loadAccess(source: KubernetesSource): Promise<ClusterAccess> {
  switch (source.kind) {
    case "kubeconfig":
      return loadKubeconfig(source);
    case "in-cluster":
      return loadInClusterAccess(source);
  }
}

class OpenTarget implements KubernetesTarget {
  readonly #cluster: Cluster;
  readonly #connection: Connection;
  readonly #lifetime = new AbortController();
  readonly #watches = new Set<Promise<void>>();
  readonly #recordWatch: RecordWatch;
  readonly #watchOptions: Omit<WatchOptions, "cluster" | "request">;

  constructor(access: ClusterAccess, options: KubernetesTargetOptions) {
    const key = planeKey(options.plane);
    const random = options.random ?? Math.random;
    const connection = new Connection({
      access,
      userAgent: `gitplane-agent/${options.agentVersion} (${key})`,
      concurrency: options.concurrency ?? 64,
      timeoutMs: options.timeoutMs ?? 30_000,
      responseLimitBytes: options.responseLimitBytes ?? 32 << 20,
      backoff: options.retryBackoff ?? { baseMs: 200, capMs: 5000 },
      random,
    });
    const discovery = new Discovery({ connection, signal: this.#lifetime.signal, now: () => performance.now() });
    const { impersonate: user } = options;
    this.#connection = connection;
    this.#cluster = {
      connection: user === undefined ? connection : impersonate(connection, user),
      own: connection,
      discovery,
      plane: options.plane,
      fieldManager: managerOf(options.plane),
    };
    this.#recordWatch = new RecordWatch({ cluster: this.#cluster, signal: this.#lifetime.signal, random });
    const lookBack = new LookBack(this.#cluster.connection, this.#recordWatch);
    this.#watchOptions = { backoff: options.watchBackoff ?? defaultWatchBackoff, lookBack, random };
  }

  get requestsByVerb(): ReadonlyMap<Verb, number> {
    return this.#connection.counts;
  }

  get requests(): number {
    let sum = 0;
    for (const count of this.requestsByVerb.values()) sum += count;
    return sum;
  }

  async readUid({ signal }: Waiting): Promise<{ readonly kind: "found"; readonly uid: string } | Failure> {
    const key = { group: "", version: "v1", kind: "Namespace", name: "kube-system" };
    const outcome = await readMetadata({ ...this.#cluster, connection: this.#cluster.own }, key, { signal });
    if (outcome.kind === "found") return { kind: "found", uid: outcome.metadata.uid };
    if (outcome.kind === "failed") return outcome;
    return {
      kind: "failed",
      class: "transient",
      reason: "namespace kube-system is absent: the cluster has no identity yet",
    };
  }

  async serves(
    key: Pick<ObjectKey, "group" | "version" | "kind">,
    { signal, fresh = false }: Waiting & { readonly fresh?: boolean },
  ): Promise<Served> {
    const freshness = fresh ? "fresh" : "cached";
    const lookup = await this.#cluster.discovery.find(key, { signal, freshness });
    return lookup.kind === "served" ? { kind: "served", namespaced: lookup.resource.namespaced } : lookup;
  }

  listServed(options: Waiting): Promise<readonly string[] | Failure> {
    return this.#cluster.discovery.list(options);
  }

  get fieldManager(): string {
    return this.#cluster.fieldManager;
  }

  apply(object: KubernetesObject, options: Waiting & ApplyOptions): Promise<ApplyOutcome> {
    return applyObject(this.#cluster, object, options);
  }

  read(key: ObjectKey, options: Waiting): Promise<ReadOutcome> {
    return readMetadata(this.#cluster, key, options);
  }

  readObject(key: ObjectKey, options: Waiting): Promise<ObjectOutcome> {
    return readWholeObject(this.#cluster, key, options);
  }

  passFields(key: ObjectKey, options: Waiting & PassOptions): Promise<PassOutcome> {
    return passObjectFields(this.#cluster, key, options);
  }

  delete(key: ObjectKey, options: DeleteOptions): Promise<DeleteOutcome> {
    return deleteObject(this.#cluster, key, options);
  }

  list(holder: Holder, options: Waiting): Promise<ListOutcome> {
    return listObjects(this.#cluster, holder, options);
  }

  async watch(request: WatchRequest): Promise<void> {
    const signal = AbortSignal.any([request.signal, this.#lifetime.signal]);
    const watching = watchKind({ cluster: this.#cluster, request: { ...request, signal }, ...this.#watchOptions });
    this.#watches.add(watching);
    this.#recordWatch.keepOpen();
    try {
      await watching;
    } finally {
      this.#watches.delete(watching);
    }
  }

  readEvents(
    about: { readonly namespace: string; readonly uid: string },
    options: Waiting,
  ): Promise<readonly ObjectEvent[] | Failure> {
    return readEvents(this.#cluster, about, options);
  }

  scan(request: ScanRequest): Promise<Failure | undefined> {
    return scanKind(this.#cluster, request);
  }

  readEncryption(options: Waiting): Promise<EncryptionReport> {
    return readEncryption(this.#cluster, options);
  }

  readRecord(options: Waiting): Promise<RecordOutcome> {
    return readRecord(this.#cluster, options);
  }

  async isRecordAt(version: string, options: Waiting & { readonly sinceMs: number }): Promise<boolean> {
    const said = await this.#recordWatch.look(options);
    return said.kind === "told" && said.record === version;
  }

  writeRecord(
    record: AppliedRecord,
    options: Waiting & { readonly version: string | undefined },
  ): Promise<RecordWriteOutcome> {
    return writeRecord(this.#cluster, record, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lifetime.abort();
    await Promise.allSettled([...this.#watches, this.#recordWatch.ended]);
    await this.#connection[Symbol.asyncDispose]();
  }
}
