/** An agent that is started again on objects that all stand as they should: it must know that, and write nothing. */
import { sleep } from "../../process/backoff.ts";
import { AgentBench } from "./agent-bench.ts";
import { objectsOfAnApp } from "./agent-releases.ts";
import { describeAgent } from "./describe-agent.ts";
import type { Measurement, Workload } from "./workloads.ts";

const restarts = 3;
const targetMs = 3000;
const writes: ReadonlySet<string> = new Set(["create", "update", "patch", "delete", "deletecollection"]);
/** Written once a process has judged the whole branch and has nothing left to apply. */
const readyLine = '"message":"applied the revision"';
const pollMs = 5;
const afterwardsMs = 3000;

export async function measureRestart(
  objects: number,
  context: Parameters<Workload["measure"]>[0],
): Promise<Measurement> {
  const { signal } = context;
  await using bench = await AgentBench.open(context);
  await bench.publishApps(Array(objects / objectsOfAnApp).keys(), "first");
  await bench.startAgent();
  await bench.settle();
  const times: number[] = [];
  let written = 0;
  let asked = 0;
  for (let restart = 0; restart < restarts; restart += 1) {
    await bench.killAgent();
    const mark = await bench.auditMark();
    const from = (await bench.agentLog()).length;
    const started = performance.now();
    await bench.launchAgent();
    while (!(await bench.agentLog(from)).includes(readyLine)) await sleep(pollMs, signal);
    times.push(performance.now() - started);
    await sleep(afterwardsMs, signal);
    const requests = await bench.requestsSince(mark);
    written = Math.max(written, requests.filter(({ verb }) => writes.has(verb)).length);
    asked = Math.max(asked, requests.length);
  }
  return {
    measured: [
      { figure: "process start to ready, worst", value: Math.round(Math.max(...times)), unit: "ms", target: targetMs },
      { figure: "writes, most", value: written, unit: "count", target: 0 },
      { figure: "requests, most", value: asked, unit: "count" },
    ],
    composition: `${describeAgent(objects)}, killed and started again ${restarts} times`,
  };
}
