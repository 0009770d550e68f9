/** Clusters that run already, by their kubeconfigs. We stop nothing there, and restart nothing. */

import { ClusterError } from "./cluster-error.ts";
import type { Cluster } from "./cluster.ts";
import { fetchForeignCrds, foreignGroups } from "./foreign-crds.ts";
import { installCrds } from "./install-crds.ts";
import { KubeClient } from "./kube-client.ts";
import { readKubeconfig } from "./kubeconfig.ts";
import { waitUntilReady } from "./readiness.ts";

export type OpenExistingCluster = {
  readonly name: string;
  readonly kubeconfigPath: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
};

const readyTimeoutMs = 20_000;
const crdsTimeoutMs = 60_000;

/**
 * Checks that it answers and knows the Gateway API, Envoy Gateway's policies and External Secrets, and installs of them what
 * is not known at all; whatever version it has, it keeps. Throws `kubeconfig-invalid`, `timeout`, ApiError, or what fetching the definitions throws.
 */
export async function openExistingCluster(open: OpenExistingCluster): Promise<Cluster> {
  const { name, kubeconfigPath, environment, signal } = open;
  const kubeconfig = await readKubeconfig(kubeconfigPath);
  await using client = new KubeClient(kubeconfig);
  await waitUntilReady({ client, timeoutMs: readyTimeoutMs, signal });
  const groups = await findMissingGroups(client, signal);
  if (groups.length > 0) {
    const folder = await fetchForeignCrds({ environment, signal });
    await installCrds({ client, folder, groups, timeoutMs: crdsTimeoutMs, signal });
  }
  return {
    name,
    kubeconfigPath,
    serverUrl: kubeconfig.serverUrl,
    logsDir: undefined,
    auditLogPath: undefined,
    processes: new Map(),
    ended: new AbortController().signal,
    restart: async (program) => {
      throw new ClusterError("program-exited", `${program} of ${name} is not ours to restart`);
    },
    bootPhases: [],
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function findMissingGroups(client: KubeClient, signal: AbortSignal): Promise<readonly string[]> {
  const found = await Promise.all(
    foreignGroups.map(async (group) => [group, await client.find(`/apis/${group}`, signal)] as const),
  );
  return found.flatMap(([group, answer]) => (answer === undefined ? [group] : []));
}
