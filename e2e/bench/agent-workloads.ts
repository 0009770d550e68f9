/** What is measured of an agent alone: Releases go straight to a plane's branch, and the clocks start when it has moved. */
import { measureBurst } from "./agent-burst.ts";
import { measureColdApply } from "./agent-cold.ts";
import { measureDrift } from "./agent-drift.ts";
import { measureIdle } from "./agent-idle.ts";
import { measureOneLineChange } from "./agent-change.ts";
import { measureRestart } from "./agent-restart.ts";
import type { Workload } from "./workloads.ts";

const say = (count: number): string => count.toLocaleString("en");

export const agentWorkloads: readonly Workload[] = [
  ...[100, 1000, 5000].map((objects): Workload => ({
    name: `cold-apply-${objects}`,
    description: `${say(objects)} new objects applied, beside a bare loop of applies`,
    limitSeconds: 600,
    measure: (context) => measureColdApply(objects, context),
  })),
  ...[1000, 5000, 20_000].map((objects): Workload => ({
    name: `one-line-${objects}`,
    description: `one line changed among ${say(objects)} objects, and the agent's memory then`,
    limitSeconds: 1200,
    measure: (context) => measureOneLineChange(objects, context),
  })),
  {
    name: "idle-5000",
    description: "nothing to do for ten minutes, with every connection broken once",
    limitSeconds: 1200,
    measure: (context) => measureIdle({ objects: 5000, minutes: 10 }, context),
  },
  {
    name: "restart-5000",
    description: "an agent started again on 5,000 objects that stand",
    limitSeconds: 600,
    measure: (context) => measureRestart(5000, context),
  },
  {
    name: "burst-100",
    description: "a hundred commits within a minute, ten at a time",
    limitSeconds: 600,
    measure: measureBurst,
  },
  {
    name: "drift-1000",
    description: "somebody else changes an applied field, until it is healed",
    limitSeconds: 600,
    measure: (context) => measureDrift(1000, context),
  },
];
