/** A wire between an agent and its API server that can be cut: every connection at once, and new ones go through again. */
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import type { Cluster } from "../clusters/cluster.ts";
import { formatKubeconfig, readKubeconfig } from "../clusters/kubeconfig.ts";

export type BreakableProxy = AsyncDisposable & { readonly kubeconfigPath: string; readonly breakAll: () => void };

/** Passes bytes on unread, so TLS is between the two as before: the API server's certificate names the address, not the port. */
export async function openBreakableProxy(cluster: Cluster, folder: string): Promise<BreakableProxy> {
  const kubeconfig = await readKubeconfig(cluster.kubeconfigPath);
  const { hostname, port } = new URL(kubeconfig.serverUrl);
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [socket, other] of [[near, far] as const, [far, near] as const]) {
      open.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address() as AddressInfo; // listens on TCP
  const kubeconfigPath = join(folder, "proxied-kubeconfig");
  const text = formatKubeconfig({
    clusterName: cluster.name,
    serverUrl: `https://${hostname}:${address.port}`,
    certificateAuthority: kubeconfig.certificateAuthority ?? "",
    token: kubeconfig.token ?? "",
  });
  await writeFile(kubeconfigPath, text, { mode: 0o600 });
  const breakAll = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    kubeconfigPath,
    breakAll,
    [Symbol.asyncDispose]: async () => {
      breakAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
