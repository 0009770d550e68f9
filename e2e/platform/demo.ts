/** The platform of `npm start`: what is started, in which order, and what the user is told about it. */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { once } from "node:events";
import { exitCodes, ExitError } from "../../process/exit-codes.ts";
import { stateFolder } from "../../process/user-folders.ts";
import { defaultCeiling } from "../../schemas/ceiling.ts";
import { gatewayLabels } from "../../schemas/labels.ts";
import type { PlaneId } from "../../schemas/layout.ts";
import { writeStateYaml } from "../../schemas/state-yaml.ts";
import { ClusterError } from "../clusters/cluster-error.ts";
import type { Cluster } from "../clusters/cluster.ts";
import type { ClusterSource } from "../clusters/cluster-source.ts";
import { bootClusters, disposeClusters } from "../clusters/clusters.ts";
import { KubeClient } from "../clusters/kube-client.ts";
import { readKubeconfig } from "../clusters/kubeconfig.ts";
import { openProcessGroup, type ProcessGroup } from "../clusters/process-group.ts";
import { agentProgram, startAgent } from "./agent.ts";
import { type ControlPlane, controlProgram, runControl, startControlPlane } from "./control-plane.ts";
import { describeEvent } from "./describe-event.ts";
import { type FleetEvent, FleetView, watchFleet } from "./fleet-watch.ts";
import { KeptEvents } from "./kept-events.ts";
import type { Narrator } from "./narrator.ts";
import { sourcePath } from "./node-program.ts";
import { openSpecsCheckout, type SpecsCheckout } from "./specs-checkout.ts";
import { whatNext, withoutClusters } from "./what-next.ts";

export type OpenDemo = {
  readonly source: ClusterSource;
  readonly narrator: Narrator;
  readonly signal: AbortSignal;
  readonly fresh: boolean;
};

export type Demo = AsyncDisposable & {
  /** Resolves when everything rendered is applied and healthy, or, without clusters, when it is rendered; shows a table. */
  readonly settle: () => Promise<void>;
  /** Tells what happens until aborted. */
  readonly stay: () => Promise<void>;
};

/** Each with a cluster and an agent of its own. */
export const environments = ["development", "staging", "production"] as const;
const preferredPort = 7600;
const settleTimeoutMs = 180_000;

export async function openDemo({ source, narrator, signal, fresh }: OpenDemo): Promise<Demo> {
  const folder = stateFolder(process.env);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const logs = join(folder, "logs");
  await using opening = new AsyncDisposableStack();
  const group = await openGroup(folder, logs, signal);
  if (fresh) await forget(folder);
  const booted = bootAll(folder, { source, narrator, signal });
  // Handled where it is awaited; until then a failed boot is no unhandled rejection.
  booted.catch(() => undefined);
  // What is deferred last ends first: the agents, and then the clusters that they speak to.
  opening.defer(async () => disposeClusters(await booted.catch(() => [])));
  opening.defer(async () => group.stop([environments.map((name) => agentProgram(planeOf(name))), [controlProgram]]));
  const port = await freePort(preferredPort);
  if (port !== preferredPort) narrator.say(`port ${preferredPort} is taken, another is used`);
  const control = await startControlPlane({
    group,
    dataDir: join(folder, "control"),
    port,
    signal,
    machineCommits: "direct",
  });
  narrator.say(`control plane and Git host: ${control.url}`);
  const specs = await fillSpecs(control, folder, { narrator, signal });
  for (const cluster of await booted) await prepare(cluster);
  for (const cluster of await booted) await startAgentOf(cluster, { group, control, folder, signal });
  if (source.kind !== "none") narrator.say(`agents run, one in front of each cluster: ${environments.join(", ")}`);
  const closing = opening.move();
  const clusters = await booted;
  const ended = AbortSignal.any([group.ended, ...clusters.map((cluster) => cluster.ended)]);
  const view = new FleetView();
  const running: Running = { source, narrator, signal, ended, control, specs, clusters, view, folder };
  const events = new KeptEvents(watchFleet(control.dataDir, AbortSignal.any([signal, ended])));
  return {
    settle: async () => settle(running, events),
    stay: async () => stay(running, events),
    [Symbol.asyncDispose]: async () => closing.disposeAsync(),
  };
}

type Running = {
  readonly source: ClusterSource;
  readonly narrator: Narrator;
  readonly signal: AbortSignal;
  /** Aborted when a program of ours, or of a cluster, ended that should not have. */
  readonly ended: AbortSignal;
  readonly control: ControlPlane;
  readonly specs: SpecsCheckout;
  readonly clusters: readonly Cluster[];
  readonly view: FleetView;
  readonly folder: string;
};

async function bootAll(
  folder: string,
  { source, narrator, signal }: Pick<OpenDemo, "source" | "narrator" | "signal">,
): Promise<readonly Cluster[]> {
  if (source.kind === "none") return [];
  const onProgress = (line: string): void => narrator.say(line);
  return bootClusters({ names: environments, dataDir: join(folder, "clusters"), source, onProgress, signal });
}

function planeOf(name: string): PlaneId {
  return { kind: "data", organization: "acme", name };
}

async function openGroup(folder: string, logs: string, signal: AbortSignal): Promise<ProcessGroup> {
  await mkdir(logs, { recursive: true });
  const programs = join(folder, "programs");
  await mkdir(programs, { recursive: true });
  try {
    return await openProcessGroup({ folder: programs, logsFolder: logs, signal });
  } catch (error) {
    if (!(error instanceof ClusterError && error.code === "folder-in-use")) throw error;
    const message = "npm start runs already; look with `npx gitplane status`, or end it with Ctrl-C where it runs";
    throw new ExitError(exitCodes.failed, message, { cause: error });
  }
}

async function forget(folder: string): Promise<void> {
  for (const name of ["control", "agents", "clusters", "specs"])
    await rm(join(folder, name), { recursive: true, force: true });
}

/** The preferred port when nobody listens there, so that URLs of an earlier run keep working; else any. */
async function freePort(preferred: number): Promise<number> {
  const server = createServer().listen(preferred, "127.0.0.1");
  try {
    await once(server, "listening");
    return preferred;
  } catch {
    return 0; // taken: the system chooses
  } finally {
    server.close();
  }
}

async function fillSpecs(
  control: ControlPlane,
  folder: string,
  { narrator, signal }: { narrator: Narrator; signal: AbortSignal },
): Promise<SpecsCheckout> {
  const author = { name: "Sam Sample", mail: "sam@acme.example" };
  const specs = await openSpecsCheckout({ control, folder: join(folder, "specs"), author, signal });
  const isNew = (await readdir(specs.folder)).every((name) => name.startsWith("."));
  if (!isNew) {
    narrator.say(`specs as an earlier run left them: ${specs.folder}`);
    // Gitplane committed since; what cannot be brought together is its owner's to bring together.
    await specs
      .git("pull", "--quiet")
      .then(() => specs.push())
      .catch((error: unknown) => narrator.say(`what is committed there is not pushed: ${firstLine(error)}`));
    return specs;
  }
  await specs.copy(sourcePath("fixtures/platform"));
  await specs.commit("Add the platform and the shop");
  await specs.push();
  narrator.say(`specs pushed, from a checkout of your own: ${specs.folder}`);
  return specs;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}

/** A project of the sample platform found it there when it came, and has it for its cell since. */
const adopted = { cluster: "development", namespace: "store-devices" } as const;

/** The labels are what its routes are taken by at the gateways. */
async function prepare({ name, kubeconfigPath }: Cluster): Promise<void> {
  if (name !== adopted.cluster) return;
  await using client = new KubeClient(await readKubeconfig(kubeconfigPath));
  const labels = gatewayLabels(planeOf(name).organization, planeOf(name));
  await client.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: adopted.namespace, labels } });
}

/** What a cluster's operator says where a namespace is adopted: an agent reaches into none but its own cells by default. */
async function writeCeiling(plane: PlaneId, folder: string): Promise<string | undefined> {
  const path = ceilingPath(plane, folder);
  if (path === undefined) return undefined;
  const { format, namespaces } = defaultCeiling(plane);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, writeStateYaml({ format, namespaces: [...namespaces, adopted.namespace] }));
  return path;
}

function ceilingPath({ name }: PlaneId, folder: string): string | undefined {
  return name === adopted.cluster ? join(folder, "agents", "ceiling.yaml") : undefined;
}

async function startAgentOf(
  cluster: Cluster,
  {
    group,
    control,
    folder,
    signal,
  }: { group: ProcessGroup; control: ControlPlane; folder: string; signal: AbortSignal },
): Promise<void> {
  const [plane, dataDir] = [planeOf(cluster.name), join(folder, "agents")];
  const ceiling = await writeCeiling(plane, folder);
  await startAgent({
    group,
    control,
    plane,
    kubeconfigPath: cluster.kubeconfigPath,
    dataDir,
    signal,
    ...(ceiling === undefined ? {} : { ceiling }),
  });
}

async function settle(running: Running, events: KeptEvents<FleetEvent>): Promise<void> {
  const { narrator, source, view } = running;
  const deadline = AbortSignal.timeout(settleTimeoutMs);
  while (!isDone(running)) {
    const next = await events.nextUntil(deadline);
    if (next === undefined) {
      narrator.say(
        `not everything is healthy after ${settleTimeoutMs / 1000} s; logs are in ${join(running.folder, "logs")}`,
      );
      break;
    }
    if (next.done === true) return;
    view.add(next.value);
    const line = describeEvent(next.value);
    if (line === undefined) continue;
    // A person at a terminal sees the table in a moment; what goes wrong is said at once.
    if (narrator.isLive && isUsual(next.value)) narrator.progress(progressOf(view));
    else narrator.say(line);
  }
  narrator.say(source.kind === "none" ? "rendered" : `deployed: ${progressOf(view)}`);
  process.stdout.write(`\n${await statusText(running)}\n`);
  narrator.show(
    source.kind === "none"
      ? withoutClusters({ ...running, reason: source.reason })
      : await whatNext({
          ...running,
          clusters: running.clusters.map((cluster) => {
            const plane = planeOf(cluster.name);
            return { cluster, plane, ceiling: ceilingPath(plane, running.folder) };
          }),
        }),
  );
}

function isUsual(event: FleetEvent): boolean {
  return event.kind === "plane" || (event.kind === "release" && event.state !== "failed" && event.state !== "held");
}

function progressOf(view: FleetView): string {
  return `${view.settledCount} of ${view.releaseCount} Releases run as they should`;
}

function isDone({ source, view }: Running): boolean {
  return source.kind === "none" ? view.releaseCount > 0 : view.isSettled(environments.length);
}

async function stay({ narrator, view, ended }: Running, events: KeptEvents<FleetEvent>): Promise<void> {
  for (let next = await events.next(); next.done !== true; next = await events.next()) {
    view.add(next.value);
    const line = describeEvent(next.value);
    if (line !== undefined) narrator.say(line);
  }
  if (ended.aborted) throw ended.reason;
}

async function statusText({ control, signal }: Running): Promise<string> {
  const result = await runControl(control, ["status"], signal);
  return result.kind === "exited" ? result.stdout : "";
}
