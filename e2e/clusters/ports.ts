/**
 * Free TCP ports on the loopback address, chosen by the operating system. Between our giving one up and a program's taking
 * it anybody can slip in, so whoever uses them asks `isPortTaken` when a program dies early, and tries again with others.
 */

import { once } from "node:events";
import { createServer, type Server } from "node:net";

const loopback = "127.0.0.1";

/** As many different ports, all held until the last is found, so that no two callers of one call collide. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = servers.map(portOf);
  await Promise.all(servers.map(close));
  return ports;
}

export async function isPortTaken(port: number): Promise<boolean> {
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
