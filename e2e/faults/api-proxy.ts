/**
 * A proxy between an agent and its API server that spoils what passes: refused, broken off, silent, late, or answered by
 * itself. It counts what it was asked, and can be turned to another API server, as a name that moves to another cluster.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Agent, request } from "undici";
import { sleep } from "../../process/backoff.ts";
import { writeStateYaml } from "../../schemas/state-yaml.ts";
import type { Kubeconfig } from "../clusters/kubeconfig.ts";

export type Asked = { readonly method: string; readonly url: string };

export type Spoken = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A value is sent as JSON. */
  readonly body: unknown;
};

export type ApiFault =
  /** Nobody listens. */
  | { readonly kind: "refused" }
  /** The server acts, and the connection breaks within its answer. */
  | { readonly kind: "cut" }
  /** Requests arrive and nothing comes back. */
  | { readonly kind: "silent" }
  | { readonly kind: "slow"; readonly ms: number }
  /** Calls `kill` when it meets this request: before the server hears of it, or when it acted and nobody has heard yet. */
  | {
      readonly kind: "fatal";
      readonly isFatal: (asked: Asked) => boolean;
      readonly moment: "before" | "after";
      readonly kill: () => void;
    }
  /** The proxy answers in the server's place; undefined lets the request pass. */
  | { readonly kind: "spoken"; readonly answer: (asked: Asked) => Spoken | undefined };

export type ApiProxy = AsyncDisposable & {
  readonly kubeconfigPath: string;
  /** From now on this fault, or none. What was asked is forgotten; with a fault that breaks connections, the open ones break. */
  readonly set: (fault: ApiFault | undefined) => Promise<void>;
  /** Requests since the last `set`, in order. */
  readonly asked: () => readonly Asked[];
  /** Changes each request on its way: answers another path and query. */
  readonly rewrite: (change: ((url: string) => string) | undefined) => void;
  /** From now on another API server; open connections break. */
  readonly turnTo: (kubeconfig: Kubeconfig) => Promise<void>;
};

const breaking: ReadonlySet<ApiFault["kind"]> = new Set(["refused", "cut", "silent"]);

type Upstream = { readonly agent: Agent; readonly kubeconfig: Kubeconfig };

export async function openApiProxy(kubeconfig: Kubeconfig, folder: string): Promise<ApiProxy> {
  let upstream = openUpstream(kubeconfig);
  let fault: ApiFault | undefined;
  let asked: Asked[] = [];
  let change = (url: string): string => url;
  const server = createServer((incoming, outgoing) => {
    const one = { method: incoming.method ?? "", url: incoming.url ?? "" };
    asked.push(one);
    void pass({ upstream, fault, url: change(one.url) }, incoming, outgoing);
  });
  const listen = async (port: number): Promise<number> => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port; // listening on TCP
  };
  const port = await listen(0);
  const kubeconfigPath = join(folder, "proxied-kubeconfig");
  await writeFile(kubeconfigPath, kubeconfigText(`http://127.0.0.1:${port}`), { mode: 0o600 });
  return {
    kubeconfigPath,
    set: async (next) => {
      const before = fault;
      fault = next;
      asked = [];
      const isBreaking = [before?.kind, next?.kind].some((kind) => kind !== undefined && breaking.has(kind));
      if (next?.kind === "refused" && server.listening) server.close();
      if (isBreaking) server.closeAllConnections();
      if (next?.kind !== "refused" && !server.listening) await listen(port);
    },
    asked: () => asked,
    rewrite: (next) => {
      change = next ?? ((url) => url);
    },
    turnTo: async (next) => {
      const before = upstream;
      upstream = openUpstream(next);
      server.closeAllConnections();
      await before.agent.destroy();
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await upstream.agent.destroy();
    },
  };
}

function openUpstream(kubeconfig: Kubeconfig): Upstream {
  const { verifiesServer, certificateAuthority, serverName, clientCertificate } = kubeconfig;
  const agent = new Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: {
      rejectUnauthorized: verifiesServer,
      ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }),
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...(clientCertificate === undefined ? {} : { cert: clientCertificate.certificate, key: clientCertificate.key }),
    },
  });
  return { agent, kubeconfig };
}

type Passing = { readonly upstream: Upstream; readonly fault: ApiFault | undefined; readonly url: string };

async function pass(
  { upstream, fault, url }: Passing,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.on("close", () => gone.abort());
  try {
    if (fault?.kind === "silent") return;
    if (fault?.kind === "slow") await sleep(fault.ms, gone.signal);
    const spoken = fault?.kind === "spoken" ? fault.answer({ method: incoming.method ?? "", url }) : undefined;
    if (spoken !== undefined) {
      outgoing.writeHead(spoken.status, { "content-type": "application/json", ...spoken.headers });
      outgoing.end(typeof spoken.body === "string" ? spoken.body : JSON.stringify(spoken.body));
      return;
    }
    const asked = { method: incoming.method ?? "", url };
    const death = fault?.kind === "fatal" && fault.isFatal(asked) ? fault : undefined;
    if (death?.moment === "before") return die(death, outgoing);
    const answer = await forward(upstream, { incoming, url, signal: gone.signal });
    if (death !== undefined) {
      await answer.body.dump();
      return die(death, outgoing);
    }
    const { "transfer-encoding": _encoding, connection: _connection, ...headers } = answer.headers;
    outgoing.writeHead(answer.statusCode, headers);
    // A watch may have nothing to say for long, and is open all the same.
    outgoing.flushHeaders();
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      outgoing.write(fault?.kind === "cut" ? chunk.subarray(0, chunk.length / 2) : chunk);
      if (fault?.kind === "cut") break;
    }
    if (fault?.kind === "cut") setImmediate(() => outgoing.destroy());
    else outgoing.end();
  } catch {
    outgoing.destroy(); // the agent sees a broken connection, as it would of the API server itself
  }
}

function die({ kill }: { readonly kill: () => void }, outgoing: ServerResponse): void {
  kill();
  outgoing.destroy();
}

type Forwarding = { readonly incoming: IncomingMessage; readonly url: string; readonly signal: AbortSignal };

async function forward({ agent, kubeconfig }: Upstream, { incoming, url, signal }: Forwarding) {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer); // no encoding is set, so chunks are buffers
  const body = Buffer.concat(chunks);
  const {
    host: _host,
    connection: _connection,
    "content-length": _length,
    "transfer-encoding": _encoding,
    ...headers
  } = incoming.headers;
  return await request(`${kubeconfig.serverUrl}${url}`, {
    dispatcher: agent,
    method: (incoming.method ?? "GET") as "GET", // whatever the agent sends
    headers: {
      ...(kubeconfig.token === undefined ? {} : { authorization: `Bearer ${kubeconfig.token}` }),
      // An agent with a token of its own speaks for itself.
      ...headers,
    },
    body: body.length === 0 ? null : body,
    signal,
  });
}

/** Without a user: who says nothing of itself is whoever the proxy is, because the server may be another one tomorrow. */
function kubeconfigText(server: string): string {
  return writeStateYaml({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server } }],
    users: [{ name: "u", user: {} }],
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    "current-context": "c",
  });
}

/** Whether the answer has no end. */
export function isWatch({ url }: Asked): boolean {
  return url.includes("watch=true") || url.includes("watch=1");
}

/** A Status as the API server sends it (Kubernetes: "API concepts"). */
export function statusOf(code: number, reason: string, message: string): Spoken["body"] {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code };
}
