/**
 * Plays the pods behind a Service: listens at the Service's own address and answers what it was asked, so that a test sees
 * what came through the gateway. One for each thing that is spoken.
 */
import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type ServerHttp2Stream } from "node:http2";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

export type Spoken = "http" | "grpc" | "tcp" | "udp" | "tls";

export type ServicePod = {
  readonly spoken: Spoken;
  readonly address: string;
  readonly port: number;
  /** Of `tls`. */
  readonly certificate: { readonly cert: string; readonly key: string };
};

/** What `http` says of a request, as JSON. */
export type Echo = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Which of its connections it came by, from 1. */
  readonly connection: number;
};

export async function startServicePod(pod: ServicePod): Promise<AsyncDisposable> {
  if (pod.spoken === "udp") return await listenUdp(pod);
  const server = makeServer(pod);
  const sockets = new Set<{ readonly destroy: () => void }>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  });
  server.listen(pod.port, pod.address);
  await once(server, "listening");
  return {
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function makeServer({ spoken, certificate }: ServicePod): Server {
  switch (spoken) {
    case "http":
      return createHttpServer(makeEcho()).on("upgrade", acceptSocket);
    case "grpc":
      return createHttp2Server().on("stream", answerCall);
    case "tls":
      return createTlsServer(certificate, (socket) => socket.on("error", () => undefined).pipe(socket));
    case "tcp":
    case "udp":
      return createTcpServer((socket) => socket.pipe(socket));
  }
}

/**
 * `/status/<code>` answers with the code, `/once/<code>` the first time, `/slow` never but for that, `/late` not the first time,
 * all else with 200.
 */
function makeEcho(): (request: IncomingMessage, response: ServerResponse) => void {
  const asked = new Set<string>();
  const connections = new Map<Socket, number>();
  return (request, response) => {
    const { url = "", socket } = request;
    const [, often = "", code = "200"] = /\/(status|once)\/(\d{3})/.exec(url) ?? [];
    const isFirst = asked.size < asked.add(url).size;
    const isOnce = often === "once" && isFirst;
    const status = often === "once" && !isFirst ? 200 : Number(code);
    const connection = connections.get(socket) ?? connections.size + 1;
    connections.set(socket, connection);
    if ((url.includes("/slow") && !isOnce) || (url.includes("/late") && isFirst)) return;
    echoRequest(request, response, { status, connection });
  };
}

function echoRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { status, connection }: { readonly status: number; readonly connection: number },
): void {
  const { method = "", url = "", headers } = request;
  const plain = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  const echo: Echo = { method, url, headers: plain, connection };
  response.writeHead(status, { "content-type": "application/json", "x-inner": "yes", "x-version": "1" });
  response.end(JSON.stringify(echo));
}

/** RFC 6455, 4.2.2; after it every byte comes back. */
function acceptSocket(request: IncomingMessage, socket: NodeJS.ReadWriteStream): void {
  const key = `${request.headers["sec-websocket-key"] ?? ""}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash("sha1").update(key).digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.pipe(socket);
}

/** A call as gRPC over HTTP/2 has it: the message comes back, the status in trailers. */
function answerCall(stream: ServerHttp2Stream): void {
  stream.on("error", () => undefined);
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.pipe(stream);
}

async function listenUdp({ address, port }: ServicePod): Promise<AsyncDisposable> {
  const socket = createSocket("udp4");
  socket.on("message", (message, from) => socket.send(message, from.port, from.address));
  socket.bind(port, address);
  await once(socket, "listening");
  return {
    [Symbol.asyncDispose]: async () => {
      const closed = once(socket, "close");
      socket.close();
      await closed;
    },
  };
}
