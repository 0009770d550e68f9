/** Takes what a plane of a test brought for its gateways off the shared cluster, so that another plane may bring its own. */
import type { KubeClient } from "../clusters/kube-client.ts";
import { poll } from "../clusters/poll.ts";

const paths = [
  "/apis/gateway.networking.k8s.io/v1/gatewayclasses/openchoreo",
  "/api/v1/namespaces/openchoreo-data-plane",
];
const timeoutMs = 60_000;

/** Resolves when they are gone; the plane's agent must have ended. */
export async function removeGateways(cluster: KubeClient): Promise<void> {
  for (const path of paths) {
    if ((await cluster.find(path)) !== undefined) await cluster.remove(path);
    await poll({
      what: `${path} going`,
      timeoutMs,
      signal: new AbortController().signal,
      probe: async () => ((await cluster.find(path)) === undefined ? true : undefined),
    });
  }
}
