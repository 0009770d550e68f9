/** A cluster beside the shared one, for what runs over two. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bootClusters, disposeClusters } from "../clusters/clusters.ts";
import { KubeClient } from "../clusters/kube-client.ts";
import { readKubeconfig } from "../clusters/kubeconfig.ts";
import { findTestSource } from "../clusters/test-source.ts";

export type SecondCluster = AsyncDisposable & { readonly client: KubeClient; readonly kubeconfigPath: string };

const bootMs = 600_000;

/** `what` is what it is booted for. */
export async function bootSecondCluster(name: string, what: string): Promise<SecondCluster> {
  await using opening = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), `gitplane-${name}-`));
  opening.defer(async () => await rm(dataDir, { recursive: true, force: true }));
  const clusters = await bootClusters({
    names: [name],
    dataDir,
    data: "wipe",
    source: await findTestSource(what),
    audit: false,
    onProgress: () => undefined,
    signal: AbortSignal.timeout(bootMs),
  });
  opening.defer(async () => await disposeClusters(clusters));
  const kubeconfigPath = clusters[0]?.kubeconfigPath ?? "";
  const client = opening.use(new KubeClient(await readKubeconfig(kubeconfigPath)));
  const parts = opening.move();
  return { client, kubeconfigPath, [Symbol.asyncDispose]: async () => await parts.disposeAsync() };
}
