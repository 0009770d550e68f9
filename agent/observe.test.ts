import { expect, test, vi } from "vitest";
import { openLog } from "../process/log.ts";
import type { KubernetesObject } from "../schemas/object-id.ts";
import { MemoryTarget } from "./memory-target.ts";
import { Observer, type ObserverOptions } from "./observe.ts";
import { testPlane } from "./testbed.ts";
import type { WatchRequest } from "./target.ts";

const id = "apps/Deployment/dev/web";
const kinds = new Map([
  ["apps/Deployment", { group: "apps", version: "v1", kind: "Deployment" }],
  ["ConfigMap", { group: "", version: "v1", kind: "ConfigMap" }],
]);

/** A watch whose events the test gives. */
async function open(
  options: Partial<ObserverOptions> = {},
): Promise<{ observer: Observer; watches: WatchRequest[]; changed: (string | undefined)[] }> {
  const watches: WatchRequest[] = [];
  const changed: (string | undefined)[] = [];
  const target = new MemoryTarget({ plane: testPlane });
  target.watch = async (request) => {
    watches.push(request);
    const { promise, resolve } = Promise.withResolvers<void>();
    request.signal.addEventListener("abort", () => resolve());
    await promise;
  };
  const log = openLog({ level: "silent" });
  const observer = new Observer({ target, log, random: () => 0, onChange: (each) => changed.push(each), ...options });
  observer.watchKinds(kinds);
  await Promise.resolve();
  await Promise.resolve();
  return { observer, watches, changed };
}

function deployment(generation: number): KubernetesObject {
  const status = {
    observedGeneration: generation,
    replicas: 1,
    updatedReplicas: 1,
    readyReplicas: 1,
    availableReplicas: 1,
  };
  const conditions = [{ type: "Available", status: "True" }];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", generation },
    spec: { replicas: 1 },
    status: { ...status, conditions },
  };
}

type Shown = { readonly uid: string; readonly generation: number; readonly kind?: "listed" | "changed" };

function show(watch: WatchRequest | undefined, { uid, generation, kind = "changed" }: Shown): void {
  if (watch === undefined) throw new Error("nothing is watched");
  const object = { id, uid, reduced: watch.reduce(deployment(generation)) };
  watch.onEvent(kind === "listed" ? { kind, objects: [object] } : { kind, object });
}

test("only kinds that have a health are watched, and no longer than they are in the tree", async () => {
  const { observer, watches } = await open();
  expect(watches.map(({ kind }) => kind)).toEqual(["Deployment"]);
  expect(watches[0]?.signal.aborted).toBe(false);
  observer.watchKinds(new Map());
  expect(watches[0]?.signal.aborted).toBe(true);
  expect(observer.healthOf(id)).toBeUndefined();
  await observer[Symbol.asyncDispose]();
});

test("nothing is said before the first list; what the list lacks is Missing", async () => {
  const { observer, watches } = await open();
  expect(observer.healthOf(id)).toBeUndefined();
  watches[0]?.onEvent({ kind: "listed", objects: [] });
  expect(observer.healthOf(id)).toMatchObject({ health: "Missing" });
  await observer[Symbol.asyncDispose]();
});

test("the health of an older generation or of an older object is not taken for the applied one's", async () => {
  const { observer, watches, changed } = await open();
  show(watches[0], { uid: "old", generation: 7, kind: "listed" });
  expect(observer.healthOf(id)).toEqual({ uid: "old", health: "Healthy" });
  observer.expect(id, { uid: "new", generation: 2 });
  expect(observer.healthOf(id)).toMatchObject({ uid: "new", health: "Progressing" });
  show(watches[0], { uid: "old", generation: 7 });
  expect(observer.healthOf(id)).toMatchObject({ health: "Progressing" });
  show(watches[0], { uid: "new", generation: 1 });
  expect(observer.healthOf(id)).toMatchObject({ health: "Progressing" });
  show(watches[0], { uid: "new", generation: 2 });
  expect(observer.healthOf(id)).toEqual({ uid: "new", health: "Healthy" });
  expect(changed).toEqual([undefined, id, id, id]);
  await observer[Symbol.asyncDispose]();
});

test("a watch that was faster than the answer of the apply is believed", async () => {
  const { observer, watches } = await open();
  show(watches[0], { uid: "new", generation: 2, kind: "listed" });
  observer.expect(id, { uid: "new", generation: 2 });
  expect(observer.healthOf(id)).toEqual({ uid: "new", health: "Healthy" });
  await observer[Symbol.asyncDispose]();
});

test("an applied object that went is Missing, and what follows it under its name counts", async () => {
  const { observer, watches } = await open();
  show(watches[0], { uid: "new", generation: 1, kind: "listed" });
  observer.expect(id, { uid: "new", generation: 2 });
  watches[0]?.onEvent({ kind: "gone", id, uid: "new" });
  expect(observer.healthOf(id)).toMatchObject({ health: "Missing" });
  show(watches[0], { uid: "newer", generation: 1 });
  expect(observer.healthOf(id)).toEqual({ uid: "newer", health: "Healthy" });
  await observer[Symbol.asyncDispose]();
});

test("what was applied before its kind was watched is awaited until the first list, which may lack it", async () => {
  const { observer, watches } = await open();
  observer.watchKinds(new Map());
  observer.expect(id, { uid: "new", generation: 1 });
  observer.watchKinds(kinds);
  await Promise.resolve();
  await Promise.resolve();
  expect(observer.healthOf(id)).toMatchObject({ uid: "new", health: "Progressing" });
  watches[1]?.onEvent({ kind: "listed", objects: [] });
  expect(observer.healthOf(id)).toMatchObject({ health: "Missing" });
  await observer[Symbol.asyncDispose]();
});

test("an object that was recreated within a gap of the watch counts", async () => {
  const { observer, watches } = await open();
  show(watches[0], { uid: "new", generation: 1, kind: "listed" });
  observer.expect(id, { uid: "new", generation: 2 });
  show(watches[0], { uid: "newer", generation: 1, kind: "listed" });
  expect(observer.healthOf(id)).toEqual({ uid: "newer", health: "Healthy" });
  await observer[Symbol.asyncDispose]();
});

const jobId = "batch/Job/dev/migrate";
const jobKinds = new Map([["batch/Job", { group: "batch", version: "v1", kind: "Job" }]]);

test("how a Job ended is told, and stands when the Job is gone", async () => {
  const ended: unknown[] = [];
  const finished = new Map<string, { uid: string; result: string }>();
  const { observer, watches } = await open({
    onFinished: (id, result) => {
      ended.push([id, result]);
      finished.set(id, result);
    },
    finishedOf: (id) => finished.get(id),
  });
  observer.watchKinds(jobKinds);
  await Promise.resolve();
  await Promise.resolve();
  const watch = watches.at(-1);
  if (watch === undefined) throw new Error("Jobs are not watched");
  const job = (type: string): KubernetesObject => ({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "migrate", namespace: "dev", generation: 1 },
    spec: {},
    status: { startTime: "2026-01-01T00:00:00Z", conditions: [{ type, status: "True", message: "said so" }] },
  });
  const event = (type: string) => ({ id: jobId, uid: "u1", reduced: watch.reduce(job(type)) });
  watch.onEvent({ kind: "listed", objects: [event("SuccessCriteriaMet")] });
  expect(ended).toEqual([]);
  expect(observer.healthOf(jobId)).toMatchObject({ health: "Progressing" });
  watch.onEvent({ kind: "changed", object: event("Complete") });
  expect(ended).toEqual([[jobId, { uid: "u1", result: "Complete" }]]);
  watch.onEvent({ kind: "gone", id: jobId, uid: "u1" });
  expect(observer.healthOf(jobId)).toEqual({ uid: "u1", health: "Healthy" });
  finished.set(jobId, { uid: "u1", result: "Failed" });
  expect(observer.healthOf(jobId)).toEqual({ uid: "u1", health: "Degraded", reason: "ended as Failed and is gone" });
  await observer[Symbol.asyncDispose]();
});

test("an object with a rule is judged by it as soon as its language is there", async () => {
  const { observer, watches, changed } = await open();
  const annotations = {
    "gitplane.dev/health": JSON.stringify({ degraded: "object.spec.replicas == 1", reason: "'alone'" }),
  };
  const ruled = { ...deployment(1), metadata: { name: "web", namespace: "dev", generation: 1, annotations } };
  watches[0]?.onEvent({ kind: "listed", objects: [{ id, uid: "u", reduced: watches[0].reduce(ruled) }] });
  expect(observer.healthOf(id)).toMatchObject({ health: "Progressing", reason: "its health rule is being read" });
  await vi.waitFor(() => expect(changed).toEqual([undefined, id]));
  expect(observer.healthOf(id)).toEqual({ uid: "u", health: "Degraded", reason: "alone" });
  const old = { ...ruled, metadata: { ...ruled.metadata, generation: 2 } };
  watches[0]?.onEvent({ kind: "changed", object: { id, uid: "u", reduced: watches[0].reduce(old) } });
  expect(observer.healthOf(id)).toMatchObject({ health: "Progressing" });
  await observer[Symbol.asyncDispose]();
});

test("C41 what a controller repeats of an address is masked, and what it goes on about is cut", async () => {
  const { observer, watches } = await open();
  const said = async (message: string): Promise<string> => {
    const conditions = [{ type: "ReplicaFailure", status: "True", message }];
    const status = { observedGeneration: 1, conditions };
    const object = { ...deployment(1), status };
    watches[0]?.onEvent({ kind: "changed", object: { id, uid: "u", reduced: watches[0].reduce(object) } });
    return observer.healthOf(id)?.reason ?? "";
  };
  expect(await said("cannot reach https://user:hunter2@host.example/x")).toBe(
    "cannot reach https://[redacted]@host.example/x",
  );
  expect((await said("x".repeat(5000))).length).toBeLessThan(610);
  await observer[Symbol.asyncDispose]();
});
