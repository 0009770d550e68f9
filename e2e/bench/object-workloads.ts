/** The whole way of a change: from the moment at which the specs ref has moved to the object changed in a real API server. */
import { join } from "node:path";
import { z } from "zod";
import { sleep } from "../../process/backoff.ts";
import { type PlaneId, planePath } from "../../schemas/layout.ts";
import { auditOffset } from "../clusters/audit.ts";
import type { Cluster, ClusterExtent } from "../clusters/cluster.ts";
import { findClusterSource } from "../clusters/cluster-source.ts";
import { bootClusters, disposeClusters } from "../clusters/clusters.ts";
import { KubeClient } from "../clusters/kube-client.ts";
import { readKubeconfig } from "../clusters/kubeconfig.ts";
import { startAgent } from "../platform/agent.ts";
import { runControl } from "../platform/control-plane.ts";
import { readAgentRequests, untilAgentRests } from "./agent-requests.ts";
import { BenchPlatform, benchPlanes } from "./bench-platform.ts";
import { median } from "./figure.ts";
import type { Measurement, Workload } from "./workloads.ts";

const changes = 20;
const targetMs = 300;
const requestsTarget = 3;
/** Long enough for what follows a change (status, receipts) to be asked, and counted. */
const afterwardsMs = 1500;
const watchFromMs = 300;

/** From here on the objects are all that is in the cluster: 10,000 Deployments' pods would be a benchmark of KWOK. */
const bareFrom = 10_000;

export const objectWorkloads: readonly Workload[] = [100, 1000, 10_000].map((components): Workload => ({
  name: `object-change-${components}x3`,
  description: `one image changed among ${components.toLocaleString("en")} components, until the cluster has it`,
  limitSeconds: 1800,
  measure: (context) => measureObjectChange(components, context),
}));

type Context = Parameters<Workload["measure"]>[0];

async function measureObjectChange(components: number, { say, signal }: Context): Promise<Measurement> {
  const [plane] = benchPlanes;
  if (plane === undefined) throw new Error("there is no plane");
  const size = { projects: Math.max(4, components / 25), components };
  await using platform = await BenchPlatform.open(size, signal);
  const extent = components >= bareFrom ? "api-server" : "whole";
  const [cluster] = await bootOne(platform.folder, extent, { say, signal });
  if (cluster === undefined) throw new Error("no cluster was booted");
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => disposeClusters([cluster]));
  await platform.timePush(benchPlanes);
  await startAgentOf(platform, plane, { cluster, signal });
  const begun = performance.now();
  await waitUntilApplied(platform, plane, signal);
  const coldSeconds = Math.round((performance.now() - begun) / 100) / 10;
  say(`everything applied ${coldSeconds} s after the agent's start`);
  const { times, requests } = await changeObjects(platform, cluster, signal);
  return {
    measured: [
      { figure: "ref moved to object changed, p50", value: Math.round(median(times)), unit: "ms", target: targetMs },
      { figure: "agent's start to everything applied", value: coldSeconds, unit: "s" },
      { figure: "ref moved to object changed, worst", value: Math.round(times.at(-1) ?? Infinity), unit: "ms" },
      ...(requests === undefined
        ? []
        : [
            {
              figure: "API requests of a change, most",
              value: requests,
              unit: "count" as const,
              target: requestsTarget,
            },
          ]),
    ],
    composition: `${components} components in ${size.projects} projects, 3 environments, agent of one, ${extent === "whole" ? "whole cluster" : "etcd and API server only"}, ${changes} changes, Node.js ${process.versions.node}`,
  };
}

async function bootOne(folder: string, extent: ClusterExtent, { say, signal }: Context): Promise<readonly Cluster[]> {
  const source = await findClusterSource({ kubeconfigs: [], signal });
  if (source.kind === "none") throw new Error(`no cluster: ${source.reason}`);
  return bootClusters({
    names: ["bench"],
    dataDir: join(folder, "clusters"),
    source,
    onProgress: say,
    signal,
    audit: true,
    extent,
  });
}

async function startAgentOf(
  platform: BenchPlatform,
  plane: PlaneId,
  { cluster, signal }: { readonly cluster: Cluster; readonly signal: AbortSignal },
): Promise<void> {
  await startAgent({
    group: platform.processes,
    control: platform.control,
    plane,
    kubeconfigPath: cluster.kubeconfigPath,
    dataDir: join(platform.folder, "agents"),
    signal,
  });
}

const Planes = z.array(z.looseObject({ plane: z.string(), sequence: z.number(), appliedSequence: z.number() }));

async function waitUntilApplied(platform: BenchPlatform, plane: PlaneId, signal: AbortSignal): Promise<void> {
  for (;;) {
    const result = await runControl(platform.control, ["get", "planes", "--output", "json"], signal);
    if (result.kind === "missing" || result.exitCode !== 0) throw new Error("the planes cannot be told");
    const status = Planes.parse(JSON.parse(result.stdout)).find((one) => one.plane === planePath(plane));
    if (status !== undefined && status.sequence > 0 && status.appliedSequence >= status.sequence) return;
    await sleep(1000, signal);
  }
}

const Changed = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    template: z.looseObject({ spec: z.looseObject({ containers: z.array(z.looseObject({ image: z.string() })) }) }),
  }),
});

/** Milliseconds of each change, sorted, and the most requests that the agent sent for one; undefined without an audit log. */
async function changeObjects(platform: BenchPlatform, cluster: Cluster, signal: AbortSignal) {
  const ended = new AbortController();
  await using client = new KubeClient(await readKubeconfig(cluster.kubeconfigPath));
  const seen = new Map<string, number>();
  const watching = (async () => {
    for await (const { object } of client.watch("/apis/apps/v1/deployments", ended.signal)) {
      const parsed = Changed.safeParse(object);
      const [image = ""] = parsed.success ? parsed.data.spec.template.spec.containers.map((one) => one.image) : [];
      const tag = image.slice(image.lastIndexOf(":") + 1);
      if (!seen.has(tag)) seen.set(tag, performance.now());
    }
  })();
  await sleep(watchFromMs, signal);
  if (cluster.auditLogPath !== undefined) await untilAgentRests(cluster.auditLogPath, signal);
  const times: number[] = [];
  const counts: number[] = [];
  for (let change = 1; change <= changes; change += 1) {
    const tag = `changed-${change}`;
    await platform.settle();
    await platform.commitImage(tag);
    const since = cluster.auditLogPath === undefined ? undefined : await auditOffset(cluster.auditLogPath);
    const moved = platform.specsMove();
    await platform.specs.push();
    const from = await moved;
    while (!seen.has(tag)) await sleep(2, signal);
    times.push((seen.get(tag) ?? Infinity) - from);
    await sleep(afterwardsMs, signal);
    if (cluster.auditLogPath === undefined || since === undefined) continue;
    const asked = await readAgentRequests(cluster.auditLogPath, since);
    counts.push(asked.filter(({ verb }) => verb !== "watch").length);
  }
  ended.abort();
  await watching;
  return { times: times.toSorted((a, b) => a - b), requests: counts.length === 0 ? undefined : Math.max(...counts) };
}
