/**
 * Boots one cluster from the built programs: etcd, API server, controller manager, scheduler, and KWOK playing the kubelet
 * of one node. The API server makes its own certificate and we trust exactly that; the administrator's token is random. A
 * folder booted before is booted again with its data, its token and its certificate, on other ports.
 */

import type { KubePrograms } from "./build.ts";
import { clearFolder, serverUrlOf, writeKubeconfig, writeSecrets } from "./cluster-files.ts";
import type { BootPhase, Cluster, ClusterExtent } from "./cluster.ts";
import { installCrds } from "./install-crds.ts";
import { KubeClient } from "./kube-client.ts";
import { readKubeconfig } from "./kubeconfig.ts";
import { withFreePorts } from "./ports.ts";
import { openProcessGroup, type ProcessGroup } from "./process-group.ts";
import { clusterPaths, describeProgram, programNames, stopWaves, type ClusterLayout } from "./programs.ts";
import { startNode, type Wait, waitForServiceAccount, waitUntilReady } from "./readiness.ts";

export type BootBuiltCluster = {
  readonly name: string;
  /** The cluster's own, made if need be. */
  readonly folder: string;
  readonly data: "keep" | "wipe";
  readonly programs: KubePrograms;
  readonly crdsFolder: string;
  readonly isAudited: boolean;
  /** Of the programs, those to start. */
  readonly extent: ClusterExtent;
  readonly signal: AbortSignal;
};

const bootTimeoutMs = 120_000;
/** Throws `folder-in-use`, `program-exited` with the end of its log, `timeout`, or the signal's reason; nothing then runs on. */
export async function bootBuiltCluster(boot: BootBuiltCluster): Promise<Cluster> {
  return await withFreePorts(3, async (ports) => await bootOnPorts(boot, ports));
}

async function bootOnPorts(boot: BootBuiltCluster, ports: readonly number[]): Promise<Cluster> {
  const [etcdPort = 0, etcdPeerPort = 0, apiServerPort = 0] = ports;
  const { name, folder, isAudited } = boot;
  const layout: ClusterLayout = { folder, ...boot.programs, etcdPort, etcdPeerPort, apiServerPort, isAudited };
  const paths = clusterPaths(folder);
  const group = await openProcessGroup({ folder, logsFolder: paths.logs, signal: boot.signal });
  try {
    await clearFolder(folder, boot.data);
    const bootPhases = await startAll({ boot, layout, group });
    return {
      name,
      kubeconfigPath: paths.kubeconfig,
      serverUrl: serverUrlOf(layout),
      logsDir: paths.logs,
      auditLogPath: isAudited ? paths.auditLog : undefined,
      get processes() {
        return group.pids;
      },
      ended: group.ended,
      restart: async (program) => await group.restart(program),
      bootPhases,
      [Symbol.asyncDispose]: async () => await group.stop(stopWaves),
    };
  } catch (error) {
    await group.stop(stopWaves);
    throw error;
  }
}

type StartAll = { readonly boot: BootBuiltCluster; readonly layout: ClusterLayout; readonly group: ProcessGroup };

async function startAll({ boot, layout, group }: StartAll): Promise<BootPhase[]> {
  const signal = AbortSignal.any([boot.signal, group.ended]);
  const startedAtMs = performance.now();
  const phases: BootPhase[] = [];
  const note = (phase: string) => phases.push({ phase, elapsedMs: Math.round(performance.now() - startedAtMs) });
  const token = await writeSecrets(layout);
  await group.start(describeProgram("etcd", layout));
  await group.start(describeProgram("kube-apiserver", layout));
  await writeKubeconfig({ clusterName: boot.name, layout, token, timeoutMs: bootTimeoutMs, signal });
  await using client = new KubeClient(await readKubeconfig(clusterPaths(layout.folder).kubeconfig));
  await waitUntilReady({ client, timeoutMs: bootTimeoutMs, signal });
  note("API server ready");
  const wait = { client, timeoutMs: bootTimeoutMs, signal };
  const crds = installCrds({ ...wait, folder: boot.crdsFolder }).then(() => note("CRDs served"));
  await Promise.all([crds, ...(boot.extent === "api-server" ? [] : [startControllers({ layout, group, wait, note })])]);
  return phases;
}

type StartControllers = {
  readonly layout: ClusterLayout;
  readonly group: ProcessGroup;
  readonly wait: Wait;
  readonly note: (phase: string) => void;
};

async function startControllers({ layout, group, wait, note }: StartControllers): Promise<void> {
  for (const name of programNames.slice(2)) await group.start(describeProgram(name, layout));
  await Promise.all([
    waitForServiceAccount(wait).then(() => note("service account there")),
    startNode(wait).then(() => note("node ready")),
  ]);
}
