/**
 * The running control plane, from the moment at which the specs ref has moved to the state commit that follows. Nothing of the
 * push itself is measured; no agent runs. Auto-deploy commits as it does by default, and each change waits until it has.
 */
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { controlProgram } from "../platform/control-plane.ts";
import { benchPlanes, BenchPlatform, type Restart } from "./bench-platform.ts";
import { median } from "./figure.ts";
import { residentMiB } from "./process-usage.ts";
import type { Measurement, Workload } from "./workloads.ts";

const changes = 20;
const targetMs = 150;
const coldTargetSeconds = 10;
const classTargetSeconds = 6;
const restarts = 3;
/** In the data folder: what a control plane knows of Releases. */
const keptFile = "known-releases";
/** Of the path of a Release in a plane's tree: the root, releases, the project, the environment. */
const treeDepth = 4;
/**
 * What the control plane may hold. Its two processes take 260 MiB before any specs; young generations, compiled code, and what
 * the allocator keeps come on top. A Release keeps 30 to 36 KiB (a heap snapshot of 3,000, the collector's own figure for
 * 30,000), which V8 lets grow to about twice that before it collects.
 */
const memoryBound = { baseMiB: 480, perReleaseKiB: 70 };

export const engineWorkloads: readonly Workload[] = [
  ...[100, 1000, 10_000].map((components): Workload => ({
    name: `image-change-${components}x3`,
    description: `one image changed among ${components.toLocaleString("en")} components in three environments`,
    limitSeconds: 1800,
    measure: (context) => measureImageChange(components, context),
  })),
  {
    name: "class-edit-1000x3",
    description: "an edit of classes that 3,000 Releases follow",
    limitSeconds: 600,
    measure: measureClassEdit,
  },
  ...[1000, 10_000].map((components): Workload => ({
    name: `restart-${components}x3`,
    description: `a control plane of ${components.toLocaleString("en")} components starts again, with and without what it kept`,
    limitSeconds: 1800,
    measure: (context) => measureRestart(components, context),
  })),
];

type Context = Parameters<Workload["measure"]>[0];

async function measureImageChange(components: number, { say, signal }: Context): Promise<Measurement> {
  const size = { projects: Math.max(4, components / 25), components };
  await using platform = await BenchPlatform.open(size, signal);
  const cold = await platform.timePush(benchPlanes);
  say(`first publish ${(cold / 1000).toFixed(2)} s after the ref moved`);
  await platform.settle();
  const warm: number[] = [];
  const [development] = benchPlanes;
  if (development === undefined) throw new Error("there is no plane");
  for (let change = 1; change <= changes; change += 1) {
    await platform.commitImage(`changed-${change}`);
    warm.push(await platform.timePush([development]));
    await platform.settle();
  }
  warm.sort((a, b) => a - b);
  const objects = await platform.objectsOfLastCommit(development);
  const memory = Math.round(await residentMiB(platform.processes.pids.get(controlProgram) ?? 0));
  const bound = Math.round(memoryBound.baseMiB + (components * 3 * memoryBound.perReleaseKiB) / 1024);
  const seconds = Math.round(cold / 10) / 100;
  return {
    measured: [
      { figure: "ref moved to state commit, p50", value: Math.round(median(warm)), unit: "ms", target: targetMs },
      { figure: "ref moved to state commit, worst", value: Math.round(warm.at(-1) ?? Infinity), unit: "ms" },
      {
        figure: "first publish of everything",
        value: seconds,
        unit: "s",
        ...(components <= 1000 ? { target: coldTargetSeconds } : {}),
      },
      { figure: "objects of a commit beside itself", value: objects - 1, unit: "count", target: 1 + treeDepth },
      { figure: "memory", value: memory, unit: "MiB", target: bound },
    ],
    composition: `${components} components in ${size.projects} projects, 3 environments, ${changes} changes, memory of all processes bounded by ${memoryBound.baseMiB} MiB + ${memoryBound.perReleaseKiB} KiB a Release, Node.js ${process.versions.node}`,
  };
}

async function measureRestart(components: number, { say, signal }: Context): Promise<Measurement> {
  const size = { projects: Math.max(4, components / 25), components };
  await using platform = await BenchPlatform.open(size, signal);
  await platform.timePush(benchPlanes);
  await platform.settle();
  say("published");
  const sequences = await platform.sequences();
  const kept = join(platform.control.dataDir, keptFile);
  const { size: keptBytes } = await stat(kept);
  const runs = { with: [] as Restart[], without: [] as Restart[] };
  for (let run = 1; run <= restarts; run += 1) {
    for (const [how, prepare] of [
      ["with", undefined],
      ["without", () => rm(kept)],
    ] as const) {
      const restart = await platform.restart(prepare);
      runs[how].push(restart);
      say(`first round ${how} what was kept: ${(restart.ms / 1000).toFixed(1)} s`);
    }
  }
  if (runs.with.some(({ counts }) => counts.rendered > 0 || counts.recalled < components * 3))
    throw new Error(`what was kept was not used: ${JSON.stringify(runs.with)}`);
  if (JSON.stringify(await platform.sequences()) !== JSON.stringify(sequences))
    throw new Error("a restart published something");
  const seconds = (times: readonly Restart[], which: "ms" | "sinceStartMs"): number =>
    Math.round(median(times.map(({ [which]: ms }) => ms).toSorted((a, b) => a - b)) / 10) / 100;
  return {
    measured: [
      { figure: "first round after a start, p50", value: seconds(runs.with, "ms"), unit: "s" },
      { figure: "the same without what was kept, p50", value: seconds(runs.without, "ms"), unit: "s" },
      { figure: "start to the end of that round, p50", value: seconds(runs.with, "sinceStartMs"), unit: "s" },
      { figure: "the same without what was kept, p50", value: seconds(runs.without, "sinceStartMs"), unit: "s" },
      { figure: "what was kept", value: Math.round((keptBytes / 2 ** 20) * 100) / 100, unit: "MiB" },
    ],
    composition: `${components} components in ${size.projects} projects, 3 environments, ${restarts} starts each, Node.js ${process.versions.node}`,
  };
}

async function measureClassEdit({ say, signal }: Context): Promise<Measurement> {
  const size = { projects: 40, components: 1000, isUnpinned: true };
  await using platform = await BenchPlatform.open(size, signal);
  await platform.timePush(benchPlanes);
  say("published");
  await platform.settle();
  await platform.specs.git("pull", "--quiet");
  const path = "platform/classes.yaml";
  const text = await platform.specs.read(path);
  await platform.specs.write(path, text.replaceAll("revisionHistoryLimit: 3", "revisionHistoryLimit: 4"));
  await platform.specs.commit("Keep one more revision");
  const before = await platform.sequences();
  const ms = await platform.timePush(benchPlanes);
  await platform.settle();
  const commits = (await platform.sequences()).map((sequence, index) => sequence - (before[index] ?? 0));
  return {
    measured: [
      {
        figure: "ref moved to the last plane's commit",
        value: Math.round(ms / 10) / 100,
        unit: "s",
        target: classTargetSeconds,
      },
      { figure: "commits of a plane", value: Math.max(...commits), unit: "count", target: 1 },
    ],
    composition: `1000 components in 40 projects, 3 environments, no Binding pinned, one edit of every class, Node.js ${process.versions.node}`,
  };
}
