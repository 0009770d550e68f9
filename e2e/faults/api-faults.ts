/**
 * A proxy between an agent and its API server that kills the agent at one chosen request: before the server sees it, or
 * after the server acted and before the agent hears of it, which is the moment that no program can tell from the other.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Agent, request } from "undici";
import { writeStateYaml } from "../../schemas/state-yaml.ts";
import type { Kubeconfig } from "../clusters/kubeconfig.ts";

export type ApiFaults = AsyncDisposable & {
  readonly kubeconfigPath: string;
  /** Counts requests from now on (watches excepted) and calls `kill` at the one of this number. 0 only counts. */
  readonly arm: (call: number, moment: "before" | "after", kill: () => void) => void;
  readonly disarm: () => number;
};

type Armed = { readonly call: number; readonly moment: "before" | "after"; readonly kill: () => void };

export async function openApiFaults(kubeconfig: Kubeconfig, folder: string): Promise<ApiFaults> {
  const upstream = new Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: {
      rejectUnauthorized: kubeconfig.verifiesServer,
      ...(kubeconfig.certificateAuthority === undefined ? {} : { ca: kubeconfig.certificateAuthority }),
      ...(kubeconfig.serverName === undefined ? {} : { servername: kubeconfig.serverName }),
      // The proxy shows the certificate; a token the agent sends itself.
      ...(kubeconfig.clientCertificate === undefined
        ? {}
        : { cert: kubeconfig.clientCertificate.certificate, key: kubeconfig.clientCertificate.key }),
    },
  });
  let armed: Armed | undefined;
  let calls = 0;
  const server = createServer((incoming, outgoing) => {
    const counted = armed !== undefined && !isWatch(incoming.url);
    if (counted) calls += 1;
    const fault = counted && armed?.call === calls ? armed : undefined;
    void forward({ upstream, kubeconfig, fault }, incoming, outgoing);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // listening on TCP
  const kubeconfigPath = join(folder, "proxied-kubeconfig");
  await writeFile(kubeconfigPath, kubeconfigText(`http://127.0.0.1:${port}`, kubeconfig.token), { mode: 0o600 });
  return {
    kubeconfigPath,
    arm: (call, moment, kill) => {
      calls = 0;
      armed = { call, moment, kill };
    },
    disarm: () => {
      armed = undefined;
      return calls;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await upstream.destroy();
    },
  };
}

type Forwarding = { readonly upstream: Agent; readonly kubeconfig: Kubeconfig; readonly fault: Armed | undefined };

async function forward(
  { upstream, kubeconfig, fault }: Forwarding,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.on("close", () => gone.abort());
  try {
    const body = await readAll(incoming);
    if (fault?.moment === "before") {
      fault.kill();
      outgoing.destroy();
      return;
    }
    const {
      host: _host,
      connection: _connection,
      "content-length": _length,
      "transfer-encoding": _encoding,
      ...headers
    } = incoming.headers;
    const answer = await request(`${kubeconfig.serverUrl}${incoming.url ?? ""}`, {
      dispatcher: upstream,
      method: (incoming.method ?? "GET") as "GET", // whatever the agent sends
      headers,
      body: body.length === 0 ? null : body,
      signal: gone.signal,
    });
    if (fault !== undefined) {
      await answer.body.dump();
      fault.kill();
      outgoing.destroy();
      return;
    }
    const { "transfer-encoding": _answerEncoding, connection: _answerConnection, ...answerHeaders } = answer.headers;
    outgoing.writeHead(answer.statusCode, answerHeaders);
    // A watch may have nothing to say for long, and is open all the same.
    outgoing.flushHeaders();
    for await (const chunk of answer.body) outgoing.write(chunk);
    outgoing.end();
  } catch {
    outgoing.destroy(); // the agent sees a broken connection, as it would of the API server itself
  }
}

function isWatch(url: string | undefined): boolean {
  return url?.includes("watch=true") === true || url?.includes("watch=1") === true;
}

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer); // no encoding is set, so chunks are buffers
  return Buffer.concat(chunks);
}

function kubeconfigText(server: string, token: string | undefined): string {
  return writeStateYaml({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server } }],
    users: [{ name: "u", user: token === undefined ? {} : { token } }],
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    "current-context": "c",
  });
}
