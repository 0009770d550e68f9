/** What every Target must do, run on the in-memory one and on a real API server. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { emptyRecord } from "../schemas/applied-record.ts";
import { labelKeys } from "../schemas/labels.ts";
import { type PlaneId, planeKey } from "../schemas/layout.ts";
import { type KubernetesObject, objectId, type ObjectKey, objectKey } from "../schemas/object-id.ts";
import { lostFields, printOfApplied } from "./managed-fields.ts";
import type { ApplyOptions, ApplyOutcome, ScannedObject, Target, WatchEvent, WatchRequest } from "./target.ts";

export type ContractSubject = AsyncDisposable & {
  readonly target: Target;
  /** One that nothing was ever applied for. */
  readonly plane: PlaneId;
  /** Exists and is this subject's own. */
  readonly namespace: string;
  /** Writes by force as another field manager. */
  readonly writeAs: (manager: string, object: KubernetesObject) => Promise<void>;
  /** Deletes as somebody else. */
  readonly remove: (key: ObjectKey) => Promise<void>;
};

const waitLimitMs = 15_000;

export function describeTargetContract(name: string, open: () => Promise<ContractSubject>): void {
  describe(`the target contract on ${name}`, () => {
    let subject: ContractSubject;
    let signal: AbortSignal;

    beforeEach(async () => {
      subject = await open();
      signal = AbortSignal.timeout(60_000);
    });

    afterEach(async () => {
      await subject[Symbol.asyncDispose]();
    });

    const configMap = (data: Record<string, string>, objectName = "settings"): KubernetesObject => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: objectName,
        namespace: subject.namespace,
        labels: { [labelKeys.plane]: planeKey(subject.plane) },
      },
      data,
    });
    const apply = (
      object: KubernetesObject,
      dryRun = false,
      options: Partial<ApplyOptions> = {},
    ): Promise<ApplyOutcome> => subject.target.apply(object, { signal, dryRun, ...options });
    const applied = async (object: KubernetesObject) => {
      const outcome = await apply(object);
      if (outcome.kind !== "applied") throw new Error(JSON.stringify(outcome));
      return outcome;
    };

    const liveMetadata = async (key: ObjectKey) => {
      const outcome = await subject.target.read(key, { signal });
      if (outcome.kind !== "found") throw new Error(JSON.stringify(outcome));
      return outcome.metadata;
    };

    test("its uid is the same at every reading", async () => {
      const first = await subject.target.readUid({ signal });
      expect(first).toEqual({ kind: "found", uid: expect.stringMatching(/./u) as string });
      expect(await subject.target.readUid({ signal })).toEqual(first);
    });

    test.each([
      { group: "", version: "v1", kind: "ConfigMap", served: { kind: "served", namespaced: true } },
      { group: "", version: "v1", kind: "Namespace", served: { kind: "served", namespaced: false } },
      { group: "apps", version: "v1", kind: "Deployment", served: { kind: "served", namespaced: true } },
      { group: "apps", version: "v9", kind: "Deployment", served: { kind: "not-served" } },
      { group: "nobody.example", version: "v1", kind: "Nothing", served: { kind: "not-served" } },
    ])("tells whether $group/$version $kind is served", async ({ served, ...key }) => {
      expect(await subject.target.serves(key, { signal })).toEqual(served);
      expect(await subject.target.serves(key, { signal, fresh: true })).toEqual(served);
    });

    test("lists what it serves in code unit order", async () => {
      const listed = await subject.target.listServed({ signal });
      if (!("length" in listed)) throw new Error(listed.reason);
      expect(listed).toEqual(expect.arrayContaining(["v1/ConfigMap", "apps/v1/Deployment"]));
      expect(listed).toEqual([...listed].sort());
    });

    test("creates, changes, and leaves alone what is already so", async () => {
      const created = await applied(configMap({ a: "1" }));
      const same = await applied(configMap({ a: "1" }));
      const changed = await applied(configMap({ a: "2" }));
      expect(same).toEqual(created);
      expect(changed.uid).toBe(created.uid);
      expect(changed.resourceVersion).not.toBe(created.resourceVersion);
    });

    test("reads the metadata of what it applied, and absence", async () => {
      const { uid, resourceVersion } = await applied(configMap({ a: "1" }));
      const key = objectKey(configMap({}));
      expect(await subject.target.read(key, { signal })).toEqual({
        kind: "found",
        metadata: {
          uid,
          resourceVersion,
          generation: undefined,
          labels: { [labelKeys.plane]: planeKey(subject.plane) },
          annotations: {},
          deleting: false,
          finalizers: [],
          controller: undefined,
          managedFields: [expect.objectContaining({ manager: subject.target.fieldManager, operation: "Apply" })],
        },
      });
      expect(await subject.target.read({ ...key, name: "other" }, { signal })).toEqual({ kind: "absent" });
      expect(await subject.target.read({ ...key, namespace: "no-such-namespace" }, { signal })).toEqual({
        kind: "absent",
      });
    });

    test("a dry run writes nothing and tells what a run would", async () => {
      expect(await apply(configMap({ a: "1" }), true)).toMatchObject({ kind: "applied", resourceVersion: "" });
      expect(await subject.target.read(objectKey(configMap({})), { signal })).toEqual({ kind: "absent" });
      expect(await apply({ ...configMap({ a: "1" }), bogus: {} }, true)).toMatchObject({ kind: "failed" });
    });

    test("C56 names the owner and the field of a conflict and writes nothing", async () => {
      const { resourceVersion } = await applied(configMap({ a: "1" }));
      await subject.writeAs("an-editor", { ...configMap({ a: "theirs" }), metadata: { ...bare() } });
      const outcome = await apply(configMap({ a: "2", b: "new" }));
      expect(outcome).toEqual({
        kind: "conflict",
        owners: [{ manager: "an-editor", fields: [".data.a"] }],
        reason: expect.stringContaining("conflict") as string,
      });
      const live = await subject.target.read(objectKey(configMap({})), { signal });
      expect(live).toMatchObject({ kind: "found" });
      expect(live).not.toMatchObject({ metadata: { resourceVersion } });
    });

    test("force takes fields from their owner, and the print follows what is ours", async () => {
      const { target } = subject;
      const before = await applied(configMap({ a: "1", b: "1" }));
      await subject.writeAs("an-editor", { ...configMap({ a: "theirs" }), metadata: { ...bare() } });
      const read = await target.read(objectKey(configMap({})), { signal });
      if (read.kind !== "found") throw new Error(JSON.stringify(read));
      expect(printOfApplied(read.metadata.managedFields, target.fieldManager)).not.toBe(before.print);
      expect(lostFields(configMap({ a: "1", b: "1" }), read.metadata.managedFields, target.fieldManager)).toEqual([
        ["data", "a"],
      ]);
      const taken = await apply(configMap({ a: "1", b: "1" }), false, { force: true });
      expect(taken).toMatchObject({ kind: "applied", uid: before.uid, print: before.print });
      expect(await target.readObject(objectKey(configMap({})), { signal })).toMatchObject({
        kind: "found",
        object: { data: { a: "1", b: "1" }, metadata: { uid: before.uid } },
      });
      expect(await target.readObject({ ...objectKey(configMap({})), name: "other" }, { signal })).toEqual({
        kind: "absent",
      });
    });

    test("the keeper holds what the plane gives up", async () => {
      await applied(configMap({ a: "1", b: "1" }));
      expect(await apply({ ...configMap({ a: "1" }), metadata: bare() }, false, { as: "keeper" })).toMatchObject({
        kind: "applied",
      });
      await applied(configMap({ b: "1" }));
      expect(await subject.target.readObject(objectKey(configMap({})), { signal })).toMatchObject({
        object: { data: { a: "1", b: "1" } },
      });
    });

    test("what passes to another plane is that plane's to apply and nobody else's, and is as it was otherwise", async () => {
      const { uid } = await applied(configMap({ a: "1" }));
      const key = objectKey(configMap({}));
      const before = await liveMetadata(key);
      const to = "gitplane.data.acme.heir";
      expect(await subject.target.passFields(key, { live: before, to, signal })).toEqual({ kind: "passed" });
      const after = await liveMetadata(key);
      expect(after).toMatchObject({ uid, labels: before.labels, annotations: before.annotations });
      expect(after.managedFields.map(({ manager, fieldsV1 }) => ({ manager, fieldsV1 }))).toEqual(
        before.managedFields.map(({ fieldsV1 }) => ({ manager: to, fieldsV1 })),
      );
      expect(await apply(configMap({ a: "2" }))).toMatchObject({
        kind: "conflict",
        owners: [{ manager: to, fields: [".data.a"] }],
      });
      // Onto what was read before, it would take what came since along.
      expect(
        await subject.target.passFields(key, { live: before, to: "gitplane.data.acme.late", signal }),
      ).toMatchObject({
        kind: "failed",
        class: "transient",
      });
      expect((await liveMetadata(key)).managedFields).toEqual(after.managedFields);
    });

    test("an apply onto a version that is gone changes nothing", async () => {
      const { resourceVersion } = await applied(configMap({ a: "1" }));
      const onto = (data: Record<string, string>): KubernetesObject => {
        const object = configMap(data);
        return { ...object, metadata: { ...object.metadata, resourceVersion } };
      };
      expect(await apply(onto({ a: "2" }))).toMatchObject({ kind: "applied" });
      expect(await apply(onto({ a: "3" }))).toMatchObject({ kind: "failed", class: "transient" });
    });

    test("a change of an immutable field is told apart", async () => {
      const binding = (role: string): KubernetesObject => ({
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "RoleBinding",
        metadata: bare(),
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
        subjects: [],
      });
      await applied(binding("view"));
      expect(await apply(binding("other"))).toMatchObject({ kind: "failed", class: "permanent", isImmutable: true });
      expect(await apply(binding("other"), true)).toMatchObject({ kind: "failed", isImmutable: true });
    });

    const bare = (): KubernetesObject["metadata"] => ({ name: "settings", namespace: subject.namespace });

    test.each<{ readonly what: string; readonly change: object; readonly class: string; readonly reason: RegExp }>([
      { what: "an unknown field", change: { bogus: {} }, class: "permanent", reason: /\.bogus: field not declared/u },
      { what: "no namespace", change: { metadata: { name: "a" } }, class: "permanent", reason: /needs/u },
      {
        what: "a namespace that is not there",
        change: { metadata: { name: "a", namespace: "no-such-namespace" } },
        class: "blocked",
        reason: /namespaces "no-such-namespace" not found/u,
      },
      {
        what: "a kind that is not served",
        change: { apiVersion: "nobody.example/v1" },
        class: "blocked",
        reason: /not served/u,
      },
      {
        what: "a namespace of an object that has none",
        change: { kind: "Namespace", metadata: { name: "a", namespace: "default" } },
        class: "permanent",
        reason: /must not have/u,
      },
    ])("$what makes an apply fail as $class", async ({ change, class: expected, reason }) => {
      const { data: _, ...object } = configMap({});
      expect(await apply({ ...object, ...change })).toEqual({
        kind: "failed",
        class: expected,
        reason: expect.stringMatching(reason) as string,
      });
    });

    test("deletes the object with this uid, and then finds none", async () => {
      const { uid } = await applied(configMap({ a: "1" }));
      const key = objectKey(configMap({}));
      expect(await subject.target.delete(key, { signal, uid })).toEqual({ kind: "deleted" });
      expect(await subject.target.delete(key, { signal, uid })).toEqual({ kind: "absent" });
      expect(await subject.target.read(key, { signal })).toEqual({ kind: "absent" });
    });

    test("does not delete what took the object's name since", async () => {
      const first = await applied(configMap({ a: "1" }));
      const key = objectKey(configMap({}));
      await subject.remove(key);
      const second = await applied(configMap({ a: "1" }));
      expect(second.uid).not.toBe(first.uid);
      expect(await subject.target.delete(key, { signal, uid: first.uid })).toEqual({
        kind: "uid-changed",
        uid: second.uid,
      });
      expect(await subject.target.read(key, { signal })).toMatchObject({ metadata: { uid: second.uid } });
    });

    test("C58 a delete that waits for a finalizer says so, and ends when it is taken off", async () => {
      const finalizers = ["example.test/hold"];
      const held = { ...configMap({ a: "1" }), metadata: { ...configMap({}).metadata, finalizers } };
      const { uid } = await applied(held);
      const key = objectKey(held);
      expect(await subject.target.delete(key, { signal, uid })).toEqual({ kind: "deleting", finalizers });
      expect(await subject.target.read(key, { signal })).toMatchObject({
        metadata: { uid, deleting: true, finalizers },
      });
      await applied(configMap({ a: "1" }));
      expect(await subject.target.read(key, { signal })).toEqual({ kind: "absent" });
    });

    test("lists what is in a namespace, whoever made it and whatever kind it is of", async () => {
      const { uid } = await applied(configMap({ a: "1" }));
      const owner = { apiVersion: "v1", kind: "ConfigMap", name: "settings", uid, controller: true };
      const child = configMap({}, "child");
      await subject.writeAs("a-controller", { ...child, metadata: { ...child.metadata, ownerReferences: [owner] } });
      await subject.writeAs("somebody", { ...configMap({}), metadata: { ...bare(), name: "foreign" } });
      await applied({ apiVersion: "v1", kind: "Secret", metadata: { ...bare(), name: "key" } });
      const outcome = await subject.target.list({ kind: "namespace", name: subject.namespace }, { signal });
      if (outcome.kind !== "listed") throw new Error(outcome.reason);
      const mine = outcome.objects.filter(({ id }) => !/\/(default|kube-root-ca.crt)$/.test(id));
      expect(mine.map(({ id, owners }) => ({ id, owners }))).toEqual([
        { id: idOf("child"), owners: [{ uid, isController: true }] },
        { id: idOf("foreign"), owners: [] },
        { id: idOf("settings"), owners: [] },
        { id: `Secret/${subject.namespace}/key`, owners: [] },
      ]);
      expect(mine[2]).toMatchObject({ uid, labels: { [labelKeys.plane]: planeKey(subject.plane) }, deleting: false });
      expect(outcome.isWhole).toBe(true);
      const nothing = { kind: "listed", objects: [], isWhole: true, unlisted: [] };
      expect(await subject.target.list({ kind: "namespace", name: "never-there" }, { signal })).toEqual(nothing);
      expect(await subject.target.list({ kind: "definition", name: "nothings.nobody.example" }, { signal })).toEqual(
        nothing,
      );
    });

    test("an object of a kind that is not served is absent", async () => {
      const key = { group: "nobody.example", version: "v1", kind: "Nothing", namespace: subject.namespace, name: "a" };
      expect(await subject.target.read(key, { signal })).toEqual({ kind: "absent" });
      expect(await subject.target.delete(key, { signal, uid: "x" })).toEqual({ kind: "absent" });
    });

    test("keeps one record, told apart by version", async () => {
      const { target } = subject;
      const record = { ...emptyRecord("cluster"), begun: ["a".repeat(40)] };
      expect(await target.readRecord({ signal })).toEqual({ kind: "absent" });
      const first = await target.writeRecord(record, { signal, version: undefined });
      if (first.kind !== "written") throw new Error(JSON.stringify(first));
      expect(await target.readRecord({ signal })).toEqual({ kind: "found", record, version: first.version });
      expect(await target.writeRecord(record, { signal, version: undefined })).toEqual({ kind: "conflict" });
      const next = { ...record, sequence: 7, revision: "b".repeat(40) };
      const second = await target.writeRecord(next, { signal, version: first.version });
      if (second.kind !== "written") throw new Error(JSON.stringify(second));
      expect(await target.writeRecord(record, { signal, version: first.version })).toEqual({ kind: "conflict" });
      expect(await target.readRecord({ signal })).toEqual({ kind: "found", record: next, version: second.version });
      expect(await target.isRecordAt(first.version, { signal, sinceMs: performance.now() })).toBe(false);
    });

    test("watches its own objects of one kind, reduced, and ends when told to", async () => {
      const existing = await applied(configMap({ a: "1" }, "existing"));
      await subject.writeAs("somebody", {
        ...configMap({ a: "1" }, "foreign"),
        metadata: { ...bare(), name: "foreign" },
      });
      const watch = startWatch(subject.target);
      expect(await watch.until((event) => event.kind === "listed")).toEqual({
        kind: "listed",
        objects: [{ id: idOf("existing"), uid: existing.uid, reduced: { data: { a: "1" }, kind: "ConfigMap" } }],
      });
      const added = await applied(configMap({ b: "2" }, "added"));
      expect(await watch.until((event) => event.kind === "changed")).toEqual({
        kind: "changed",
        object: { id: idOf("added"), uid: added.uid, reduced: { data: { b: "2" }, kind: "ConfigMap" } },
      });
      await subject.remove(objectKey(configMap({}, "existing")));
      expect(await watch.until((event) => event.kind === "gone")).toEqual({
        kind: "gone",
        id: idOf("existing"),
        uid: existing.uid,
      });
      await watch.stop();
      expect(watch.events.map((event) => event.kind)).toEqual(["listed", "changed", "gone"]);
    });

    test("a scan goes through its own objects of one kind", async () => {
      await applied(configMap({ a: "1" }, "first"));
      await applied(configMap({ a: "1" }, "second"));
      await subject.writeAs("somebody", { ...configMap({}, "foreign"), metadata: { ...bare(), name: "foreign" } });
      const seen: ScannedObject[] = [];
      const kind = { group: "", version: "v1", kind: "ConfigMap" };
      const onPage = async (objects: readonly ScannedObject[]): Promise<void> => void seen.push(...objects);
      expect(await subject.target.scan({ ...kind, onPage, signal })).toBeUndefined();
      expect(seen.map(({ id }) => id).toSorted()).toEqual([idOf("first"), idOf("second")]);
      expect(seen[0]?.metadata.managedFields).toMatchObject([{ manager: subject.target.fieldManager }]);
      const unknown = { group: "nobody.example", version: "v1", kind: "Nothing" };
      expect(await subject.target.scan({ ...unknown, onPage, signal })).toBeUndefined();
    });

    test("an object that loses the plane's label is gone from sight", async () => {
      const { uid } = await applied(configMap({ a: "1" }));
      const watch = startWatch(subject.target);
      await watch.until((event) => event.kind === "listed");
      await subject.writeAs("an-editor", {
        ...configMap({ a: "1" }),
        metadata: { ...bare(), labels: { [labelKeys.plane]: "x" } },
      });
      expect(await watch.until((event) => event.kind === "gone")).toEqual({ kind: "gone", id: idOf("settings"), uid });
      await watch.stop();
    });

    test("a watch of metadata sees no content", async () => {
      await applied(configMap({ a: "1" }));
      const watch = startWatch(subject.target, { detail: "metadata" });
      const listed = await watch.until((event) => event.kind === "listed");
      expect(listed).toMatchObject({ objects: [{ reduced: { kind: "ConfigMap" } }] });
      expect(listed).not.toMatchObject({ objects: [{ reduced: { data: { a: "1" } } }] });
      await watch.stop();
    });

    test("ending one watch leaves its neighbour alone", async () => {
      const first = startWatch(subject.target);
      const second = startWatch(subject.target);
      await first.until((event) => event.kind === "listed");
      await second.until((event) => event.kind === "listed");
      await first.stop();
      await applied(configMap({ a: "1" }));
      expect(await second.until((event) => event.kind === "changed")).toMatchObject({
        object: { id: idOf("settings") },
      });
      await second.stop();
      expect(first.events.map((event) => event.kind)).toEqual(["listed"]);
    });

    test("an abort ends a request with the signal's reason", async () => {
      const reason = new Error("stopped by the test");
      const aborted = AbortSignal.abort(reason);
      const object = configMap({ a: "1" });
      await expect(subject.target.apply(object, { signal: aborted, dryRun: false })).rejects.toBe(reason);
      await expect(subject.target.read(objectKey(object), { signal: aborted })).rejects.toBe(reason);
      await expect(subject.target.readRecord({ signal: aborted })).rejects.toBe(reason);
    });

    test("counts its requests", async () => {
      const before = subject.target.requests;
      await applied(configMap({ a: "1" }));
      expect(subject.target.requests).toBeGreaterThan(before);
    });

    test("sends nothing while it watches and nothing happens", async () => {
      const watch = startWatch(subject.target);
      await watch.until((event) => event.kind === "listed");
      // What comes back from this round trip was asked for after the watch was opened.
      await subject.remove({ ...objectKey(configMap({})), name: "never-there" });
      await applied(configMap({ a: "1" }));
      await watch.until((event) => event.kind === "changed");
      const before = subject.target.requests;
      await subject.writeAs("an-editor", { ...configMap({ a: "2" }), metadata: { ...bare() } });
      await watch.until((event) => event.kind === "changed" && JSON.stringify(event).includes('"2"'));
      expect(subject.target.requests).toBe(before);
      await watch.stop();
    });

    const idOf = (objectName: string): string => objectId(objectKey(configMap({}, objectName)));
  });
}

/** A watch of ConfigMaps that keeps what it saw. */
function startWatch(target: Target, options: Pick<WatchRequest, "detail"> = {}) {
  const controller = new AbortController();
  const events: WatchEvent[] = [];
  let heard = Promise.withResolvers<void>();
  const running = target.watch({
    group: "",
    version: "v1",
    kind: "ConfigMap",
    ...options,
    reduce: ({ kind, data }) => ({ kind, ...(data === undefined ? {} : { data }) }),
    onEvent: (event) => {
      events.push(event);
      heard.resolve();
      heard = Promise.withResolvers();
    },
    signal: controller.signal,
  });
  const until = async (isWanted: (event: WatchEvent) => boolean): Promise<WatchEvent> => {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(`saw only ${JSON.stringify(events)}`)), waitLimitMs);
    try {
      for (;;) {
        const found = events.find(isWanted);
        if (found !== undefined) return found;
        await Promise.race([heard.promise, late.promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  };
  const stop = async (): Promise<void> => {
    controller.abort();
    await running;
  };
  return { events, until, stop };
}
