/** `GET /metrics` on an address of its own, for a program that serves nothing else. */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { MetricsAddress } from "./metrics-address.ts";
import { metricsContentType } from "./metrics.ts";

export type MetricsServer = AsyncDisposable & { readonly url: string };

/** Listens, and answers everyone who reaches it. Rejects with the system's error when it cannot (EADDRINUSE, EACCES). */
export async function serveMetrics(address: MetricsAddress, text: () => Promise<string>): Promise<MetricsServer> {
  const limits = { headersTimeout: 5000, requestTimeout: 10_000, maxHeaderSize: 16 * 1024 };
  const server = createServer(limits, (request, response) => {
    if (request.method !== "GET" || request.url !== "/metrics") {
      response.writeHead(404).end("not found\n");
      return;
    }
    answer(response, text).catch(() => response.destroy());
  });
  server.maxConnections = 64;
  server.listen(address.port, address.host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // listening on TCP
  return {
    url: `http://${address.host.includes(":") ? `[${address.host}]` : address.host}:${port}/metrics`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function answer(response: ServerResponse, text: () => Promise<string>): Promise<void> {
  const body = await text();
  response.writeHead(200, { "content-type": metricsContentType }).end(body);
}
