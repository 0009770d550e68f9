/** The HTTP server under the host: bounds on connections and time, API apart from repositories, and an orderly end. */

import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Log } from "../../process/log.ts";
import type { HostLimits } from "./host-limits.ts";
import { refuseRequest, type GitHandler } from "./serve-git.ts";

export type HostServerOptions = {
  readonly address: string;
  readonly port: number;
  readonly limits: HostLimits;
  readonly log: Log;
  readonly api: Hono;
  readonly git: GitHandler;
};

export type HostServer = {
  readonly url: string;
  /** Takes no new connection and resolves when the last repository request has ended, whose way the caller may shorten. */
  drain(): Promise<void>;
  /** Cuts what is left; after `drain`. */
  close(): Promise<void>;
};

/** Listens. Rejects with the error of the system when it cannot (EADDRINUSE, EACCES). */
export async function openHostServer(options: HostServerOptions): Promise<HostServer> {
  const { limits, log } = options;
  const running = new Set<Promise<void>>();
  // Its own Request and Response classes must not replace the global ones for the rest of the process.
  const api = getRequestListener(options.api.fetch, { overrideGlobalObjects: false });
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (isApi(request.url ?? "")) {
      void api(request, response);
      return;
    }
    const handled = options
      .git(request, response)
      .catch((error: unknown) => {
        log.error({ error }, "a repository request failed");
        refuseRequest(response, 500);
      })
      .finally(() => running.delete(handled));
    running.add(handled);
  };
  const server = createServer(
    {
      headersTimeout: Math.min(15_000, limits.exchangeMs),
      requestTimeout: limits.exchangeMs,
      maxHeaderSize: 16 * 1024,
      noDelay: true,
    },
    answer,
  );
  // A client that waits for leave to send its body gets it only when the body is wanted.
  server.on("checkContinue", answer);
  server.timeout = limits.idleMs;
  server.maxConnections = limits.connections;
  server.listen(options.port, options.address);
  await once(server, "listening");
  const ended = once(server, "close");
  return {
    url: urlOf(server.address() as AddressInfo),
    drain: async () => {
      server.close();
      await Promise.allSettled(running);
    },
    close: async () => {
      server.closeAllConnections();
      await ended;
    },
  };
}

function isApi(target: string): boolean {
  return target.startsWith("/api/") || target === "/healthz" || target === "/metrics";
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
