/** One installed agent between a plane's repository and an API server with nothing behind it, and what it is asked about. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { sleep } from "../../process/backoff.ts";
import { type PlaneId, planeKey, planePath } from "../../schemas/layout.ts";
import type { DriftMode } from "../../schemas/plane-settings.ts";
import { type AuditedRequest, auditOffset } from "../clusters/audit.ts";
import type { Cluster } from "../clusters/cluster.ts";
import { findClusterSource } from "../clusters/cluster-source.ts";
import { bootClusters, disposeClusters } from "../clusters/clusters.ts";
import { KubeClient } from "../clusters/kube-client.ts";
import { readKubeconfig } from "../clusters/kubeconfig.ts";
import { programEnvironment } from "../platform/node-program.ts";
import { TestProcesses } from "../platform/test-processes.ts";
import { auditDelayMs, readAgentRequests, untilAgentRests } from "./agent-requests.ts";
import { namespaces, releasePath, releaseText } from "./agent-releases.ts";
import { installPackage } from "./installed-package.ts";
import { PlaneHost } from "./plane-host.ts";
import { residentMiB } from "./process-usage.ts";
import type { Workload } from "./workloads.ts";

type Context = Parameters<Workload["measure"]>[0];

export const benchPlane: PlaneId = { kind: "data", organization: "acme", name: "bench" };
const agentName = "agent";
const pollMs = 20;

export type OpenBench = Context & {
  readonly drift?: DriftMode;
  /** Where the agent finds its API server, when not there itself; disposed with the bench. */
  readonly between?: (
    cluster: Cluster,
    folder: string,
  ) => Promise<AsyncDisposable & { readonly kubeconfigPath: string }>;
};

export class AgentBench implements AsyncDisposable {
  readonly folder: string;
  readonly cluster: Cluster;
  readonly client: KubeClient;
  readonly host: PlaneHost;
  readonly #signal: AbortSignal;
  readonly #agentPath: string;
  readonly #processes: TestProcesses;
  readonly #kubeconfigPath: string;
  readonly #parts: AsyncDisposableStack;

  private constructor(
    parts: AsyncDisposableStack,
    opened: Pick<AgentBench, "folder" | "cluster" | "client" | "host"> & {
      readonly signal: AbortSignal;
      readonly agentPath: string;
      readonly processes: TestProcesses;
      readonly kubeconfigPath: string;
    },
  ) {
    this.#parts = parts;
    ({ folder: this.folder, cluster: this.cluster, client: this.client, host: this.host } = opened);
    this.#signal = opened.signal;
    this.#agentPath = opened.agentPath;
    this.#processes = opened.processes;
    this.#kubeconfigPath = opened.kubeconfigPath;
  }

  /** An empty cluster with the namespaces, and a plane's branch without a Release. No agent runs yet. */
  static async open({ say, signal, drift, between }: OpenBench): Promise<AgentBench> {
    await using parts = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "gitplane-bench-"));
    parts.defer(async () => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    const cluster = await bootApiServer(folder, { say, signal });
    parts.defer(async () => disposeClusters([cluster]));
    const client = parts.use(
      new KubeClient(await readKubeconfig(cluster.kubeconfigPath), { userAgent: "gitplane-bench" }),
    );
    for (const name of namespaces) {
      const metadata = { name, labels: { team: name } };
      await client.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata }, signal);
    }
    const host = parts.use(await PlaneHost.open(folder, benchPlane, drift));
    const agentPath = await installPackage(join(folder, "installed"), signal);
    const proxy = between === undefined ? undefined : parts.use(await between(cluster, folder));
    const processes = parts.use(new TestProcesses(join(folder, "logs")));
    const kubeconfigPath = proxy?.kubeconfigPath ?? cluster.kubeconfigPath;
    return new AgentBench(parts.move(), {
      folder,
      cluster,
      client,
      host,
      signal,
      agentPath,
      processes,
      kubeconfigPath,
    });
  }

  get pid(): number {
    return this.#processes.pids.get(agentName) ?? 0;
  }

  /** Starts the agent and waits until it has applied what the branch holds and listens for more. */
  async startAgent(): Promise<void> {
    await this.launchAgent();
    await this.waitUntilApplied();
    while (this.host.listeners === 0) await sleep(pollMs, this.#signal);
  }

  async launchAgent(nodeFlags: readonly string[] = []): Promise<void> {
    const flags = [
      ["--plane", planePath(benchPlane)],
      ["--repository", this.host.repositoryUrl],
      ["--wake-url", `${new URL(this.host.repositoryUrl).origin}/wake`],
      ["--kubeconfig", this.#kubeconfigPath],
      ["--data", join(this.folder, "agent")],
    ];
    await this.#processes.start({
      name: agentName,
      path: process.execPath,
      arguments: [...nodeFlags, this.#agentPath, "run", ...flags.flat()],
      environment: { ...programEnvironment(), GITPLANE_EXIT_WITH_STDIN: "yes" },
    });
  }

  async killAgent(): Promise<void> {
    await this.#processes.kill(agentName);
  }

  /** What the agent has logged, from an offset in characters. */
  async agentLog(from = 0): Promise<string> {
    return (await readFile(join(this.folder, "logs", `${agentName}.log`), "utf8")).slice(from);
  }

  /** Publishes these apps; answers the moment at which the branch had moved. */
  async publishApps(numbers: Iterable<number>, tag: string): Promise<number> {
    const files = new Map<string, string>();
    for (const number of numbers) files.set(releasePath({ number }), releaseText(benchPlane, { number, tag }));
    return this.host.publish(files);
  }

  /** Until the applied record names the branch's sequence; answers the moment. */
  async waitUntilApplied(): Promise<number> {
    for (;;) {
      if ((await this.appliedSequence()) >= this.host.sequence) return performance.now();
      if (this.pid === 0) throw new Error(`the agent ended:\n${(await this.agentLog()).slice(-2000)}`);
      await sleep(pollMs, this.#signal);
    }
  }

  async appliedSequence(): Promise<number> {
    const path = `/api/v1/namespaces/gitplane-system/configmaps/gitplane-applied-${planeKey(benchPlane)}`;
    const found = AppliedConfigMap.safeParse(await this.client.find(path, this.#signal));
    return found.success ? Sequence.parse(JSON.parse(found.data.data.record)).sequence : 0;
  }

  /** A point in the audit log after everything that was asked until now. */
  async auditMark(): Promise<number> {
    await sleep(auditDelayMs, this.#signal);
    return auditOffset(this.#auditLogPath);
  }

  /** The agent's requests since a mark, in order. */
  async requestsSince(mark: number): Promise<readonly AuditedRequest[]> {
    await sleep(auditDelayMs, this.#signal);
    return readAgentRequests(this.#auditLogPath, mark);
  }

  /** Until what follows a first apply (lists, receipts) is over. */
  async settle(): Promise<void> {
    await untilAgentRests(this.#auditLogPath, this.#signal);
  }

  /** The agent's memory once it has settled: the least of some looks, since each may meet a git that is at work. */
  async settledMiB(): Promise<number> {
    let least = Infinity;
    for (let look = 0; look < settledLooks; look += 1) {
      await sleep(settledPauseMs, this.#signal);
      least = Math.min(least, await residentMiB(this.pid));
    }
    return least;
  }

  /** Looks at the agent's memory until disposed, and knows the most that it saw. */
  watchMemory(): { readonly mostMiB: () => number } & Disposable {
    let most = 0;
    const timer = setInterval(() => {
      void residentMiB(this.pid).then((now) => (most = Math.max(most, now)));
    }, memoryEveryMs);
    return { mostMiB: () => most, [Symbol.dispose]: () => clearInterval(timer) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }

  get #auditLogPath(): string {
    if (this.cluster.auditLogPath === undefined) throw new Error("this cluster writes no audit log");
    return this.cluster.auditLogPath;
  }
}

const settledLooks = 5;
const settledPauseMs = 1000;
const memoryEveryMs = 200;

const AppliedConfigMap = z.looseObject({ data: z.object({ record: z.string() }) });
const Sequence = z.looseObject({ sequence: z.number() });

/** etcd and an API server with an audit log, in the folder. */
export async function bootApiServer(folder: string, { say, signal }: Context): Promise<Cluster> {
  const source = await findClusterSource({ kubeconfigs: [], signal });
  if (source.kind !== "built") throw new Error(`agents are measured on built clusters: ${source.reason}`);
  const boot = { names: ["bench"], dataDir: join(folder, "clusters"), source, onProgress: say, signal };
  const [cluster] = await bootClusters({ ...boot, audit: true, extent: "api-server" });
  if (cluster === undefined) throw new Error("no cluster was booted");
  return cluster;
}
