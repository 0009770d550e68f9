/** Plays a component that takes no connection: what waits to be accepted is as much as the system keeps, and nothing is. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";

/** Its thread sleeps as soon as it listens, and the system takes two connections for a backlog of one (listen(2)). */
const program = `
const [address, port] = process.argv.slice(1);
require("node:net").createServer().listen({ host: address, port: Number(port), backlog: 1 }, () => {
  require("node:fs").writeSync(1, "listening");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;
const waiting = 8;

export async function startDeafPod(address: string, port: number): Promise<AsyncDisposable> {
  const child = spawn(process.execPath, ["-e", program, address, String(port)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  await once(child.stdout, "data");
  const sockets = Array.from({ length: waiting }, () => connect(port, address).on("error", () => undefined));
  await Promise.all(sockets.slice(0, 2).map(async (socket) => await once(socket, "connect")));
  return {
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      child.kill("SIGKILL");
      await exited;
    },
  };
}
