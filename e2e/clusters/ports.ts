/**
 * Free TCP ports on the loopback address, chosen by the operating system. Between our giving one up and a program's taking
 * it anybody can slip in; a program that dies while somebody sits on its port is tried again with others.
 */

import { once } from "node:events";
import { createServer, type Server } from "node:net";

import { ClusterError } from "./cluster-error.ts";

const loopback = "127.0.0.1";

const attempts = 3;

/**
 * What `use` returns. When it throws `program-exited` and one of its ports is taken, so that its programs must be stopped
 * by then, it is called again with new ports, three times at most.
 */
export async function withFreePorts<T>(count: number, use: (ports: readonly number[]) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const ports = await freePorts(count);
    try {
      return await use(ports);
    } catch (error) {
      const isEarlyEnd = error instanceof ClusterError && error.code === "program-exited";
      if (!isEarlyEnd || attempt === attempts || !(await isAnyTaken(ports))) {
        throw error;
      }
    }
  }
}

/** As many different ports, all held until the last is found, so that no two callers of one call collide. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = servers.map(portOf);
  await Promise.all(servers.map(close));
  return ports;
}

async function isAnyTaken(ports: readonly number[]): Promise<boolean> {
  return (await Promise.all(ports.map(isTaken))).includes(true);
}

async function isTaken(port: number): Promise<boolean> {
  try {
    await close(await listen(port));
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") {
      return true;
    }
    throw error;
  }
}

async function listen(port: number): Promise<Server> {
  const server = createServer();
  server.listen({ host: loopback, port });
  await once(server, "listening");
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new TypeError("a TCP server has an address and a port");
  }
  return address.port;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  await closed;
}
