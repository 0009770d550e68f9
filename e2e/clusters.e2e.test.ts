import { spawn } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

import { auditOffset, countRequests, readAudit } from "./clusters/audit.ts";
import type { Cluster } from "./clusters/cluster.ts";
import { bootClusters, disposeClusters } from "./clusters/clusters.ts";
import { KubeClient } from "./clusters/kube-client.ts";
import { readKubeconfig } from "./clusters/kubeconfig.ts";
import { poll } from "./clusters/poll.ts";
import { processIdentity } from "./clusters/process-identity.ts";
import { waitUntilReady } from "./clusters/readiness.ts";
import type { KubeObject } from "./clusters/resource-paths.ts";
import { playedByTestLabel } from "./clusters/stages.ts";
import { findTestSource } from "./clusters/test-source.ts";

const source = await findTestSource("clusters boot, serve and stop");
/** One is enough where the clusters are the user's. */
const names = ["one", "two"].slice(0, source.kind === "kubeconfigs" ? source.kubeconfigPaths.length : 2);
const bootTimeoutMs = 1_200_000;
const stepTimeoutMs = 60_000;

const namespace: KubeObject = { apiVersion: "v1", kind: "Namespace", metadata: { name: "cell" } };
const deployment: KubeObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "cell" },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "main", image: "example.test/web:1" }] },
    },
  },
};
const deploymentSchema = z.object({
  status: z.object({
    availableReplicas: z.number().default(0),
    conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
  }),
});

describe.skipIf(source.kind === "none")("clusters", () => {
  let dataDir: string;
  let clusters: Cluster[] = [];

  const boot = async (data: "keep" | "wipe") =>
    await bootClusters({
      names,
      dataDir,
      data,
      source,
      onProgress: report,
      signal: AbortSignal.timeout(bootTimeoutMs),
      audit: true,
    });

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "gitplane-clusters-"));
    clusters = await boot("wipe");
    for (const { name, bootPhases } of clusters) {
      report(`${name}: ${bootPhases.map(({ phase, elapsedMs }) => `${phase} ${elapsedMs} ms`).join(", ")}`);
    }
  });

  afterAll(async () => {
    await disposeClusters(clusters);
    await rm(dataDir, { recursive: true, force: true });
  });

  test("each carries a Deployment to Available and lets go of it", async () => {
    await Promise.all(clusters.map(async (cluster) => await carryDeployment(cluster)));
  });

  test("serve the Gateway API", async () => {
    const answers = clusters.map(async (cluster) => {
      await using client = await connect(cluster);
      const route = {
        parentRefs: [{ name: "gateway" }],
        rules: [{ matches: [{ path: { type: "Exact", value: "no" } }] }],
      };
      const object = {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "HTTPRoute",
        metadata: { name: "route" },
        spec: route,
      };
      return await client.apply(object).catch((error: unknown) => error);
    });
    const refusal = { name: "ApiError", status: 422, reason: "Invalid" };
    expect(await Promise.all(answers)).toEqual(clusters.map(() => expect.objectContaining(refusal)));
  });

  test.skipIf(source.kind !== "built")(
    "fail a pod that asks for it by label, and leave alone one that is the test's",
    async () => {
      await using client = await connect(clusters[0]);
      const stage = "pod-container-running-failed.stage.kwok.x-k8s.io";
      const annotations = {
        [`${stage}/delay`]: "10ms",
        [`${stage}/jitter-delay`]: "10ms",
        [`${stage}/reason`]: "OOMKilled",
      };
      const create = async (name: string, metadata: object) =>
        await client.create("/api/v1/namespaces/default/pods", {
          metadata: { name, ...metadata },
          spec: { restartPolicy: "Never", containers: [{ name: "main", image: "example.test/main:1" }] },
        });
      await create("ours", { labels: { [playedByTestLabel]: "" } });
      await create("doomed", { labels: { [stage]: "true" }, annotations });
      const failedSchema = z.object({
        status: z.object({
          phase: z.literal("Failed"),
          containerStatuses: z.array(z.object({ state: z.object({ terminated: z.object({ reason: z.string() }) }) })),
        }),
      });
      const reasons = await poll({
        what: "the pod failing",
        timeoutMs: stepTimeoutMs,
        signal: AbortSignal.timeout(stepTimeoutMs),
        probe: async (signal) => {
          const { data } = failedSchema.safeParse(await client.get("/api/v1/namespaces/default/pods/doomed", signal));
          return data?.status.containerStatuses.map(({ state }) => state.terminated.reason);
        },
      });
      expect(reasons).toEqual(["OOMKilled"]);
      expect(await client.get("/api/v1/namespaces/default/pods/ours")).toMatchObject({
        spec: { nodeName: "node-1" },
        status: { phase: "Pending" },
      });
    },
  );

  test.skipIf(source.kind !== "built")("count what was asked of them", async () => {
    const auditLogPath = clusters[0]?.auditLogPath ?? "";
    await using client = await connect(clusters[0], "counted/1");
    await client.get("/api/v1/namespaces/default");
    const sinceBytes = await auditOffset(auditLogPath);
    await client.get("/api/v1/namespaces/kube-system");
    await client.find("/api/v1/namespaces/nowhere");
    const stop = new AbortController();
    for await (const event of client.watch("/api/v1/namespaces", stop.signal)) {
      expect(event.type).toBe("ADDED");
      stop.abort();
    }
    const window = { auditLogPath, sinceBytes, userAgentPrefix: "counted/" };
    const audited = (await readAudit(window)).map(({ verb, url, status }) => ({ verb, url, status }));
    expect(audited).toEqual([
      { verb: "get", url: "/api/v1/namespaces/kube-system", status: 200 },
      { verb: "get", url: "/api/v1/namespaces/nowhere", status: 404 },
      { verb: "watch", url: "/api/v1/namespaces?watch=true", status: 200 },
    ]);
    expect(await countRequests({ ...window, verb: "watch" })).toBe(1);
  });

  test.skipIf(source.kind !== "built")(
    "keep a kubeconfig that nobody else can read and that verifies the server",
    async () => {
      const path = clusters[0]?.kubeconfigPath ?? "";
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      const kubeconfig = await readKubeconfig(path);
      expect(kubeconfig.verifiesServer).toBe(true);
      const foreign = await readKubeconfig(clusters[1]?.kubeconfigPath ?? "");
      await using client = new KubeClient({ ...kubeconfig, certificateAuthority: foreign.certificateAuthority });
      await expect(client.get("/readyz")).rejects.toMatchObject({ code: "unreachable" });
    },
  );

  test.skipIf(source.kind !== "built")("come back when a program is killed and started again", async () => {
    const [cluster] = clusters;
    await using client = await connect(cluster);
    const etcd = cluster?.processes.get("etcd");
    await cluster?.restart("etcd");
    await cluster?.restart("kube-apiserver");
    await waitUntilReady({ client, timeoutMs: stepTimeoutMs, signal: AbortSignal.timeout(stepTimeoutMs) });
    expect(cluster?.processes.get("etcd")).not.toBe(etcd);
    expect(await client.find("/api/v1/namespaces/default")).toBeDefined();
  });

  test.skipIf(source.kind !== "built")("leave no process and keep their data when stopped", async () => {
    await using before = await connect(clusters[1]);
    await before.apply({ ...namespace, metadata: { name: "kept" } });
    const pids = clusters.flatMap(({ processes }) => [...processes.values()]);
    expect(pids).toHaveLength(10);
    const startedAtMs = performance.now();
    await disposeClusters(clusters);
    report(`stopped in ${Math.round(performance.now() - startedAtMs)} ms`);
    expect(await living(pids)).toEqual([]);
    clusters = await boot("keep");
    await using after = await connect(clusters[1]);
    expect(await after.find("/api/v1/namespaces/kept")).toBeDefined();
  });

  test.skipIf(source.kind !== "built")(
    "die with an owner that is killed, and what is stopped dies at the next boot",
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "gitplane-orphan-"));
      const owner = await bootInOtherProcess(folder);
      const kwok = owner.pids.get("kwok") ?? 0;
      process.kill(kwok, "SIGSTOP");
      owner.kill();
      const others = [...owner.pids.values()].filter((pid) => pid !== kwok);
      const signal = AbortSignal.timeout(stepTimeoutMs);
      await poll({
        what: "the programs ending with their owner",
        timeoutMs: 5000,
        signal,
        probe: async () => ((await living(others)).length === 0 ? true : undefined),
      });
      expect(await living([kwok])).toEqual([kwok]);
      const [again] = await bootClusters({ names: ["orphan"], dataDir: folder, source, onProgress: report, signal });
      expect(await living([kwok])).toEqual([]);
      await again?.[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  );
});

async function carryDeployment(cluster: Cluster): Promise<void> {
  await using client = await connect(cluster);
  const timeout = AbortSignal.timeout(stepTimeoutMs);
  await client.apply(namespace);
  const startedAtMs = performance.now();
  await client.apply(deployment);
  const enough = new AbortController();
  const signal = AbortSignal.any([timeout, enough.signal]);
  let isAvailable = false;
  for await (const { object } of client.watch("/apis/apps/v1/namespaces/cell/deployments", signal)) {
    const { availableReplicas, conditions } = deploymentSchema.parse(object).status;
    isAvailable = conditions.some(({ type, status }) => type === "Available" && status === "True");
    if (isAvailable && availableReplicas === 2) {
      enough.abort();
    }
  }
  report(`${cluster.name}: Deployment of 2 available after ${Math.round(performance.now() - startedAtMs)} ms`);
  expect(isAvailable).toBe(true);
  const list = z.object({ items: z.array(z.unknown()) });
  const pods = async () => list.parse(await client.get("/api/v1/namespaces/cell/pods", timeout)).items.length;
  expect(await pods()).toBe(2);
  await client.remove(await client.pathOf(deployment));
  await poll({
    what: "the pods going",
    timeoutMs: stepTimeoutMs,
    signal: timeout,
    probe: async () => ((await pods()) === 0 ? true : undefined),
  });
  await client.remove(await client.pathOf(namespace));
  await poll({
    what: "the namespace going",
    timeoutMs: stepTimeoutMs,
    signal: timeout,
    probe: async (either) => ((await client.find("/api/v1/namespaces/cell", either)) === undefined ? true : undefined),
  });
}

/** A cluster named `orphan` whose owner can be killed. */
async function bootInOtherProcess(folder: string) {
  const script = `
    import { bootClusters } from ${JSON.stringify(join(import.meta.dirname, "clusters", "clusters.ts"))};
    const signal = AbortSignal.timeout(${stepTimeoutMs});
    const options = { names: ["orphan"], dataDir: ${JSON.stringify(folder)}, source: ${JSON.stringify(source)} };
    const [cluster] = await bootClusters({ ...options, onProgress: () => undefined, signal });
    process.stdout.write(JSON.stringify([...cluster.processes]) + "\\n");
    setInterval(() => undefined, 1000);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const pids = new Map(z.array(z.tuple([z.string(), z.int()])).parse(JSON.parse(line)));
    return { pids, kill: () => child.kill("SIGKILL") };
  }
  throw new Error("the other process ended before its cluster was there");
}

async function connect(cluster: Cluster | undefined, userAgent?: string): Promise<KubeClient> {
  const kubeconfig = await readKubeconfig(cluster?.kubeconfigPath ?? "");
  return new KubeClient(kubeconfig, userAgent === undefined ? {} : { userAgent });
}

async function living(pids: readonly number[]): Promise<number[]> {
  const identities = await Promise.all(pids.map(processIdentity));
  return pids.filter((_, index) => identities[index] !== undefined);
}

function report(line: string): void {
  process.stderr.write(`  ${line}\n`);
}
