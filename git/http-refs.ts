/**
 * Where a remote's refs stand, by one request of Git's protocol version 2 (gitprotocol-v2(5), `ls-refs`) and no git process:
 * `git ls-remote` starts two and asks twice, which is most of the time of a command that only wants to know whether anything
 * moved. Whatever is out of the ordinary (another scheme, a proxy, a redirect, a refusal) is left to git, which says what is
 * wrong: the answer is then undefined.
 */
import type { RemoteOptions } from "./native/remote-url.ts";
import type { Oid, Ref } from "./repository.ts";

const mostBytes = 4 * 1024 * 1024;
const patienceMs = 5000;

/** The refs of these names that the remote has; undefined when git should ask. */
export async function askHttpRefs(
  remote: RemoteOptions,
  refs: readonly Ref[],
): Promise<ReadonlyMap<Ref, Oid> | undefined> {
  const url = URL.parse(`${remote.url}/git-upload-pack`);
  if ((url?.protocol !== "http:" && url?.protocol !== "https:") || remote.authorityFile !== undefined) return undefined;
  if (isProxied()) return undefined;
  const question = [
    packetLine("command=ls-refs\n"),
    packetLine("agent=gitplane\n"),
    delimiter,
    ...refs.map((ref) => packetLine(`ref-prefix ${ref}\n`)),
    flush,
  ].join("");
  const answer = await post(url, question, remote.credential);
  const lines = answer === undefined ? undefined : readPackets(answer);
  if (lines === undefined) return undefined;
  const wanted = new Set(refs);
  const found = new Map<Ref, Oid>();
  for (const line of lines) {
    const match = /^([0-9a-f]{40}|[0-9a-f]{64}) (\S+)/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) return undefined;
    if (wanted.has(match[2])) found.set(match[2], match[1]);
  }
  return found;
}

function isProxied(): boolean {
  return ["http_proxy", "https_proxy", "all_proxy"].some(
    (name) => (process.env[name] ?? process.env[name.toUpperCase()] ?? "") !== "",
  );
}

const delimiter = "0001";
const flush = "0000";

/** gitprotocol-common(5): four hexadecimal digits, the length with themselves. */
function packetLine(text: string): string {
  return (Buffer.byteLength(text) + flush.length).toString(16).padStart(flush.length, "0") + text;
}

/** The lines up to the flush; undefined when the text is cut short or is none. */
function readPackets(answer: Buffer): readonly string[] | undefined {
  const lines: string[] = [];
  for (let at = 0; at < answer.length;) {
    const digits = answer.toString("latin1", at, at + flush.length);
    if (digits === flush) return lines;
    const length = /^[0-9a-f]{4}$/.test(digits) ? Number.parseInt(digits, 16) : 0;
    if (length <= flush.length || at + length > answer.length) return undefined;
    lines.push(answer.toString("utf8", at + flush.length, at + length).trimEnd());
    at += length;
  }
  return undefined;
}

async function post(url: URL, body: string, credential: RemoteOptions["credential"]): Promise<Buffer | undefined> {
  // An import would read every export, and one of them is all of undici: 20 ms.
  const { request } = process.getBuiltinModule(url.protocol === "http:" ? "node:http" : "node:https");
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  const headers = {
    "Content-Type": "application/x-git-upload-pack-request",
    Accept: "application/x-git-upload-pack-result",
    "Git-Protocol": "version=2",
    "Content-Length": Buffer.byteLength(body),
    ...(credential === undefined ? {} : { Authorization: `Basic ${btoa(`${credential.user}:${credential.token}`)}` }),
  };
  const asked = request(url, { method: "POST", headers, agent: false, timeout: patienceMs }, (response) => {
    const isAnswer = response.headers["content-type"] === "application/x-git-upload-pack-result";
    const chunks: Buffer[] = [];
    let bytes = 0;
    if (response.statusCode !== 200 || !isAnswer) return void asked.destroy();
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > mostBytes) asked.destroy();
    });
    response.on("end", () => resolve(Buffer.concat(chunks)));
  });
  asked.on("timeout", () => asked.destroy());
  asked.on("error", () => resolve(undefined));
  asked.on("close", () => resolve(undefined));
  asked.end(body);
  return promise;
}
