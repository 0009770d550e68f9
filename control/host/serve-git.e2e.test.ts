import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { request as httpRequest, type ClientRequest, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planeRef, receiptsRef } from "../../schemas/layout.ts";
import {
  basic,
  commitFile,
  eu,
  git,
  openHostFixture,
  publish,
  workTree,
  type HostFixture,
} from "./host-fixture.contract.ts";
import type { Push } from "./serve-git.ts";
import type { Host } from "./start-host.ts";

let fixture: HostFixture;
let host: Host;
let access: Awaited<ReturnType<Host["ensurePlaneRepository"]>>;
let commit = "";

beforeAll(async () => {
  fixture = await openHostFixture({ limits: { fetchRequestBytes: 64 * 1024, pushBytes: 256 * 1024 } });
  host = fixture.host;
  access = await host.ensurePlaneRepository(eu);
  const work = await workTree(fixture.folder);
  commit = await commitFile(work, "plane: eu\n");
  await publish(access.path, planeRef(eu), work);
});

afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

type Sent = { readonly method?: string; readonly headers?: Record<string, string>; readonly login?: boolean };

/** A request whose target goes out as it is written, unlike with fetch. */
function send(target: string, { method = "GET", headers = {}, login = true }: Sent = {}, to = host): ClientRequest {
  const { hostname, port } = new URL(to.url);
  const authorization = login ? { authorization: basic(to === host ? access : to.people) } : {};
  return httpRequest({ hostname, port, path: target, method, headers: { ...authorization, ...headers }, agent: false });
}

async function answerTo(request: ClientRequest, body?: Uint8Array): Promise<{ status: number; text: string }> {
  const response = once(request, "response") as Promise<[IncomingMessage]>;
  request.end(body);
  const [message] = await response;
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) {
    chunks.push(chunk);
  }
  return { status: message.statusCode ?? 0, text: Buffer.concat(chunks).toString("latin1") };
}

const plane = "/planes/data/default/eu.git";
const advertise = "info/refs?service=git-upload-pack";
const fetchHeaders = { "content-type": "application/x-git-upload-pack-request" };
const pushHeaders = { "content-type": "application/x-git-receive-pack-request" };

function packet(line: string): string {
  return (line.length + 4).toString(16).padStart(4, "0") + line;
}

describe("paths", () => {
  it("answers the one that is meant", async () => {
    expect(await answerTo(send(`${plane}/${advertise}`))).toMatchObject({ status: 200 });
  });

  it.each([
    `/planes/data/default/..%2f..%2fspecs.git/${advertise}`,
    `/planes/data/default/../../specs.git/${advertise}`,
    `/planes/data/default/%2e%2e/default/eu.git/${advertise}`,
    `/planes/data/default/./eu.git/${advertise}`,
    `/planes/data//default/eu.git/${advertise}`,
    `//planes/data/default/eu.git/${advertise}`,
    `${plane}/../eu.git/${advertise}`,
    `/planes/data/default/eu%00.git/${advertise}`,
    `/planes/data/default/eu.git%2f${advertise}`,
    `/planes/data/default/EU.git/${advertise}`,
    `/planes/data/default/eu/${advertise}`,
    `/planes/data/default/eu.git.lock/${advertise}`,
    `/planes/widget/default/eu.git/${advertise}`,
    `/api/../planes/data/default/eu.git/${advertise}`,
    `${plane}/info/refs`,
    `${plane}/${advertise}&x=1`,
    `${plane}/info/refs?service=git-upload-archive`,
    `${plane}/info/refs?service=git-upload-pack%0a`,
    `${plane}/HEAD`,
    `${plane}/config`,
    `${plane}/objects/info/packs`,
    `${plane}/objects/info/alternates`,
    `${plane}/git-upload-pack`,
    `${plane}/git-upload-archive`,
    `/`,
  ])("finds nothing under %s", async (target) => {
    expect(await answerTo(send(target))).toEqual({ status: 404, text: "not found\n" });
  });

  it.each(["HEAD", "PUT", "DELETE", "OPTIONS", "POST"])("does not answer %s of the ref list", async (method) => {
    expect(await answerTo(send(`${plane}/${advertise}`, { method }))).toMatchObject({ status: 404 });
  });
});

describe("bodies", () => {
  const want = Buffer.from(`${packet(`want ${"?".repeat(40)}\n`)}00000009done\n`);
  const wantOf = (oid: string): Buffer => Buffer.from(want.toString().replace("?".repeat(40), oid));

  it.each(["gzip", "x-gzip"])("are read when compressed with %s", async (encoding) => {
    const headers = { ...fetchHeaders, "content-encoding": encoding };
    const request = send(`${plane}/git-upload-pack`, { method: "POST", headers });
    const { status, text } = await answerTo(request, gzipSync(wantOf(commit)));
    expect(status).toBe(200);
    expect(text).toContain("PACK");
  });

  it.each([
    { name: "of another type", headers: { "content-type": "text/plain" }, body: want, status: 415 },
    { name: "in another encoding", headers: { ...fetchHeaders, "content-encoding": "br" }, body: want, status: 415 },
    {
      name: "that say they are too long",
      headers: { ...fetchHeaders, "content-length": "65537" },
      body: undefined,
      status: 413,
    },
    { name: "that are no gzip", headers: { ...fetchHeaders, "content-encoding": "gzip" }, body: want, status: 400 },
    {
      name: "that unpack to too much",
      headers: { ...fetchHeaders, "content-encoding": "gzip" },
      body: gzipSync(Buffer.from(packet(`have ${"1".repeat(40)}\n`).repeat(50_000))),
      status: 413,
    },
  ])("C51 $name are refused with $status", async ({ headers, body, status }) => {
    const request = send(`${plane}/git-upload-pack`, { method: "POST", headers });
    expect(await answerTo(request, body)).toMatchObject({ status });
  });

  it("C27 C51 of a push end at the limit, with no ref moved and nothing left", async () => {
    const work = await workTree(fixture.folder);
    await commitFile(
      work,
      Array.from({ length: 40_000 }, (_, index) => `${index * 7919}: ${Math.sin(index)}`).join("\n"),
    );
    const pushed = await git(["-C", work, "push", access.url, `HEAD:${receiptsRef(eu)}`], access);
    expect(pushed.code).toBe(1);
    expect(await leftovers(access.path)).toEqual([]);
    expect((await git(["--git-dir", access.path, "for-each-ref", receiptsRef(eu)])).stdout).toBe("");
  });

  it("C51 are not taken from a stranger", async () => {
    const request = send(`${plane}/git-receive-pack`, { method: "POST", headers: pushHeaders, login: false });
    const { status, written } = await writeUntilAnswered(request);
    expect(status).toBe(401);
    expect(written).toBeLessThan(16 * 1024 * 1024);
  });

  it("are not asked for when the client waits for leave", async () => {
    const headers = { ...pushHeaders, expect: "100-continue", "content-length": "1000000" };
    const request = send(`${plane}/git-receive-pack`, { method: "POST", headers, login: false });
    request.flushHeaders();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    expect(response.statusCode).toBe(401);
    request.destroy();
  });
});

/** Sends a body without end until the answer comes or the connection goes. */
async function writeUntilAnswered(request: ClientRequest): Promise<{ status: number; written: number }> {
  let status = 0;
  let written = 0;
  const { promise: answered, resolve } = Promise.withResolvers<void>();
  request.on("response", (response) => {
    status = response.statusCode ?? 0;
    resolve();
  });
  request.on("error", () => resolve());
  const chunk = Buffer.alloc(64 * 1024);
  const writeMore = (): void => {
    written += chunk.length;
    if (status === 0 && !request.destroyed && written < 1024 ** 3) {
      request.write(chunk, writeMore);
    }
  };
  writeMore();
  await answered;
  request.destroy();
  return { status, written };
}

/** What a push that did not end well could have left. */
async function leftovers(repository: string): Promise<readonly string[]> {
  const names = await readdir(repository, { recursive: true });
  return names.filter((name) => /tmp_|\.lock$|\.pack$|incoming/u.test(name));
}

const waitingPush = packet(`${"0".repeat(40)} ${"1".repeat(40)} refs/heads/main\0 report-status\n`);

/** A push to specs that has begun and does not go on. */
function beginPush(to: Host): ClientRequest {
  const request = send("/specs.git/git-receive-pack", { method: "POST", headers: pushHeaders }, to);
  request.on("error", () => {});
  request.write(`${waitingPush}0000PACK\0\0\0\u0002\0\0\0\u0001`);
  return request;
}

/** A host whose next push can be waited for, its begin (in the log) and its end. */
async function watchedHost(limits: object): Promise<HostFixture & { readonly ended: Promise<Push> }> {
  const { promise: ended, resolve } = Promise.withResolvers<Push>();
  return Object.assign(await openHostFixture({ onPush: resolve, limits }), { ended });
}

/** Until git has made the push's quarantine, which is after it has read the command. */
async function quarantineOf(repository: string): Promise<void> {
  await expect.poll(() => leftovers(repository), { timeout: 5000, interval: 10 }).not.toEqual([]);
}

async function nothingLeft(repository: string): Promise<void> {
  await expect.poll(() => leftovers(repository), { timeout: 5000, interval: 10 }).toEqual([]);
}

describe("a push that does not end", () => {
  it("leaves nothing when the client goes away", async () => {
    await using watched = await watchedHost({});
    const request = beginPush(watched.host);
    await quarantineOf(watched.host.specs.path);
    request.destroy();
    await nothingLeft(watched.host.specs.path);
  });

  it("takes a place, and who finds none is told when to come back", async () => {
    await using watched = await watchedHost({ backends: 1, backendsQueued: 0 });
    const request = beginPush(watched.host);
    await quarantineOf(watched.host.specs.path);
    const headers = { authorization: basic(watched.host.people) };
    const busy = await fetch(`${watched.host.specs.url}/${advertise}`, { headers });
    expect([busy.status, busy.headers.get("retry-after")]).toEqual([503, "2"]);
    request.destroy();
    await expect
      .poll(async () => (await fetch(`${watched.host.specs.url}/${advertise}`, { headers })).status, { interval: 10 })
      .toBe(200);
  });

  it("is cut when the host's patience at closing ends", async () => {
    await using watched = await watchedHost({ closeMs: 50 });
    beginPush(watched.host);
    await quarantineOf(watched.host.specs.path);
    await watched.host[Symbol.asyncDispose]();
    expect(await leftovers(watched.host.specs.path)).toEqual([]);
  });

  it("is cut after the longest time", async () => {
    await using watched = await watchedHost({ exchangeMs: 300 });
    await once(beginPush(watched.host), "close");
    await nothingLeft(watched.host.specs.path);
  });
});

describe("closing", () => {
  it("waits for a running push, which succeeds, and refuses new connections", async () => {
    await using watched = await watchedHost({ closeMs: 5000 });
    const work = await workTree(watched.folder);
    const oid = await commitFile(work, "a: 1\n");
    const pack = await packOf(work);
    const request = send("/specs.git/git-receive-pack", { method: "POST", headers: pushHeaders }, watched.host);
    request.write(packet(`${"0".repeat(40)} ${oid} refs/heads/main\0 report-status\n`));
    request.write("0000");
    request.write(pack.subarray(0, 20));
    await quarantineOf(watched.host.specs.path);
    watched.stop.abort();
    const closed = watched.host[Symbol.asyncDispose]();
    await expect(fetch(`${watched.host.url}/healthz`)).rejects.toThrow("fetch failed");
    expect(await answerTo(request, pack.subarray(20))).toMatchObject({
      status: 200,
      text: expect.stringContaining("ok refs/heads/main") as string,
    });
    await closed;
    expect(await watched.ended).toMatchObject({ moved: [{ ref: "refs/heads/main", oid }] });
  });

  it("is once, and at once when nothing runs", async () => {
    await using watched = await watchedHost({});
    await Promise.all([watched.host[Symbol.asyncDispose](), watched.host[Symbol.asyncDispose]()]);
  });
});

async function packOf(work: string): Promise<Buffer> {
  await git(["-C", work, "repack", "-adq"]);
  const folder = join(work, ".git", "objects", "pack");
  const name = (await readdir(folder)).find((entry) => entry.endsWith(".pack")) ?? "";
  return await (await import("node:fs/promises")).readFile(join(folder, name));
}
