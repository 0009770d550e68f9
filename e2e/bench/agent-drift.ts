/** Somebody else changes a field that an agent applied: how long until it stands again as its Release says. */
import { sleep } from "../../process/backoff.ts";
import { AgentBench } from "./agent-bench.ts";
import { nameOf, namespaceOf, objectsOfAnApp } from "./agent-releases.ts";
import { DeploymentWatch } from "./deployment-watch.ts";
import { describeAgent } from "./describe-agent.ts";
import { median, percentile } from "./figure.ts";
import type { Measurement, Workload } from "./workloads.ts";

const drifts = 20;
const targetMs = 200;
const wrongReplicas = 9;
const pauseMs = 1500;

export async function measureDrift(objects: number, context: Parameters<Workload["measure"]>[0]): Promise<Measurement> {
  const { signal } = context;
  await using bench = await AgentBench.open({ ...context, drift: "heal" });
  const apps = objects / objectsOfAnApp;
  await bench.publishApps(Array(apps).keys(), "first");
  await bench.startAgent();
  await bench.settle();
  await using watch = await DeploymentWatch.open(bench.client, signal);
  const times: number[] = [];
  for (let drift = 1; drift <= drifts; drift += 1) {
    // Never the same object twice: what is changed again and again is healed ever more slowly.
    const app = { number: (drift * 31) % apps };
    await sleep(pauseMs, signal);
    await bench.client.request({
      method: "PATCH",
      path: `/apis/apps/v1/namespaces/${namespaceOf(app)}/deployments/${nameOf(app)}?fieldManager=somebody`,
      contentType: "application/merge-patch+json",
      body: { spec: { replicas: wrongReplicas } },
      signal,
    });
    const changed = performance.now();
    times.push((await watch.seen(nameOf(app), ({ replicas }) => replicas !== wrongReplicas, signal)) - changed);
  }
  times.sort((a, b) => a - b);
  return {
    measured: [
      { figure: "changed to healed, p50", value: Math.round(median(times)), unit: "ms" },
      { figure: "changed to healed, p95", value: Math.round(percentile(times, 95)), unit: "ms", target: targetMs },
    ],
    composition: `${drifts} changes by another manager; ${describeAgent(objects)}`,
  };
}
