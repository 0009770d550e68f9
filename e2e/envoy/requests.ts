/** Requests to a gateway on this machine, each of a new connection where that matters, with what came back. */
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectTcp } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { Client, type Dispatcher, request } from "undici";
import type { Echo } from "../stand-ins/service-pod.ts";

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** What the stand-in says that it was asked; undefined when the gateway answered itself. */
  readonly echo: Echo | undefined;
};

export type Ask = {
  readonly port: number;
  readonly host: string;
  readonly path?: string;
  readonly method?: "GET" | "POST" | "PUT" | "DELETE" | "OPTIONS";
  readonly headers?: Readonly<Record<string, string>>;
  /** Gives it up. */
  readonly signal?: AbortSignal;
};

const timeoutMs = 20_000;
const loopback = "127.0.0.1";

export async function ask({ port, host, path = "/", method = "GET", headers = {}, signal }: Ask): Promise<Answer> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const response = await request(`http://${loopback}:${port}${path}`, {
    method,
    headers: { ...headers, host },
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
  });
  return await readAnswer(response);
}

/** One after the other by one connection, which one thread of an Envoy keeps. */
export async function askTwice({ port, host, path = "/" }: Ask): Promise<readonly [Answer, Answer]> {
  const client = new Client(`http://${loopback}:${port}`);
  const asked = async (): Promise<Answer> =>
    await readAnswer(
      await client.request({ method: "GET", path, headers: { host }, signal: AbortSignal.timeout(timeoutMs) }),
    );
  try {
    return [await asked(), await asked()];
  } finally {
    await client.destroy();
  }
}

async function readAnswer({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Answer> {
  const text = await body.text();
  const isEcho = headers["x-inner"] !== undefined;
  return {
    status: statusCode,
    headers,
    echo: isEcho ? (JSON.parse(text) as Echo) : undefined, // the stand-in's own answer
  };
}

/** The status of a request over TLS, the certificate that was shown, and the version that was agreed on. */
export async function askTls(
  { port, host, path = "/" }: Ask,
  options: Pick<ConnectionOptions, "minVersion" | "maxVersion"> = {},
): Promise<{ status: string; certificate: string; version: string | null }> {
  const socket = connectTls({ host: loopback, port, servername: host, rejectUnauthorized: false, ...options });
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error("no answer over TLS")));
  await once(socket, "secureConnect");
  // While it is open: a closed socket knows neither.
  const certificate = socket.getPeerX509Certificate()?.fingerprint256 ?? "";
  const version = socket.getProtocol();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  return { status: /^HTTP\/1.1 (\d+)/.exec(text)?.[1] ?? "", certificate, version };
}

export type Call = {
  readonly port: number;
  readonly host: string;
  /** Its path. */
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** The gRPC status of a call, and the message that came back. */
export async function call({ port, host, method, headers = {} }: Call): Promise<{ status: string; message: string }> {
  const session = connectHttp2(`http://${loopback}:${port}`);
  try {
    const stream = session.request({
      ":method": "POST",
      ":path": method,
      ":authority": host,
      ...headers,
      "content-type": "application/grpc",
      te: "trailers",
    });
    stream.setTimeout(timeoutMs, () => stream.destroy(new Error("no answer to a call")));
    let status = "";
    stream.on("response", (headers) => (status = String(headers["grpc-status"] ?? status)));
    stream.on("trailers", (headers) => (status = String(headers["grpc-status"] ?? status)));
    const sent = Buffer.from("hello");
    const length = Buffer.alloc(5);
    length.writeUInt32BE(sent.length, 1);
    stream.end(Buffer.concat([length, sent]));
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer); // no encoding is set
    return { status, message: Buffer.concat(chunks).subarray(5).toString() };
  } finally {
    session.destroy();
  }
}

/** What comes back of some bytes after the connection became a WebSocket, and the path that was asked for. */
export async function openSocket(port: number, host: string, path: string): Promise<string> {
  const upgrade = httpRequest({
    host: loopback,
    port,
    path,
    headers: {
      host,
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": randomBytes(16).toString("base64"),
    },
    timeout: timeoutMs,
  });
  upgrade.on("timeout", () => upgrade.destroy(new Error("no WebSocket")));
  upgrade.end();
  const [, socket] = (await once(upgrade, "upgrade")) as [unknown, NodeJS.ReadWriteStream]; // of the event
  socket.write("over the socket");
  const [back] = (await once(socket, "data")) as [Buffer]; // no encoding is set
  socket.end();
  return back.toString();
}

export async function echoTcp(port: number): Promise<string> {
  await using connection = await openTcp(port);
  return connection.back ?? "";
}

export type TcpConnection = AsyncDisposable & {
  /** What came back; undefined where the gateway closed it instead. */
  readonly back: string | undefined;
};

/** A connection that was written to, kept open. */
export async function openTcp(port: number): Promise<TcpConnection> {
  const socket = connectTcp(port, loopback);
  const closed = Promise.withResolvers<undefined>();
  const answered = Promise.withResolvers<string | undefined>();
  socket.on("data", (data) => answered.resolve(data.toString()));
  socket.on("close", () => closed.resolve(undefined));
  socket.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "ECONNRESET") answered.reject(error);
  });
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error("no answer over TCP")));
  socket.write("over TCP");
  return {
    back: await Promise.race([answered.promise, closed.promise]),
    [Symbol.asyncDispose]: async () => {
      socket.destroy();
      await closed.promise;
    },
  };
}

/** What the component answers over its own TLS, and the certificate that it showed. */
export async function echoTls(port: number, host: string): Promise<{ back: string; certificate: string }> {
  const socket = connectTls({ host: loopback, port, servername: host, rejectUnauthorized: false });
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error("no answer over TLS")));
  await once(socket, "secureConnect");
  socket.write("through TLS");
  const [back] = (await once(socket, "data")) as [Buffer]; // no encoding is set
  const certificate = socket.getPeerX509Certificate()?.fingerprint256 ?? "";
  socket.destroy();
  return { back: back.toString(), certificate };
}

export async function echoUdp(port: number): Promise<string> {
  const socket = createSocket("udp4");
  try {
    const back = once(socket, "message", { signal: AbortSignal.timeout(timeoutMs) });
    socket.send("over UDP", port, loopback);
    const [message] = (await back) as [Buffer]; // of the event
    return message.toString();
  } finally {
    socket.close();
  }
}
