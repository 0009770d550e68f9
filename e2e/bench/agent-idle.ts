/** Nothing happens, for ten real minutes; half-way every connection to the API server is broken, as networks do. */
import { sleep } from "../../process/backoff.ts";
import { AgentBench } from "./agent-bench.ts";
import { objectsOfAnApp } from "./agent-releases.ts";
import { openBreakableProxy } from "./breakable-proxy.ts";
import { describeAgent } from "./describe-agent.ts";
import { cpuMs } from "./process-usage.ts";
import type { Measurement, Workload } from "./workloads.ts";

const cpuTargetPercent = 0.2;
/** For the receipts of the first apply. */
const settleMs = 10_000;

export async function measureIdle(
  { objects, minutes }: { readonly objects: number; readonly minutes: number },
  context: Parameters<Workload["measure"]>[0],
): Promise<Measurement> {
  const { say, signal } = context;
  let breakAll = (): void => undefined;
  await using bench = await AgentBench.open({
    ...context,
    between: async (cluster, folder) => {
      const proxy = await openBreakableProxy(cluster, folder);
      breakAll = () => proxy.breakAll();
      return proxy;
    },
  });
  await bench.publishApps(Array(objects / objectsOfAnApp).keys(), "first");
  await bench.startAgent();
  await bench.settle();
  await sleep(settleMs, signal);
  const mark = await bench.auditMark();
  const cpuBefore = await cpuMs(bench.pid);
  const began = performance.now();
  say(`idle for ${minutes} minutes`);
  await sleep(minutes * 30_000, signal);
  breakAll();
  await sleep(minutes * 60_000 - (performance.now() - began), signal);
  const cpu = (await cpuMs(bench.pid)) - cpuBefore;
  const elapsedMs = performance.now() - began;
  const requests = await bench.requestsSince(mark);
  const watches = requests.filter(({ verb }) => verb === "watch");
  return {
    measured: [
      { figure: "requests beside watches", value: requests.length - watches.length, unit: "count", target: 0 },
      { figure: "watches opened again", value: watches.length, unit: "count" },
      {
        figure: "processor time, of one core",
        value: Math.round((cpu / elapsedMs) * 100_000) / 1000,
        unit: "%",
        target: cpuTargetPercent,
      },
      { figure: "memory at rest, of all processes", value: Math.round(await bench.settledMiB()), unit: "MiB" },
    ],
    composition: `${minutes} minutes; ${describeAgent(objects)}`,
  };
}
