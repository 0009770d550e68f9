import { expect, test, vi } from "vitest";
import { openLog } from "../process/log.ts";
import type { Verdict } from "./health/verdict.ts";
import { MemoryTarget } from "./memory-target.ts";
import { Reasons, type Subject } from "./reasons.ts";
import type { KubernetesObject } from "../schemas/object-id.ts";
import type { ObjectEvent, WatchRequest } from "./target.ts";
import { testPlane } from "./testbed.ts";

const id = "apps/Deployment/dev/web";
const kind = "apps/Deployment";
const waiting: Verdict = { health: "Progressing", reason: "0 of 1 replicas are available" };
const well: Verdict = { health: "Healthy" };

/** Reasons over watches and events that the test gives; every delay is a turn of the event loop. */
function open(events: readonly ObjectEvent[] = []) {
  const watches: WatchRequest[] = [];
  const asked: string[] = [];
  const changed: string[] = [];
  const lines: string[] = [];
  const target = new MemoryTarget({ plane: testPlane });
  target.watch = async (request) => {
    watches.push(request);
    const { promise, resolve } = Promise.withResolvers<void>();
    request.signal.addEventListener("abort", () => resolve());
    await promise;
  };
  target.readEvents = async ({ uid }) => {
    asked.push(uid);
    return events;
  };
  const reasons = new Reasons({
    target,
    log: openLog({ level: "info", write: (line) => void lines.push(line) }),
    onChange: (id) => changed.push(id),
    graceMs: { change: 60_000, fault: 1 },
    lingerMs: 1,
    delaysMs: [1],
    gapMs: 0,
  });
  const consider = (verdict: Verdict, about: Partial<Subject> = {}): void =>
    reasons.consider({ id, kind, namespace: "dev", uid: "w", verdict, cause: "fault", ...about });
  return { reasons, consider, watches, asked, changed, lines };
}

type PodState = { readonly name?: string; readonly hash?: string; readonly created?: string; readonly status: object };

function show(
  watch: WatchRequest | undefined,
  { name = "web-a-1", hash = "a", created = "1", status }: PodState,
): void {
  const pod: KubernetesObject = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "dev",
      creationTimestamp: created,
      labels: { "pod-template-hash": hash },
      ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: `web-${hash}`, controller: true }],
    },
    status,
  };
  watch?.onEvent({ kind: "changed", object: { id: `Pod/dev/${name}`, uid: name, reduced: watch.reduce(pod) } });
}

const crashing = {
  containerStatuses: [
    { name: "main", ready: false, restartCount: 3, state: { waiting: { reason: "CrashLoopBackOff" } } },
  ],
};
const running = { phase: "Running", containerStatuses: [{ name: "main", ready: false, state: { running: {} } }] };
const ready = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };

test("pods are watched in namespaces of unhealthy workloads alone, and no longer", async () => {
  const { reasons, consider, watches } = open();
  consider(well);
  consider(waiting, { id: "ConfigMap/dev/a", kind: "ConfigMap" });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(watches).toHaveLength(0);
  consider(waiting);
  consider(waiting, { id: "apps/Deployment/dev/other" });
  await vi.waitFor(() => expect(watches).toHaveLength(1));
  expect(watches[0]).toMatchObject({ kind: "Pod", everythingIn: "dev" });
  consider(well);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(watches[0]?.signal.aborted).toBe(false);
  consider(well, { id: "apps/Deployment/dev/other" });
  await vi.waitFor(() => expect(watches[0]?.signal.aborted).toBe(true));
  expect(watches).toHaveLength(1);
  await reasons[Symbol.asyncDispose]();
});

test("a rollout that is over before anybody could ask is not asked about", async () => {
  const { reasons, consider, watches } = open();
  consider(waiting);
  consider(well);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(watches).toHaveLength(0);
  await reasons[Symbol.asyncDispose]();
});

test("a change gets more time than a fault, which does not wait for a neighbour's change", async () => {
  const { reasons, consider, watches } = open();
  consider(waiting, { cause: "change" });
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(watches).toHaveLength(0);
  consider(waiting, { cause: "fault" });
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(watches).toHaveLength(0);
  consider(waiting, { id: "apps/Deployment/dev/other", cause: "fault" });
  await vi.waitFor(() => expect(watches).toHaveLength(1));
  await reasons[Symbol.asyncDispose]();
});

test("what is wrong with a pod is its workload's reason, and makes it Degraded", async () => {
  const { reasons, consider, watches, changed } = open();
  consider(waiting);
  await vi.waitFor(() => expect(watches).toHaveLength(1));
  show(watches[0], { status: crashing });
  expect(changed).toEqual([id]);
  expect(reasons.explain(id, waiting)).toEqual({
    health: "Degraded",
    reason: "0 of 1 replicas are available; container main is in CrashLoopBackOff, restarted 3 times",
  });
  show(watches[0], { status: ready });
  expect(reasons.explain(id, waiting)).toEqual(waiting);
  await reasons[Symbol.asyncDispose]();
});

test("pods of an older version are no reason any more, once there is one of the new", async () => {
  const { reasons, consider, watches } = open();
  consider(waiting);
  await vi.waitFor(() => expect(watches).toHaveLength(1));
  show(watches[0], { status: crashing });
  show(watches[0], { name: "web-b-1", hash: "b", created: "2", status: running });
  expect(reasons.explain(id, waiting)).toEqual(waiting);
  const unseen: Verdict = { health: "Progressing", reason: "its controller has not seen this generation" };
  show(watches[0], { name: "web-b-1", hash: "b", created: "2", status: crashing });
  expect(reasons.explain(id, unseen)).toEqual(unseen);
  await reasons[Symbol.asyncDispose]();
});

test("what runs once is not Degraded before it has ended", async () => {
  const { reasons, consider, watches } = open();
  const job = { id: "batch/Job/dev/web", kind: "batch/Job" };
  consider(waiting, job);
  await vi.waitFor(() => expect(watches).toHaveLength(1));
  const metadata = {
    name: "web-1",
    namespace: "dev",
    ownerReferences: [{ apiVersion: "batch/v1", kind: "Job", name: "web", controller: true }],
  };
  const reduced = watches[0]?.reduce({ apiVersion: "v1", kind: "Pod", metadata, status: crashing });
  watches[0]?.onEvent({ kind: "listed", objects: [{ id: "Pod/dev/web-1", uid: "p", reduced }] });
  expect(reasons.explain(job.id, waiting)).toMatchObject({ health: "Progressing" });
  expect(reasons.explain(job.id, waiting).reason).toContain("CrashLoopBackOff");
  watches[0]?.onEvent({ kind: "gone", id: "Pod/dev/web-1", uid: "p" });
  expect(reasons.explain(job.id, waiting)).toEqual(waiting);
  await reasons[Symbol.asyncDispose]();
});

test("of a pod that says nothing the events are asked for, once", async () => {
  const probe = {
    reason: "Unhealthy",
    message: "Readiness probe failed: HTTP probe failed with statuscode: 500",
    at: "",
  };
  const { reasons, consider, watches, asked, changed } = open([probe]);
  consider(waiting);
  await vi.waitFor(() => expect(watches).toHaveLength(1));
  show(watches[0], { status: running });
  await vi.waitFor(() =>
    expect(reasons.explain(id, waiting).reason).toContain("readiness probe fails: HTTP status 500"),
  );
  consider(waiting);
  show(watches[0], { status: running });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(asked).toEqual(["web-a-1"]);
  expect(changed).toContain(id);
  await reasons[Symbol.asyncDispose]();
});

test("an agent that may not see pods has health without reasons, and says so once", async () => {
  const { reasons, consider, watches, lines } = open();
  consider(waiting);
  await vi.waitFor(() => expect(watches).toHaveLength(1));
  for (let times = 0; times < 3; times += 1) {
    watches[0]?.onEvent({ kind: "failed", reason: "pods is forbidden" });
  }
  expect(reasons.explain(id, waiting)).toEqual(waiting);
  expect(lines.filter((line) => line.includes("pods cannot be seen"))).toHaveLength(1);
  await reasons[Symbol.asyncDispose]();
});

test("namespaces beyond the most that are watched wait for their turn", async () => {
  const { reasons, consider, watches } = open();
  const about = (index: number) => ({ id: `apps/Deployment/n${index}/web`, namespace: `n${index}` });
  for (let index = 0; index < 70; index += 1) consider(waiting, about(index));
  await vi.waitFor(() => expect(watches).toHaveLength(64));
  consider(well, about(0));
  await vi.waitFor(() => expect(watches).toHaveLength(65));
  expect(watches[64]?.everythingIn).toBe("n64");
  await reasons[Symbol.asyncDispose]();
  expect(watches).toHaveLength(65);
});
