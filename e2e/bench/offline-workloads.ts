/** `gitplane validate` and `gitplane render` over a generated platform, each run a new process over files in the page cache. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Measured, median } from "./figure.ts";
import { generatedEnvironments, generatePlatform } from "./generated-platform.ts";
import { type MeasuredRun, runMeasured } from "./measured-run.ts";
import type { Measurement, Workload } from "./workloads.ts";

const size = { projects: 40, components: 1000 };
const runs = 5;
const limitSeconds = 60;
const targetSeconds = 5;
const targetMiB = 512;

export const offlineWorkloads: readonly Workload[] = [
  {
    name: "validate-1000x3",
    description: "gitplane validate of 1,000 components in three environments, cold",
    limitSeconds,
    measure: (context) => measureOffline(context, ({ folder }) => ["validate", folder]),
  },
  {
    name: "render-1000x3",
    description: "gitplane render of 1,000 components in three environments, cold",
    limitSeconds,
    measure: (context) =>
      measureOffline(context, ({ folder, run }) => ["render", folder, "-o", join(dirname(folder), `out-${run}`)]),
  },
];

async function measureOffline(
  { say, signal }: Parameters<Workload["measure"]>[0],
  commandFor: (at: { readonly folder: string; readonly run: number }) => readonly string[],
): Promise<Measurement> {
  const root = await mkdtemp(join(tmpdir(), "gitplane-bench-"));
  try {
    const folder = join(root, "specs");
    const files = generatePlatform(size);
    await writeAll(folder, files);
    const measured: MeasuredRun[] = [];
    for (let run = 1; run <= runs; run += 1) {
      const one = await runMeasured({
        entry: "control/main.ts",
        arguments: commandFor({ folder, run }),
        limitSeconds,
        signal,
      });
      refuseFailure(one);
      say(
        `run ${run} of ${runs}: ${one.seconds.toFixed(2)} s, ${(one.cpuSeconds ?? 0).toFixed(2)} s of processor time`,
      );
      measured.push(one);
    }
    return { measured: figuresOf(measured), composition: describe(files) };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** A number about a program that did something else would be worse than none. */
function refuseFailure({ exitCode, stdout, stderr }: MeasuredRun): void {
  if (exitCode === 0 && stderr.includes("0 errors, 0 warnings")) return;
  throw new Error(`the measured program ended with ${exitCode ?? "a kill"}: ${(stderr + stdout).slice(-2000)}`);
}

function figuresOf(runs: readonly MeasuredRun[]): readonly Measured[] {
  const seconds = runs.map((run) => run.seconds).toSorted((a, b) => a - b);
  const cpu = runs.map((run) => run.cpuSeconds ?? Infinity).toSorted((a, b) => a - b);
  const peak = Math.max(...runs.map((run) => run.peakMiB ?? Infinity));
  return [
    { figure: "median time", value: round(median(seconds)), unit: "s", target: targetSeconds },
    { figure: "worst time", value: round(seconds.at(-1) ?? Infinity), unit: "s" },
    { figure: "median processor time", value: round(median(cpu)), unit: "s" },
    { figure: "peak memory", value: round(peak), unit: "MiB", target: targetMiB },
  ];
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function describe(files: ReadonlyMap<string, string>): string {
  const bytes = [...files.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return [
    `${size.components} components in ${size.projects} projects`,
    `${generatedEnvironments.length} environments`,
    `${files.size} files of ${(bytes / 1024 / 1024).toFixed(1)} MiB`,
    `${runs} runs`,
    `Node.js ${process.versions.node}`,
  ].join(", ");
}

async function writeAll(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, text] of files) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
