/** One changed line at a time, among many objects that stand; and what the agent holds in memory for all of them. */
import { sleep } from "../../process/backoff.ts";
import { AgentBench } from "./agent-bench.ts";
import { nameOf, objectsOfAnApp } from "./agent-releases.ts";
import { DeploymentWatch } from "./deployment-watch.ts";
import { describeAgent } from "./describe-agent.ts";
import { median, percentile } from "./figure.ts";
import { cpuMs } from "./process-usage.ts";
import type { Measurement, Workload } from "./workloads.ts";

const changes = 20;
const medianTargetMs = 100;
const slowTargetMs = 500;
const requestsTarget = 3;
const cpuTargetMs = 50;
/** By number of objects. */
const memoryTargetMiB: ReadonlyMap<number, number> = new Map([
  [1000, 90],
  [5000, 110],
  [20_000, 160],
]);
/** Between two changes: the first one's receipt is written, and counted, before the next. */
const pauseMs = 2500;
/** V8 gives back what the first apply took some seconds after it, which is no part of a change's cost. */
const giveBackMs = 10_000;

export async function measureOneLineChange(
  objects: number,
  context: Parameters<Workload["measure"]>[0],
): Promise<Measurement> {
  const { say, signal } = context;
  const apps = objects / objectsOfAnApp;
  await using bench = await AgentBench.open(context);
  await bench.publishApps(Array(apps).keys(), "first");
  const started = performance.now();
  await bench.startAgent();
  say(`everything applied ${((performance.now() - started) / 1000).toFixed(1)} s after the agent's start`);
  await bench.settle();
  await sleep(giveBackMs, signal);
  const { times, requests, cpu } = await changeLines(bench, apps, signal);
  const memory = await bench.settledMiB();
  return {
    measured: [
      { figure: "ref moved to object changed, p50", value: tenths(median(times)), unit: "ms", target: medianTargetMs },
      {
        figure: "ref moved to object changed, p95",
        value: tenths(percentile(times, 95)),
        unit: "ms",
        target: slowTargetMs,
      },
      { figure: "API requests of a change, most", value: requests, unit: "count", target: requestsTarget },
      { figure: "processor time of a change", value: tenths(cpu), unit: "ms", target: cpuTargetMs },
      {
        figure: "memory at rest, of all processes",
        value: tenths(memory),
        unit: "MiB",
        ...memoryTarget(objects),
      },
    ],
    composition: `${describeAgent(objects)}, ${changes} changes, receipts included`,
  };
}

function memoryTarget(objects: number): { readonly target?: number } {
  const target = memoryTargetMiB.get(objects);
  return target === undefined ? {} : { target };
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Milliseconds of each change, sorted; the most requests of one; and the processor time of one, on average. */
async function changeLines(bench: AgentBench, apps: number, signal: AbortSignal) {
  await using watch = await DeploymentWatch.open(bench.client, signal);
  const times: number[] = [];
  let requests = 0;
  const cpuBefore = await cpuMs(bench.pid);
  for (let change = 1; change <= changes; change += 1) {
    const app = { number: (change * 7919) % apps, tag: `changed-${change}` };
    const mark = await bench.auditMark();
    const moved = await bench.publishApps([app.number], app.tag);
    times.push((await watch.seen(nameOf(app), ({ tag }) => tag === app.tag, signal)) - moved);
    await sleep(pauseMs, signal);
    const asked = await bench.requestsSince(mark);
    requests = Math.max(requests, asked.filter(({ verb }) => verb !== "watch").length);
  }
  const cpu = ((await cpuMs(bench.pid)) - cpuBefore) / changes;
  return { times: times.toSorted((a, b) => a - b), requests, cpu };
}
