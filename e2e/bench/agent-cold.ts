/**
 * A plane's first Releases: everything is new, and a running agent hears of it. A bare loop runs before it and after it, without
 * an agent beside it: an API server takes longer for each object the more it holds, so that the fair measure is their mean.
 */
import { readKubeconfig } from "../clusters/kubeconfig.ts";
import { AgentBench, benchPlane } from "./agent-bench.ts";
import { objectsOf, objectsOfAnApp } from "./agent-releases.ts";
import { runBareLoop } from "./bare-loop.ts";
import { describeAgent } from "./describe-agent.ts";
import type { Measurement, Workload } from "./workloads.ts";

const concurrencies = [8, 16, 32, 64];
/** For one of those. */
const mostTrialObjects = 500;
const rateTargetPercent = 90;
const requestsTarget = 1.05;
/** Apps of the bare loop have names of their own. */
const firstBare = 50_000;

export async function measureColdApply(
  objects: number,
  context: Parameters<Workload["measure"]>[0],
): Promise<Measurement> {
  const { say, signal } = context;
  const apps = objects / objectsOfAnApp;
  await using bench = await AgentBench.open(context);
  const kubeconfig = await readKubeconfig(bench.cluster.kubeconfigPath);
  let next = firstBare;
  const bare = async (count: number, concurrency: number): Promise<number> => {
    const numbers = Array.from({ length: count / objectsOfAnApp }, () => next++);
    const wanted = numbers.flatMap((number) => objectsOf(benchPlane, { number, tag: "bare" }));
    return runBareLoop({ kubeconfig, objects: wanted, concurrency, signal });
  };
  const trial = Math.min(objects, mostTrialObjects);
  await bare(trial, concurrencies[1] ?? 1);
  const trials: { concurrency: number; ms: number }[] = [];
  for (const concurrency of concurrencies) trials.push({ concurrency, ms: await bare(trial, concurrency) });
  const { concurrency } = trials.toSorted((a, b) => a.ms - b.ms)[0] ?? { concurrency: 1 };
  say(
    `bare loop: ${trials.map(({ concurrency: at, ms }) => `${at} at once ${ratePerSecond(trial, ms)}/s`).join(", ")}`,
  );
  const before = await bare(objects, concurrency);
  await bench.startAgent();
  const mark = await bench.auditMark();
  const moved = await bench.publishApps(Array(apps).keys(), "first");
  const took = (await bench.waitUntilApplied()) - moved;
  const requests = await bench.requestsSince(mark);
  await bench.killAgent();
  const after = await bare(objects, concurrency);
  const bareMs = (before + after) / 2;
  say(`bare loop ${before.toFixed(0)} ms before and ${after.toFixed(0)} ms after; agent ${took.toFixed(0)} ms`);
  return {
    measured: [
      { figure: "ref moved to everything applied", value: Math.round(took), unit: "ms" },
      { figure: "the bare loop, mean of before and after", value: Math.round(bareMs), unit: "ms" },
      {
        figure: "rate beside the bare loop's, at least",
        value: Math.round((bareMs / took) * 100),
        unit: "%",
        target: rateTargetPercent,
        isFloor: true,
      },
      {
        figure: "requests of an object",
        value: Math.round((requests.length / objects) * 1000) / 1000,
        unit: "count",
        target: requestsTarget,
      },
    ],
    composition: `${describeAgent(objects)}; bare loop of ${concurrency} at once, the best of ${concurrencies.join(", ")}`,
  };
}

function ratePerSecond(objects: number, ms: number): number {
  return Math.round((objects / ms) * 1000);
}
