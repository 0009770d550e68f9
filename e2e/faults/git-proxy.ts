/**
 * A proxy between control planes and a Git server that spoils what passes: late, broken off, in pieces, or nonsense. Every
 * repository behind it can have a fault of its own.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Agent, request } from "undici";
import { sleep } from "../../process/backoff.ts";

export type GitFault =
  /** Every request waits before it is passed on. */
  | { readonly kind: "slow"; readonly ms: number }
  /** The connection breaks before the server hears of the request. */
  | { readonly kind: "down" }
  | { readonly kind: "error"; readonly status: number }
  /** Bytes that are no Git, under the right content type. */
  | { readonly kind: "garbage" }
  /** What the server sends arrives with bytes changed: packs that fit no checksum. */
  | { readonly kind: "corrupt" }
  /** The server acts, and the connection breaks within its answer. */
  | { readonly kind: "cut" }
  /** Calls `kill` at the request of this number: before the server hears of it, or when it acted and nobody has heard yet. */
  | { readonly kind: "fatal"; readonly call: number; readonly moment: "before" | "after"; readonly kill: () => void };

export type GitProxy = AsyncDisposable & {
  readonly url: string;
  /** From now on the repository of this name has this fault, or none; its spoiled requests are counted anew. */
  readonly set: (repository: string, fault: GitFault | undefined) => void;
  readonly hits: () => number;
};

export async function openGitProxy(serverUrl: string): Promise<GitProxy> {
  const upstream = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const faults = new Map<string, GitFault>();
  let hits = 0;
  const server = createServer((incoming, outgoing) => {
    const [, repository = ""] = (incoming.url ?? "").split("/");
    const fault = faults.get(repository);
    if (fault !== undefined) hits += 1;
    const isFatal = fault?.kind === "fatal" && fault.call === hits;
    void pass({ upstream, serverUrl, fault, isFatal }, incoming, outgoing);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // listening on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    set: (repository, fault) => {
      hits = 0;
      if (fault === undefined) faults.delete(repository);
      else faults.set(repository, fault);
    },
    hits: () => hits,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await upstream.destroy();
    },
  };
}

type Passing = {
  readonly upstream: Agent;
  readonly serverUrl: string;
  readonly fault: GitFault | undefined;
  readonly isFatal: boolean;
};

async function pass(passing: Passing, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { fault, isFatal } = passing;
  try {
    if (fault?.kind === "slow") await sleep(fault.ms);
    if (fault?.kind === "down") return void outgoing.destroy();
    if (fault?.kind === "error") return void outgoing.writeHead(fault.status).end("out of order\n");
    if (isFatal && fault?.kind === "fatal" && fault.moment === "before") return die(fault, outgoing);
    const answer = await forward(passing, incoming);
    if (isFatal && fault?.kind === "fatal") return die(fault, outgoing);
    if (fault?.kind === "cut") {
      outgoing.writeHead(answer.status, { ...answer.headers, "content-length": answer.body.length });
      outgoing.write(answer.body.subarray(0, answer.body.length / 2), () => outgoing.destroy());
      return;
    }
    outgoing.writeHead(answer.status, answer.headers).end(spoil(answer.body, fault));
  } catch {
    outgoing.destroy(); // the client sees a broken connection, as it would of the server itself
  }
}

function die({ kill }: { readonly kill: () => void }, outgoing: ServerResponse): void {
  kill();
  outgoing.destroy();
}

type Answer = { readonly status: number; readonly headers: OutgoingHttpHeaders; readonly body: Buffer };

async function forward({ upstream, serverUrl }: Passing, incoming: IncomingMessage): Promise<Answer> {
  const body = await readAll(incoming);
  const { host: _host, connection: _connection, "transfer-encoding": _encoding, ...headers } = incoming.headers;
  const answer = await request(`${serverUrl}${incoming.url ?? ""}`, {
    dispatcher: upstream,
    method: (incoming.method ?? "GET") as "GET", // whatever git sends
    headers,
    body: body.length === 0 ? null : body,
  });
  const {
    "transfer-encoding": _answerEncoding,
    connection: _answerConnection,
    "content-length": _length,
    ...answerHeaders
  } = answer.headers;
  return { status: answer.statusCode, headers: answerHeaders, body: Buffer.from(await answer.body.arrayBuffer()) };
}

function spoil(body: Buffer, fault: GitFault | undefined): Buffer {
  switch (fault?.kind) {
    case "garbage":
      return Buffer.from("<html><body>Please log in to the conference network</body></html>\n".repeat(20));
    case "corrupt":
      // The last bytes of a pack are its checksum, and those before them its content.
      return Buffer.from(body.map((byte, index) => (index > body.length / 2 && index % 7 === 0 ? byte ^ 0x55 : byte)));
    default:
      return body;
  }
}

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer); // no encoding is set, so chunks are buffers
  return Buffer.concat(chunks);
}
