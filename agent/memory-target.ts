/**
 * A target that lives in this process: what unit tests apply to. It keeps the rules of server-side apply that the agent relies
 * on (owners by field, strict top-level fields, namespaces first, uids), and fails where a test tells it to.
 */
import type { AppliedRecord } from "../schemas/applied-record.ts";
import type { PlaneId } from "../schemas/layout.ts";
import { type KubernetesObject, objectId, type ObjectKey, objectKey } from "../schemas/object-id.ts";
import { compareText } from "../schemas/compare.ts";
import type { EncryptionReport } from "../schemas/transport-encryption.ts";
import { keeperOf, managerOf } from "./managed-fields.ts";
import { type MemoryCluster, openMemoryCluster } from "./memory-cluster.ts";
import { builtInKinds, type MemoryKind } from "./memory-kinds.ts";
import { applied, isHeldBy, listed, type Live, metadataOf, newLive, whole } from "./memory-live.ts";
import { failed, refusalOf } from "./memory-refusal.ts";
import { MemoryRecord } from "./memory-record.ts";
import { FailureScript, type MemoryOperation, type ScriptedFailure } from "./memory-script.ts";
import { isLabelledFor, type MemoryEvent, startWatch } from "./memory-watch.ts";
import { heirOf } from "./pass-fields.ts";
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
} from "./target.ts";

export type MemoryTargetOptions = {
  readonly plane: PlaneId;
  /** Default `memory-cluster`. */
  readonly uid?: string;
  readonly kinds?: readonly MemoryKind[];
  /** Shared with targets of other planes. Default: one of its own. */
  readonly cluster?: MemoryCluster;
};

export class MemoryTarget implements Target {
  readonly #plane: PlaneId;
  readonly #uid: string;
  readonly #kinds: MemoryKind[];
  readonly #cluster: MemoryCluster;
  readonly #lifetime = new AbortController();
  readonly #script = new FailureScript();
  readonly #record = new MemoryRecord();
  #requests = 0;

  constructor(options: MemoryTargetOptions) {
    this.#plane = options.plane;
    this.#uid = options.uid ?? "memory-cluster";
    this.#kinds = [...(options.kinds ?? builtInKinds)];
    this.#cluster = options.cluster ?? openMemoryCluster();
    for (const name of ["kube-system", "default"]) {
      this.#write({ apiVersion: "v1", kind: "Namespace", metadata: { name } }, "memory");
    }
  }

  /** From now on this operation fails so often, before it does anything. */
  fail(failure: ScriptedFailure): void {
    this.#script.add(failure);
  }

  /** Serves one kind more, as after its CRD. */
  serve(kind: MemoryKind): void {
    this.#kinds.push(kind);
  }

  /** Writes as somebody else does, by force. */
  writeAs(manager: string, object: KubernetesObject): void {
    this.#write(object, manager);
  }

  /** Deletes as somebody else does. */
  remove(key: ObjectKey): void {
    const live = this.#cluster.objects.get(objectId(key));
    if (live !== undefined) this.#drop(live);
  }

  /** The whole live object, without a request. */
  liveObject(key: ObjectKey): KubernetesObject | undefined {
    const live = this.#cluster.objects.get(objectId(key));
    return live === undefined ? undefined : whole(live);
  }

  /** Ids of everything there, sorted. */
  listIds(): readonly string[] {
    return [...this.#cluster.objects.keys()].sort();
  }

  get requests(): number {
    return this.#requests;
  }

  async readUid({ signal }: Waiting): Promise<{ readonly kind: "found"; readonly uid: string } | Failure> {
    return this.#begin("readUid", signal) ?? { kind: "found", uid: this.#uid };
  }

  async serves(key: Pick<ObjectKey, "group" | "version" | "kind">, { signal }: Waiting): Promise<Served> {
    const failure = this.#begin("serves", signal);
    if (failure !== undefined) return failure;
    const kind = this.#kindOf(key);
    return kind === undefined ? { kind: "not-served" } : { kind: "served", namespaced: kind.namespaced };
  }

  async listServed({ signal }: Waiting): Promise<readonly string[] | Failure> {
    signal.throwIfAborted();
    return this.#kinds.map(({ group, version, kind }) => [group, version, kind].filter(Boolean).join("/")).sort();
  }

  get fieldManager(): string {
    return managerOf(this.#plane);
  }

  async apply(
    manifest: KubernetesObject,
    { signal, dryRun, force = false, as = "plane" }: Waiting & ApplyOptions,
  ): Promise<ApplyOutcome> {
    const key = objectKey(manifest);
    const refusal = this.#begin("apply", signal, objectId(key)) ?? this.#refuse(manifest);
    if (refusal !== undefined) return refusal;
    const manager = as === "plane" ? this.fieldManager : keeperOf(this.fieldManager);
    const live = this.#cluster.objects.get(objectId(key));
    const { resourceVersion, ...metadata } = manifest.metadata;
    const object = { ...manifest, metadata };
    if (resourceVersion !== undefined && resourceVersion !== String(live?.version)) {
      return failed("transient", "the object has been modified");
    }
    const owners = force ? [] : (live?.fields.conflicts(object, manager) ?? []);
    if (owners.length > 0) {
      const count = owners.reduce((sum, owner) => sum + owner.fields.length, 0);
      return { kind: "conflict", owners, reason: `Apply failed with ${count} conflict${count === 1 ? "" : "s"}` };
    }
    return applied(dryRun ? live : this.#write(object, manager), this.fieldManager);
  }

  async readObject(key: ObjectKey, { signal }: Waiting): Promise<ObjectOutcome> {
    const failure = this.#begin("read", signal, objectId(key));
    if (failure !== undefined) return failure;
    const object = this.liveObject(key);
    return object === undefined ? { kind: "absent" } : { kind: "found", object };
  }

  async read(key: ObjectKey, { signal }: Waiting): Promise<ReadOutcome> {
    const failure = this.#begin("read", signal, objectId(key));
    if (failure !== undefined) return failure;
    const live = this.#cluster.objects.get(objectId(key));
    return live === undefined ? { kind: "absent" } : { kind: "found", metadata: metadataOf(live) };
  }

  async passFields(key: ObjectKey, { signal, live: read, to }: Waiting & PassOptions): Promise<PassOutcome> {
    const failure = this.#begin("pass", signal, objectId(key));
    if (failure !== undefined) return failure;
    const live = this.#cluster.objects.get(objectId(key));
    if (live === undefined || live.uid !== read.uid || String(live.version) !== read.resourceVersion) {
      return failed("transient", "the object has been modified");
    }
    live.fields.rename((manager) => heirOf(manager, to));
    this.#change(live);
    return { kind: "passed" };
  }

  async delete(key: ObjectKey, { signal, uid }: Waiting & { readonly uid: string }): Promise<DeleteOutcome> {
    const failure = this.#begin("delete", signal, objectId(key));
    if (failure !== undefined) return failure;
    const live = this.#cluster.objects.get(objectId(key));
    if (live === undefined) return { kind: "absent" };
    if (live.uid !== uid) return { kind: "uid-changed", uid: live.uid };
    this.#drop(live);
    const { finalizers } = metadataOf(live);
    return finalizers.length === 0 ? { kind: "deleted" } : { kind: "deleting", finalizers };
  }

  async list(holder: Holder, { signal }: Waiting): Promise<ListOutcome> {
    const failure = this.#begin("list", signal, holder.name);
    if (failure !== undefined) return failure;
    const objects = [...this.#cluster.objects.values()].filter((live) => isHeldBy(live, holder)).map(listed);
    return { kind: "listed", objects: objects.sort((a, b) => compareText(a.id, b.id)), isWhole: true, unlisted: [] };
  }

  async watch(request: WatchRequest): Promise<void> {
    const signal = AbortSignal.any([request.signal, this.#lifetime.signal]);
    if (signal.aborted) return;
    this.#requests += 1;
    const tell = startWatch(request, { plane: this.#plane, objects: this.#cluster.objects.values() });
    this.#cluster.watchers.add(tell);
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    this.#cluster.watchers.delete(tell);
  }

  async readEvents(_: { readonly uid: string }, { signal }: Waiting): Promise<readonly ObjectEvent[] | Failure> {
    return this.#begin("readEvents", signal) ?? [];
  }

  async scan({ group, kind, onPage, signal }: ScanRequest): Promise<Failure | undefined> {
    const failure = this.#begin("read", signal);
    if (failure !== undefined) return failure;
    const own = [...this.#cluster.objects.values()].filter(
      (live) => live.key.group === group && live.key.kind === kind && isLabelledFor(live, this.#plane),
    );
    await onPage(own.map((live) => ({ id: objectId(live.key), metadata: metadataOf(live) })));
    return undefined;
  }

  async readEncryption(): Promise<EncryptionReport> {
    return { state: "unknown", reason: "a target in memory has no nodes" };
  }

  async readRecord({ signal }: Waiting): Promise<RecordOutcome> {
    return this.#begin("readRecord", signal) ?? this.#record.read();
  }

  /** Nothing is shown: whoever wants to know reads. */
  async isRecordAt(_: string, { signal }: Waiting): Promise<boolean> {
    signal.throwIfAborted();
    return false;
  }

  async writeRecord(
    record: AppliedRecord,
    { signal, version }: Waiting & { readonly version: string | undefined },
  ): Promise<RecordWriteOutcome> {
    const nextVersion = (): number => (this.#cluster.version += 1);
    return this.#begin("writeRecord", signal) ?? this.#record.write(record, version, nextVersion);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lifetime.abort();
  }

  #begin(operation: MemoryOperation, signal: AbortSignal, id?: string): Failure | undefined {
    signal.throwIfAborted();
    this.#requests += 1;
    return this.#script.take(operation, id);
  }

  #kindOf(key: Pick<ObjectKey, "group" | "version" | "kind">): MemoryKind | undefined {
    return this.#kinds.find(
      ({ group, version, kind }) => group === key.group && version === key.version && kind === key.kind,
    );
  }

  #refuse(object: KubernetesObject): Failure | undefined {
    const { namespace } = object.metadata;
    const hasNamespace = namespace === undefined || this.#cluster.objects.has(`Namespace/${namespace}`);
    const key = objectKey(object);
    return refusalOf(object, { kind: this.#kindOf(key), live: this.liveObject(key), hasNamespace });
  }

  #write(object: KubernetesObject, manager: string): Live {
    const key = objectKey(object);
    const id = objectId(key);
    const known = this.#cluster.objects.get(id);
    const live = known ?? newLive(key);
    const change = live.fields.take(object, manager);
    if (known !== undefined && change.size === 0) return live;
    // Only what has a spec counts generations (Kubernetes: ConfigMap has none).
    if (Object.hasOwn(object, "spec") && (known === undefined || change.has("spec"))) live.generation += 1;
    this.#cluster.objects.set(id, live);
    this.#change(live);
    // The last finalizer is taken off.
    if (live.deleting) this.#drop(live);
    return live;
  }

  #drop(live: Live): void {
    const object = whole(live);
    if (metadataOf(live).finalizers.length > 0) {
      live.deleting = true;
      return;
    }
    this.#cluster.objects.delete(objectId(live.key));
    this.#tell({ kind: "gone", live, object });
    if (live.key.kind !== "Namespace" || live.key.group !== "") return;
    for (const inner of [...this.#cluster.objects.values()].filter((each) => each.key.namespace === live.key.name)) {
      this.#drop(inner);
    }
  }

  #change(live: Live): void {
    this.#cluster.version += 1;
    live.version = this.#cluster.version;
    this.#tell({ kind: "changed", live, object: whole(live) });
  }

  #tell(event: MemoryEvent): void {
    for (const watcher of this.#cluster.watchers) watcher(event);
  }
}
