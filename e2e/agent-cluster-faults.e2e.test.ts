/** A cluster that is not the one it was: its etcd restored from an older copy, swapped for an empty one, its record lost. */
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { objectLabels } from "../schemas/labels.ts";
import { planeKey } from "../schemas/layout.ts";
import { type Cluster } from "./clusters/cluster.ts";
import { bootClusters, disposeClusters } from "./clusters/clusters.ts";
import { KubeClient } from "./clusters/kube-client.ts";
import { readKubeconfig } from "./clusters/kubeconfig.ts";
import { findTestSource } from "./clusters/test-source.ts";
import {
  type AgentBed,
  cellOf,
  configMap,
  openAgentBed,
  openWitness,
  readTold,
  until,
  untilApplied,
  untilSaid,
  webPath,
} from "./faults/agent-bed.ts";

const source = await findTestSource("clusters that are restored and swapped");

describe.skipIf(source.kind !== "built")("an agent whose cluster", () => {
  let dataDir: string;
  let bed: AgentBed;
  let cluster: Cluster | undefined;
  let client: KubeClient;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "gitplane-restored-"));
    cluster = await boot("before");
    bed = await openAgentBed({ organization: "restored-etcd", kubeconfigPath: cluster.kubeconfigPath });
    client = new KubeClient(await readKubeconfig(cluster.kubeconfigPath));
  });
  afterAll(async () => {
    await bed?.[Symbol.asyncDispose]();
    if (cluster !== undefined) await disposeClusters([cluster]);
    await rm(dataDir, { recursive: true, force: true });
  });

  async function boot(name: string): Promise<Cluster> {
    const signal = AbortSignal.timeout(120_000);
    const [booted] = await bootClusters({
      names: [name],
      dataDir,
      source,
      audit: true,
      onProgress: () => undefined,
      signal,
    });
    if (booted === undefined) throw new Error("no cluster");
    return booted;
  }

  /** The agent finds another cluster under the name that it knows, and does not notice the move itself. */
  async function turnTo(next: Cluster): Promise<void> {
    cluster = next;
    client = new KubeClient(await readKubeconfig(next.kubeconfigPath));
    await bed.turnTo(next.kubeconfigPath);
    await bed.api.set(undefined);
  }

  async function stop(): Promise<void> {
    await bed.api.set({ kind: "refused" });
    if (cluster !== undefined) await disposeClusters([cluster]);
    cluster = undefined;
  }

  const find = async (name: string): Promise<string | undefined> => {
    const live = (await client.find(`/api/v1/namespaces/${bed.namespace}/configmaps/${name}`)) as
      | { readonly data?: { readonly value?: string } }
      | undefined;
    return live?.data?.value;
  };
  const untilLive = async (name: string, value: string | undefined): Promise<void> =>
    void (await until(bed, `${name} to be ${value}`, async () => ((await find(name)) === value ? true : undefined)));
  const changeByHand = async (name: string): Promise<void> =>
    void (await client.request({
      method: "PATCH",
      path: `/api/v1/namespaces/${bed.namespace}/configmaps/${name}`,
      contentType: "application/merge-patch+json",
      body: { data: { value: "theirs" } },
    }));
  const tree = (value: string, ...names: readonly string[]) => ({
    ...cellOf(bed),
    [webPath]: [configMap(bed, "changing", value), ...names.map((name) => configMap(bed, name))],
  });

  test(
    "C12 was restored from a copy with the same record watches what is there now",
    { timeout: 240_000 },
    async () => {
      await bed.feed.publish(tree("1", "kept", "watched", "dropped"));
      await bed.start();
      await untilApplied(bed);
      await stop();
      await cp(join(dataDir, "before"), join(dataDir, "older"), { recursive: true });
      await cp(join(dataDir, "before"), join(dataDir, "same"), { recursive: true });
      await turnTo(await boot("before"));
      // What was seen is far ahead of the copy: a watch from there shows nothing until the copy has caught up.
      for (let count = 0; count < 400; count += 1) await changeUnrelated(count);
      await changeByHand("kept");
      await untilLive("kept", "1");
      await stop();
      await turnTo(await boot("same"));
      await changeByHand("watched");
      await untilLive("watched", "1");
    },
  );

  test(
    "C12 was restored from an older copy of etcd converges by itself, and deletes only what was planned",
    { timeout: 240_000 },
    async () => {
      await bed.feed.publish(tree("2", "kept", "watched", "added"));
      await untilApplied(bed);
      await bed.feed.publish(tree("3", "kept", "watched", "added"));
      await untilApplied(bed);
      const pid = bed.processes.pids.get("agent");
      await stop();
      await turnTo(await boot("older"));
      const witness = await openWitness(bed, cluster?.auditLogPath);
      expect(await find("changing")).toBe("1");
      await untilLive("changing", "3");
      await untilLive("added", "1");
      await untilLive("dropped", undefined);
      expect(bed.processes.pids.get("agent")).toBe(pid);
      await witness.expectDeleted(["dropped"]);
      await untilSaid(bed, /the target is not what it was/);
    },
  );

  const changeUnrelated = async (count: number): Promise<void> =>
    void (await client.apply({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "unrelated", namespace: "default" },
      data: { count: String(count) },
    }));

  test("C12 lost its record goes on from the last receipts", async () => {
    const witness = await openWitness(bed, cluster?.auditLogPath);
    await client.remove(`/api/v1/namespaces/gitplane-system/configmaps/gitplane-applied-${planeKey(bed.plane)}`);
    await bed.processes.startAgain("agent");
    await bed.feed.publish(tree("4", "kept", "watched"));
    await untilApplied(bed);
    await untilLive("added", undefined);
    expect(await find("changing")).toBe("4");
    await witness.expectDeleted(["added"]);
  });

  test(
    "C12 was swapped for an empty one applies everything, prunes nothing, and says whose it is now",
    { timeout: 240_000 },
    async () => {
      const before = (await readTold(bed)).plane?.clusterUid;
      await stop();
      const empty = await boot("empty");
      client = new KubeClient(await readKubeconfig(empty.kubeconfigPath));
      const labels = objectLabels({ organization: bed.plane.organization }, { plane: bed.plane, path: webPath });
      await client.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: bed.namespace } });
      await client.apply({ ...configMap(bed, "stray"), metadata: { name: "stray", namespace: bed.namespace, labels } });
      await turnTo(empty);
      const witness = await openWitness(bed, empty.auditLogPath);
      await untilLive("changing", "4");
      await untilLive("kept", "1");
      const told = await until(bed, "the receipts of another cluster", async () => {
        const { plane } = await readTold(bed);
        return plane?.clusterUid === before ? undefined : plane;
      });
      const system = (await client.get("/api/v1/namespaces/kube-system")) as {
        readonly metadata: { readonly uid: string };
      };
      expect(told.clusterUid).toBe(system.metadata.uid);
      await bed.feed.publish(tree("5", "kept"));
      await untilApplied(bed);
      await untilLive("watched", undefined);
      expect(await find("stray")).toBe("1");
      await witness.expectDeleted(["watched"]);
    },
  );
});
