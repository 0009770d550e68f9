/** The health of live objects, and why it is not better, as an agent reports it: on a real cluster with its controllers. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type NativeRepository, openNativeRepository } from "../git/native/open.ts";
import { openLog } from "../process/log.ts";
import type { PlaneId } from "../schemas/layout.ts";
import type { Receipt } from "../schemas/receipt.ts";
import { Connection, type Verb } from "./kubernetes/connection.ts";
import { loadKubeconfig } from "./kubernetes/kubeconfig.ts";
import { type KubernetesTarget, openKubernetesTarget } from "./kubernetes/kubernetes-target.ts";
import { type Manifest, PlaneBranch } from "./plane-branch.ts";
import { readReceipts } from "./receipts.ts";
import { runAgent } from "./run.ts";
import { startAgent } from "./testbed.ts";

const kubeconfig = process.env["GITPLANE_TEST_KUBECONFIG"];
const run = randomUUID().slice(0, 8);
const plane: PlaneId = { kind: "data", organization: "acme", name: `h${run}` };
const namespace = `health-${run}`;
const forever = new AbortController().signal;
/** Its status comes from the test, as a kubelet would write it. */
const played = { "gitplane.dev/played-by-test": "true" };

type Pod = { readonly metadata: { readonly name: string; readonly uid: string } };
type ToldObject = Receipt["objects"][number];

describe.skipIf(kubeconfig === undefined)("health on a real cluster", () => {
  const path = kubeconfig ?? "";
  let folder: string;
  let host: NativeRepository;
  let branch: PlaneBranch;
  let target: KubernetesTarget;
  let other: Connection;
  let stop: () => Promise<void>;
  const tree: Record<string, readonly Manifest[]> = {};

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "gitplane-health-"));
    host = await openNativeRepository({ path: join(folder, "host.git"), create: true });
    branch = new PlaneBranch(host, plane);
    target = await openKubernetesTarget({ source: { kind: "kubeconfig", path }, plane, agentVersion: "test" });
    other = new Connection({
      access: await loadKubeconfig({ path }),
      userAgent: "gitplane-test",
      concurrency: 16,
      timeoutMs: 30_000,
      responseLimitBytes: 1 << 24,
      backoff: { baseMs: 10, capMs: 100 },
      random: Math.random,
    });
    await bring({ "cells/shop/dev.yaml": [{ kind: "Namespace", name: namespace }] });
    stop = await start();
  });
  afterAll(async () => {
    await stop();
    await send("delete", `/api/v1/namespaces/${namespace}`);
    await target[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
    await host[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(): Promise<() => Promise<void>> {
    const url = join(folder, "host.git");
    const clone = await openNativeRepository({
      path: join(folder, `${randomUUID()}.git`),
      create: true,
      remote: { url },
    });
    const controller = new AbortController();
    const log = openLog({ level: "silent" });
    const ends = runAgent({
      agent: startAgent({ repository: clone, target, plane, signal: controller.signal }),
      agentVersion: "test",
      instance: run,
      log,
      now: () => new Date(),
      random: Math.random,
      pollMs: 200,
      wake: undefined,
      pace: { gatherMs: 20, shortestGapMs: 50 },
    });
    return async () => {
      controller.abort();
      await ends;
      await clone[Symbol.asyncDispose]();
    };
  }

  async function send(verb: Verb, at: string, body?: unknown): Promise<unknown> {
    const headers = verb === "apply" ? { "content-type": "application/apply-patch+yaml" } : {};
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await other.send({ verb, path: at, headers, signal: forever, ...text });
    if (answer.kind === "failed") throw new Error(answer.reason);
    if (answer.status >= 400 && answer.status !== 404) throw new Error(JSON.stringify(answer.body));
    return answer.body;
  }

  /** Publishes these Releases beside those that stand. */
  async function bring(releases: Readonly<Record<string, readonly Manifest[]>>): Promise<void> {
    Object.assign(tree, releases);
    await branch.publish(tree);
  }

  /** An object's part of its receipt, once it is so. */
  async function told(id: string, is: (object: ToldObject) => boolean): Promise<ToldObject> {
    let last: ToldObject | undefined;
    for (const end = performance.now() + 60_000; performance.now() < end;) {
      const { byPath } = await readReceipts(host, plane);
      last = [...byPath.values()].flatMap(({ objects }) => objects).find((object) => object.id === id);
      if (last !== undefined && is(last)) return last;
      await pause(25);
    }
    throw new Error(`${id} is still ${JSON.stringify(last)}`);
  }

  const toldHealth = (id: string, health: string): Promise<ToldObject> =>
    told(id, (object) => object.health === health);
  const toldReason = (id: string, words: string): Promise<ToldObject> =>
    told(id, ({ reason }) => reason?.includes(words) === true);

  async function podOf(name: string, isAnother: (pod: Pod) => boolean = () => true): Promise<Pod> {
    for (;;) {
      const at = `/api/v1/namespaces/${namespace}/pods?labelSelector=app%3D${name}`;
      const { items } = (await send("list", at)) as { items: Pod[] };
      const pod = items.find(isAnother);
      if (pod !== undefined) return pod;
      await pause(25);
    }
  }

  /** Writes a pod's status as its kubelet would. */
  async function play({ metadata }: Pod, status: object): Promise<void> {
    const at = `/api/v1/namespaces/${namespace}/pods/${metadata.name}/status?fieldManager=kubelet&force=true`;
    await send("apply", at, { apiVersion: "v1", kind: "Pod", metadata: { name: metadata.name }, status });
  }

  const idOf = (kind: string, name: string): string => `${kind}/${namespace}/${name}`;

  type Shape = { readonly spec?: object; readonly pod?: object; readonly labels?: object; readonly container?: object };

  function workload(kind: string, name: string, shape: Shape = {}): Manifest {
    const { spec = {}, pod = {}, labels = {}, container = {} } = shape;
    const template = {
      metadata: { labels: { app: name, ...labels } },
      spec: { containers: [{ name: "main", image: "example.test/web:1", ...container }], ...pod },
    };
    const [group = "apps", bare = "Deployment"] = kind.split("/");
    const selector = group === "apps" ? { selector: { matchLabels: { app: name } } } : {};
    return {
      apiVersion: `${group}/v1`,
      kind: bare,
      name,
      namespace,
      body: { spec: { ...selector, template, ...spec } },
    };
  }

  const crash = (exitCode: number, restartCount: number, state: object): object => ({
    phase: "Running",
    conditions: [{ type: "Ready", status: "False", reason: "ContainersNotReady" }],
    containerStatuses: [
      {
        name: "main",
        image: "example.test/web:1",
        imageID: "",
        ready: false,
        restartCount,
        state,
        lastState: {
          terminated: { exitCode, reason: "Error", message: "secret=hunter2", containerID: "containerd://1" },
        },
      },
    ],
  });
  const ready = {
    phase: "Running",
    conditions: [{ type: "Ready", status: "True" }],
    containerStatuses: [
      { name: "main", image: "example.test/web:2", imageID: "", ready: true, restartCount: 0, state: { running: {} } },
    ],
  };

  test(
    "a container that crashes in a loop makes its Deployment Degraded within a second, until a fix is up",
    { meta: { standIns: ["kubelet"] } },
    async () => {
      const id = idOf("apps/Deployment", "crash");
      await bring({ "releases/shop/dev/crash.yaml": [workload("apps/Deployment", "crash", { labels: played })] });
      const pod = await podOf("crash");
      await play(pod, ready);
      await toldHealth(id, "Healthy");
      const startMs = performance.now();
      await play(pod, crash(3, 4, { waiting: { reason: "CrashLoopBackOff", message: "back-off 1m20s" } }));
      const broken = await toldHealth(id, "Degraded");
      process.stderr.write(`a crash loop was in the receipt after ${Math.round(performance.now() - startMs)} ms\n`);
      expect(broken.reason).toBe(
        "0 of 1 replicas are available; container main is in CrashLoopBackOff: exit code 3 (Error), restarted 4 times",
      );
      // Running between two crashes is no recovery.
      await play(pod, crash(3, 5, { running: {} }));
      expect((await toldReason(id, "restarted 5 times")).health).toBe("Degraded");
      const container = { image: "example.test/web:2" };
      const fix = workload("apps/Deployment", "crash", { labels: played, container });
      await bring({ "releases/shop/dev/crash.yaml": [fix] });
      const next = await podOf("crash", ({ metadata }) => metadata.uid !== pod.metadata.uid);
      const waiting = await toldHealth(id, "Progressing");
      expect(waiting.reason).not.toContain("CrashLoopBackOff");
      await play(next, ready);
      await toldHealth(id, "Healthy");
      const receipts = JSON.stringify([...(await readReceipts(host, plane)).byPath]);
      expect(receipts).not.toContain("hunter2");
    },
  );

  test("an image that cannot be had is named", { meta: { standIns: ["kubelet"] } }, async () => {
    await bring({ "releases/shop/dev/image.yaml": [workload("apps/Deployment", "image", { labels: played })] });
    const waiting = { reason: "ImagePullBackOff", message: "Back-off pulling image" };
    const status = { name: "main", image: "example.test/web:1", imageID: "", ready: false, restartCount: 0 };
    await play(await podOf("image"), { phase: "Pending", containerStatuses: [{ ...status, state: { waiting } }] });
    const { reason } = await toldHealth(idOf("apps/Deployment", "image"), "Degraded");
    expect(reason).toContain("container main: image example.test/web:1 cannot be had (ImagePullBackOff)");
  });

  test("a pod that fits no node is told in the scheduler's words", async () => {
    const container = { resources: { requests: { cpu: "9000" } } };
    await bring({ "releases/shop/dev/big.yaml": [workload("apps/Deployment", "big", { container })] });
    const { health, reason } = await toldReason(idOf("apps/Deployment", "big"), "cannot be scheduled");
    expect({ health, reason }).toEqual({
      health: "Progressing",
      reason: expect.stringContaining("Insufficient cpu") as string,
    });
  });

  test("a probe that fails is told without what it printed", { meta: { standIns: ["kubelet"] } }, async () => {
    const id = idOf("apps/Deployment", "probe");
    await bring({ "releases/shop/dev/probe.yaml": [workload("apps/Deployment", "probe", { labels: played })] });
    const pod = await podOf("probe");
    const container = { name: "main", image: "example.test/web:1", imageID: "", ready: false, restartCount: 0 };
    await play(pod, { phase: "Running", containerStatuses: [{ ...container, state: { running: {} } }] });
    const { name, uid } = pod.metadata;
    const now = new Date().toISOString();
    await send("create", `/api/v1/namespaces/${namespace}/events`, {
      metadata: { name: `${name}.1`, namespace },
      involvedObject: { apiVersion: "v1", kind: "Pod", name, namespace, uid },
      reason: "Unhealthy",
      message: "Readiness probe failed: password=hunter2 is wrong",
      type: "Warning",
      lastTimestamp: now,
      firstTimestamp: now,
      count: 1,
    });
    const { reason } = await toldReason(id, "readiness probe");
    expect(reason).toBe("0 of 1 replicas are available; its readiness probe fails");
  });

  test("C63 a quota that is exceeded is told for each kind of workload, and the rest of the Release lands", async () => {
    const quota: Manifest = {
      kind: "ResourceQuota",
      name: "none",
      namespace: `${namespace}-q`,
      body: { spec: { hard: { pods: "0" } } },
    };
    const inQuota = (manifest: Manifest): Manifest => ({ ...manifest, namespace: `${namespace}-q` });
    await bring({ "cells/shop/quota.yaml": [{ kind: "Namespace", name: `${namespace}-q` }, quota] });
    await told(`ResourceQuota/${namespace}-q/none`, ({ result }) => result === "created");
    const config: Manifest = {
      kind: "ConfigMap",
      name: "settings",
      namespace: `${namespace}-q`,
      body: { data: { a: "1" } },
    };
    await bring({
      "releases/shop/quota/all.yaml": [
        config,
        inQuota(workload("apps/Deployment", "web")),
        inQuota(workload("apps/StatefulSet", "db", { spec: { serviceName: "db" } })),
        inQuota(workload("apps/DaemonSet", "node")),
      ],
    });
    const { health } = await toldReason(`apps/Deployment/${namespace}-q/web`, "exceeded quota: none");
    expect(health).toBe("Degraded");
    await toldReason(`apps/StatefulSet/${namespace}-q/db`, "exceeded quota: none");
    await toldReason(`apps/DaemonSet/${namespace}-q/node`, "exceeded quota: none");
    await told(`ConfigMap/${namespace}-q/settings`, ({ result }) => result === "created");
    await send("delete", `/api/v1/namespaces/${namespace}-q`);
  });

  test("StatefulSets, DaemonSets and Deployments that run are Healthy", async () => {
    await bring({
      "releases/shop/dev/well.yaml": [
        workload("apps/Deployment", "web", { spec: { replicas: 2 } }),
        workload("apps/StatefulSet", "db", { spec: { serviceName: "db", replicas: 2 } }),
        workload("apps/DaemonSet", "node"),
        workload("apps/StatefulSet", "by-hand", { spec: { serviceName: "db", updateStrategy: { type: "OnDelete" } } }),
      ],
    });
    for (const id of [
      "apps/Deployment/web",
      "apps/StatefulSet/db",
      "apps/DaemonSet/node",
      "apps/StatefulSet/by-hand",
    ]) {
      const [group = "", kind = "", name = ""] = id.split("/");
      await toldHealth(idOf(`${group}/${kind}`, name), "Healthy");
    }
  });

  const finished = async (id: string): Promise<unknown> => {
    const record = await target.readRecord({ signal: forever });
    return record.kind === "found" ? record.record.finished[id] : undefined;
  };
  async function untilFinished(id: string): Promise<unknown> {
    for (;;) {
      const found = await finished(id);
      if (found !== undefined) return found;
      await pause(25);
    }
  }

  test("a Job that is done stays Healthy when it is gone, and is not made anew by another manifest", async () => {
    const id = idOf("batch/Job", "migrate");
    const job = (image: string): Manifest =>
      workload("batch/Job", "migrate", {
        spec: { backoffLimit: 0 },
        pod: { restartPolicy: "Never" },
        container: { image },
      });
    await bring({ "releases/shop/dev/migrate.yaml": [job("example.test/migrate:1")] });
    const { uid } = await toldHealth(id, "Healthy");
    expect(await untilFinished(id)).toEqual({ uid, result: "Complete" });
    await send("delete", `/apis/batch/v1/namespaces/${namespace}/jobs/migrate`, { propagationPolicy: "Background" });
    await bring({ "releases/shop/dev/migrate.yaml": [job("example.test/migrate:2")] });
    const told2 = await told(id, ({ result }) => result === "skipped");
    expect(told2).toEqual({ id, uid, result: "skipped", health: "Healthy" });
    await stop();
    stop = await start();
    await told(id, ({ health }) => health === "Healthy");
    const jobs = (await send("list", `/apis/batch/v1/namespaces/${namespace}/jobs`)) as { items: Pod[] };
    expect(jobs.items.map(({ metadata }) => metadata.name)).not.toContain("migrate");
  });

  test(
    "a Job that fails is Degraded with its exit code, and is not tried again",
    { meta: { standIns: ["kubelet"] } },
    async () => {
      const id = idOf("batch/Job", "broken");
      const job = workload("batch/Job", "broken", {
        spec: { backoffLimit: 0 },
        pod: { restartPolicy: "Never" },
        labels: played,
      });
      await bring({ "releases/shop/dev/broken.yaml": [job] });
      const pod = await podOf("broken");
      await toldHealth(id, "Progressing");
      const terminated = { exitCode: 7, reason: "Error", message: "secret=hunter2" };
      const container = { name: "main", image: "example.test/web:1", imageID: "", ready: false, restartCount: 0 };
      await play(pod, { phase: "Failed", containerStatuses: [{ ...container, state: { terminated } }] });
      const { reason, uid } = await told(
        id,
        (object) => object.health === "Degraded" && object.reason?.includes("7") === true,
      );
      expect(reason).toBe("Job has reached the specified backoff limit; container main crashed: exit code 7 (Error)");
      expect(await untilFinished(id)).toEqual({ uid, result: "Failed" });
    },
  );

  test("an autoscaler without metrics is Degraded, a claim that waits for its first pod blocks nobody", async () => {
    const storage: Manifest = {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      name: `lazy-${run}`,
      body: { provisioner: "example.test/none", volumeBindingMode: "WaitForFirstConsumer" },
    };
    const claim: Manifest = {
      kind: "PersistentVolumeClaim",
      name: "data",
      namespace,
      body: {
        spec: {
          storageClassName: `lazy-${run}`,
          accessModes: ["ReadWriteOnce"],
          resources: { requests: { storage: "1Gi" } },
        },
      },
    };
    const scaler: Manifest = {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      name: "web",
      namespace,
      body: {
        spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" } },
      },
    };
    await bring({ "platform/storage.yaml": [storage], "releases/shop/dev/claim.yaml": [claim, scaler] });
    // A receipt that is written right after the apply says that it was not seen yet.
    const claimed = await toldReason(
      idOf("PersistentVolumeClaim", "data"),
      "is not bound; it may wait for its first pod",
    );
    expect(claimed.health).toBe("Unknown");
    const scaled = await toldHealth(idOf("autoscaling/HorizontalPodAutoscaler", "web"), "Degraded");
    expect(scaled.reason).toContain("metric");
    await send("delete", `/apis/storage.k8s.io/v1/storageclasses/lazy-${run}`);
  });

  test(
    "a definition is Healthy once it is served; objects of its kind are what their controller says",
    { meta: { standIns: ["controllers"] } },
    async () => {
      const plural = `widgets${run}`;
      const group = "health.example.test";
      const schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
      const kind = `Widget${run.replaceAll(/\d/gu, (digit) => String.fromCodePoint(97 + Number(digit)))}`;
      const definitionOf = (additionalPrinterColumns: readonly object[]): Manifest => ({
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        name: `${plural}.${group}`,
        body: {
          spec: {
            group,
            scope: "Namespaced",
            names: { kind, plural, singular: plural.replace("s", ""), listKind: `${kind}List` },
            versions: [
              {
                name: "v1",
                served: true,
                storage: true,
                subresources: { status: {} },
                schema: { openAPIV3Schema: schema },
                additionalPrinterColumns,
              },
            ],
          },
        },
      });
      const widget = (name: string, size: number): Manifest => ({
        apiVersion: `${group}/v1`,
        kind,
        name,
        namespace,
        body: { spec: { size } },
      });
      const definitionId = `apiextensions.k8s.io/CustomResourceDefinition/${plural}.${group}`;
      const age = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };
      await bring({ "platform/definition.yaml": [definitionOf([])] });
      await toldHealth(definitionId, "Healthy");
      await bring({ "platform/definition.yaml": [definitionOf([age])] });
      await told(definitionId, ({ health, result }) => health === "Healthy" && result === "configured");
      const id = idOf(`${group}/${kind}`, "one");
      await bring({ "releases/shop/dev/widget.yaml": [widget("one", 1)] });
      const silent = await told(id, ({ reason }) => reason !== undefined && !reason.includes("not seen"));
      expect(silent).toMatchObject({ health: "Unknown", reason: "no controller has reported on it" });
      const report = async (status: object): Promise<void> => {
        const at = `/apis/${group}/v1/namespaces/${namespace}/${plural}/one/status?fieldManager=widgets&force=true`;
        await send("apply", at, { apiVersion: `${group}/v1`, kind, metadata: { name: "one" }, status });
      };
      const condition = { type: "Ready", status: "True", reason: "Fine", message: "" };
      await report({
        observedGeneration: 1,
        conditions: [{ ...condition, status: "False", message: "its disk is full" }],
      });
      expect((await toldHealth(id, "Progressing")).reason).toBe("its disk is full");
      await report({ observedGeneration: 1, conditions: [condition] });
      await toldHealth(id, "Healthy");
      await bring({ "releases/shop/dev/widget.yaml": [widget("one", 2)] });
      expect(await toldReason(id, "has not seen this generation")).toMatchObject({ health: "Progressing" });
      await report({ observedGeneration: 2, conditions: [condition] });
      await toldHealth(id, "Healthy");
      await send("delete", `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${group}`);
    },
  );
});

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
