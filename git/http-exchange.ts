/**
 * One exchange with a Git host over smart HTTP (gitprotocol-http(5)) without a git process, and the packet lines that it is
 * made of (gitprotocol-common(5)). Whatever is out of the ordinary (another scheme, a proxy, a redirect, a refusal) has no
 * answer here and is left to git, which says what is wrong.
 */
import type { Agent, request as requestHttp } from "node:http";
import { basicAuthorization } from "./native/environment.ts";
import type { RemoteOptions } from "./native/remote-url.ts";

export type GitService = "git-upload-pack" | "git-receive-pack";

export type Exchange = {
  readonly service: GitService;
  readonly body: Buffer;
  /** What is longer is no answer. */
  readonly mostBytes: number;
  /** What is not there whole after this long is no answer: a host may also talk without end, a byte at a time. */
  readonly patienceMs: number;
  readonly signal?: AbortSignal | undefined;
};

/** The body of the answer; undefined when git should ask. */
export async function exchange(remote: RemoteOptions, asked: Exchange): Promise<Buffer | undefined> {
  const url = URL.parse(`${remote.url}/${asked.service}`);
  if ((url?.protocol !== "http:" && url?.protocol !== "https:") || remote.authorityFile !== undefined) return undefined;
  if (isProxied() || asked.signal?.aborted === true) return undefined;
  return post(url, remote.credential, asked);
}

function isProxied(): boolean {
  return ["http_proxy", "https_proxy", "all_proxy"].some(
    (name) => (process.env[name] ?? process.env[name.toUpperCase()] ?? "") !== "",
  );
}

/** A host may have closed a connection that is kept at the moment in which it is used again: then once more, on a new one. */
async function post(url: URL, credential: RemoteOptions["credential"], asked: Exchange): Promise<Buffer | undefined> {
  const first = await postOnce(url, credential, { ...asked, isKept: true });
  if (first !== "closed") return first;
  const second = await postOnce(url, credential, { ...asked, isKept: false });
  return second === "closed" ? undefined : second;
}

/** `closed`: before anything was answered, on a connection that had waited. */
type Outcome = Buffer | "closed" | undefined;

async function postOnce(
  url: URL,
  credential: RemoteOptions["credential"],
  asked: Exchange & { readonly isKept: boolean },
): Promise<Outcome> {
  const { service, body, isKept, mostBytes, patienceMs, signal } = asked;
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const headers = {
    "Content-Type": `application/x-${service}-request`,
    Accept: `application/x-${service}-result`,
    ...(service === "git-upload-pack" ? { "Git-Protocol": "version=2" } : {}),
    "Content-Length": body.length,
    ...(credential === undefined ? {} : { Authorization: basicAuthorization(credential) }),
  };
  const { request, agent } = clientOf(url);
  let isGivenUp = false;
  const giveUp = (): void => {
    isGivenUp = true;
    sent.destroy();
  };
  const options = { method: "POST", headers, agent: isKept && agent, ...(signal && { signal }) };
  const sent = request(url, options, (response) => {
    const isAnswer = response.headers["content-type"] === `application/x-${service}-result`;
    const chunks: Buffer[] = [];
    let bytes = 0;
    if (response.statusCode !== 200 || !isAnswer) return giveUp();
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > mostBytes) giveUp();
    });
    response.on("end", () => resolve(Buffer.concat(chunks)));
  });
  const patience = setTimeout(giveUp, patienceMs);
  sent.on("error", (error) => resolve(!isGivenUp && sent.reusedSocket && isReset(error) ? "closed" : undefined));
  sent.on("close", () => resolve(undefined));
  sent.end(body);
  return promise.finally(() => clearTimeout(patience));
}

function isReset(error: Error): boolean {
  return "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");
}

/** By protocol. Following a branch and reporting are two questions to one host within a second; what waits keeps no process. */
const agents = new Map<string, Agent>();

function clientOf({ protocol }: URL): { readonly request: typeof requestHttp; readonly agent: Agent } {
  // An import would read every export, and one of them is all of undici: 20 ms.
  const { Agent, request } = process.getBuiltinModule(protocol === "http:" ? "node:http" : "node:https");
  const agent = agents.get(protocol) ?? new Agent({ keepAlive: true });
  agents.set(protocol, agent);
  return { request, agent };
}

export const delimiterPacket = "0001";
export const flushPacket = "0000";
const lengthDigits = 4;

/** Four hexadecimal digits, the length with themselves; then the text. */
export function packetLine(text: string): string {
  return (Buffer.byteLength(text) + lengthDigits).toString(16).padStart(lengthDigits, "0") + text;
}

/** The packets up to the first flush; undefined when the answer is cut short or is none. */
export function readPackets(answer: Buffer): readonly Buffer[] | undefined {
  return readUntil(answer, flushPacket)?.packets;
}

export type Section = { readonly packets: readonly Buffer[]; readonly rest: Buffer };

/** The packets up to the first delimiter, and what follows it; undefined when the answer has no such section. */
export function readSection(answer: Buffer): Section | undefined {
  return readUntil(answer, delimiterPacket);
}

function readUntil(answer: Buffer, end: string): Section | undefined {
  const packets: Buffer[] = [];
  for (let at = 0; at < answer.length;) {
    const digits = answer.toString("latin1", at, at + lengthDigits);
    if (digits === end) return { packets, rest: answer.subarray(at + lengthDigits) };
    const length = /^[0-9a-f]{4}$/.test(digits) ? Number.parseInt(digits, 16) : 0;
    if (length <= lengthDigits || at + length > answer.length) return undefined;
    packets.push(answer.subarray(at + lengthDigits, at + length));
    at += length;
  }
  return undefined;
}
