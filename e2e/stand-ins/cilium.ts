/** Plays Cilium: what it tells of itself and of its nodes. */
import type { KubeClient } from "../clusters/kube-client.ts";

const configPath = "/api/v1/namespaces/kube-system/configmaps/cilium-config";
const publicKey = { "network.cilium.io/wg-pub-key": "fUGOB3lAHr8vN1o5ZJQkH0sJqMmNBxCtOM2YJ5r5Zkk=" };

export async function putConfig(cluster: KubeClient, data: Readonly<Record<string, string>>): Promise<void> {
  const metadata = { name: "cilium-config", namespace: "kube-system" };
  await cluster.apply({ apiVersion: "v1", kind: "ConfigMap", metadata, data });
}

export async function putNode(cluster: KubeClient, name: string, { hasKey }: { hasKey: boolean }): Promise<void> {
  const metadata = { name, annotations: hasKey ? publicKey : {} };
  await cluster.apply({ apiVersion: "cilium.io/v2", kind: "CiliumNode", metadata, spec: {} }, { force: true });
}

/** Also where some of it was never put. */
export async function removeAll(cluster: KubeClient, nodes: readonly string[]): Promise<void> {
  for (const path of [configPath, ...nodes.map((name) => `/apis/cilium.io/v2/ciliumnodes/${name}`)])
    await cluster.remove(path).catch(() => undefined);
}
