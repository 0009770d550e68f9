/** More commits than anybody wants applied one by one: the agent goes to the newest, and what it leaves out costs nothing. */
import { sleep } from "../../process/backoff.ts";
import { receiptsRef } from "../../schemas/layout.ts";
import { AgentBench, benchPlane } from "./agent-bench.ts";
import { nameOf, objectsOfAnApp } from "./agent-releases.ts";
import { DeploymentWatch } from "./deployment-watch.ts";
import { describeAgent } from "./describe-agent.ts";
import type { Measurement, Workload } from "./workloads.ts";

const objects = 1000;
const bursts = 10;
const commitsOfABurst = 10;
const everyMs = 6000;
const lastTargetMs = 500;
/** What the agent holds with 1,000 objects, and as much again for what is under way. */
const memoryTargetMiB = 180;
const changed = { number: 7 };

export async function measureBurst(context: Parameters<Workload["measure"]>[0]): Promise<Measurement> {
  const { signal } = context;
  await using bench = await AgentBench.open(context);
  await bench.publishApps(Array(objects / objectsOfAnApp).keys(), "first");
  await bench.startAgent();
  await using watch = await DeploymentWatch.open(bench.client, signal);
  await bench.settle();
  const mark = await bench.auditMark();
  const receiptsBefore = await countReceipts(bench);
  using memory = bench.watchMemory();
  const lags: number[] = [];
  for (let burst = 1; burst <= bursts; burst += 1) {
    const began = performance.now();
    let moved = began;
    for (let commit = 1; commit <= commitsOfABurst; commit += 1) {
      moved = await bench.publishApps([changed.number], `changed-${burst}-${commit}`);
    }
    const last = `changed-${burst}-${commitsOfABurst}`;
    lags.push((await watch.seen(nameOf(changed), ({ tag }) => tag === last, signal)) - moved);
    await sleep(Math.max(0, everyMs - (performance.now() - began)), signal);
  }
  await bench.waitUntilApplied();
  const requests = await bench.requestsSince(mark);
  const records = requests.filter(({ verb }) => verb === "update").length;
  const commits = bursts * commitsOfABurst;
  return {
    measured: [
      {
        figure: "last ref moved to object changed, worst",
        value: Math.round(Math.max(...lags)),
        unit: "ms",
        target: lastTargetMs,
      },
      { figure: "revisions applied", value: records, unit: "count", target: commits / 2 },
      {
        figure: "receipts written",
        value: (await countReceipts(bench)) - receiptsBefore,
        unit: "count",
        target: commits / 2,
      },
      {
        figure: "memory at most, of all processes",
        value: Math.round(memory.mostMiB()),
        unit: "MiB",
        target: memoryTargetMiB,
      },
    ],
    composition: `${commits} commits in ${(bursts * everyMs) / 1000} s, ${commitsOfABurst} at a time; ${describeAgent(objects)}`,
  };
}

async function countReceipts({ host }: AgentBench): Promise<number> {
  const tip = await host.repository.readRef(receiptsRef(benchPlane));
  return tip === undefined ? 0 : (await host.repository.log({ to: tip, limit: 10_000 })).length;
}
