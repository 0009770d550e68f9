/**
 * The running control plane, with its own Git host and repositories on the local disk: from the moment at which the specs
 * ref has moved to the state commit that follows. Nothing of the push itself is measured; no agent runs.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { sleep } from "../../process/backoff.ts";
import { type PlaneId, planePath, planeRef, specsRef } from "../../schemas/layout.ts";
import { type ControlPlane, controlProgram, startControlPlane } from "../platform/control-plane.ts";
import { openSpecsCheckout, type SpecsCheckout } from "../platform/specs-checkout.ts";
import { TestProcesses } from "../platform/test-processes.ts";
import { median } from "./figure.ts";
import { generatePlatform } from "./generated-platform.ts";
import type { Measurement, Workload } from "./workloads.ts";

const changes = 20;
const targetMs = 150;
const coldTargetSeconds = 10;
const author = { name: "Bench Author", mail: "bench@example.test" };

export const engineWorkloads: readonly Workload[] = [100, 1000, 10_000].map((components) => ({
  name: `image-change-${components}x3`,
  description: `one image changed among ${components.toLocaleString("en")} components in three environments`,
  limitSeconds: 600,
  measure: (context) => measureImageChange(components, context),
}));

type Context = Parameters<Workload["measure"]>[0];

async function measureImageChange(components: number, { say, signal }: Context): Promise<Measurement> {
  const root = await mkdtemp(join(tmpdir(), "gitplane-bench-"));
  try {
    await using processes = new TestProcesses(join(root, "logs"));
    const control = await startControlPlane({ group: processes, dataDir: join(root, "control"), signal });
    const specs = await openSpecsCheckout({ control, folder: join(root, "specs"), author, signal });
    const size = { projects: Math.max(4, components / 25), components };
    for (const [path, text] of generatePlatform(size)) await writeInto(specs.folder, path, text);
    await specs.commit("Begin");
    const cold = await timePush({ control, specs, signal });
    say(`first publish ${(cold / 1000).toFixed(2)} s after the ref moved`);
    const warm: number[] = [];
    for (let change = 1; change <= changes; change += 1) {
      await changeImage(specs, change);
      await specs.commit(`Change ${change}`);
      warm.push(await timePush({ control, specs, signal }));
    }
    warm.sort((a, b) => a - b);
    const memory = await residentMiB(processes.pids.get(controlProgram) ?? 0);
    return {
      measured: [
        { figure: "ref moved to state commit, p50", value: Math.round(median(warm)), unit: "ms", target: targetMs },
        { figure: "ref moved to state commit, worst", value: Math.round(warm.at(-1) ?? Infinity), unit: "ms" },
        {
          figure: "first publish of everything",
          value: Math.round(cold / 10) / 100,
          unit: "s",
          ...(components <= 1000 ? { target: coldTargetSeconds } : {}),
        },
        { figure: "memory", value: memory, unit: "MiB" },
      ],
      composition: `${components} components in ${size.projects} projects, 3 environments, ${changes} changes, Node.js ${process.versions.node}`,
    };
  } finally {
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function writeInto(folder: string, path: string, text: string): Promise<void> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

/** The first component's file, whatever it is called. */
async function changeImage(specs: SpecsCheckout, change: number): Promise<void> {
  const listed = await specs.git("grep", "-l", "kind: Workload", "--", "*.yaml");
  const [path = ""] = listed.split("\n");
  const text = await specs.read(path);
  await specs.write(path, text.replace(/(image: \S+?:)\S+/, `$1changed-${change}`));
}

type Push = { readonly control: ControlPlane; readonly specs: SpecsCheckout; readonly signal: AbortSignal };

const developmentPlane: PlaneId = { kind: "data", organization: "acme", name: "development" };
const pollMs = 2;

/** Milliseconds from the specs ref's move to the development plane's. */
async function timePush({ control, specs, signal }: Push): Promise<number> {
  const specsFile = join(control.dataDir, "repositories", "specs.git", specsRef);
  const planeFile = join(
    control.dataDir,
    "repositories",
    "planes",
    `${planePath(developmentPlane)}.git`,
    planeRef(developmentPlane),
  );
  const [specsBefore, planeBefore] = [await readRef(specsFile), await readRef(planeFile)];
  const moved = waitForMove(specsFile, specsBefore, signal);
  const published = waitForMove(planeFile, planeBefore, signal);
  await specs.push();
  return (await published) - (await moved);
}

async function waitForMove(file: string, before: string | undefined, signal: AbortSignal): Promise<number> {
  for (;;) {
    signal.throwIfAborted();
    const now = await readRef(file);
    if (now !== undefined && now !== before) return performance.now();
    await sleep(pollMs, signal);
  }
}

async function readRef(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch(() => undefined);
}

async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024);
}
