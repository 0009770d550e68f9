import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";

import { KubeClient } from "./kube-client.ts";

const { signal } = new AbortController();
const notFound = { kind: "Status", code: 404, reason: "NotFound", message: "no such thing" };

let server: Server;
let client: KubeClient;
let serverUrl: string;
let answer: (response: ServerResponse, url: string) => void;
let requests: string[];

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    requests.push(`${request.method ?? ""} ${request.url ?? ""} ${request.headers.authorization ?? ""}`);
    answer(response, request.url ?? "");
  });
  server.listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const address = server.address();
  serverUrl = `http://127.0.0.1:${typeof address === "object" ? (address?.port ?? 0) : 0}`;
  client = new KubeClient({
    serverUrl,
    certificateAuthority: undefined,
    serverName: undefined,
    verifiesServer: true,
    token: "secret",
    clientCertificate: undefined,
  });
});

afterEach(async () => {
  await client[Symbol.asyncDispose]();
  server.closeAllConnections();
  server.close();
});

test("applies to where the server says the kind lives, and asks that only once", async () => {
  const resources = [
    { name: "things/status", kind: "Thing", namespaced: true },
    { name: "things", kind: "Thing", namespaced: true },
  ];
  answer = (response, url) => response.end(JSON.stringify(url === "/apis/a.test/v1" ? { resources } : { ok: true }));
  const thing = { apiVersion: "a.test/v1", kind: "Thing", metadata: { name: "one", namespace: "cell" } };
  expect(await client.apply(thing)).toEqual({ ok: true });
  await client.apply(thing, { fieldManager: "other", force: true });
  expect(requests).toEqual([
    "GET /apis/a.test/v1 Bearer secret",
    "PATCH /apis/a.test/v1/namespaces/cell/things/one?fieldManager=gitplane-test&force=false Bearer secret",
    "PATCH /apis/a.test/v1/namespaces/cell/things/one?fieldManager=other&force=true Bearer secret",
  ]);
});

test("finds nothing where get throws", async () => {
  answer = (response) => response.writeHead(404).end(JSON.stringify(notFound));
  expect(await client.find("/api/v1/nothing")).toBeUndefined();
  await expect(client.get("/api/v1/nothing")).rejects.toMatchObject({
    status: 404,
    reason: "NotFound",
    message: "GET /api/v1/nothing answered 404 NotFound: no such thing",
  });
});

test("a server that is not there is unreachable, not absent", async () => {
  server.close();
  await once(server, "close");
  await expect(client.find("/api/v1/nothing")).rejects.toMatchObject({ code: "unreachable" });
});

test("watch events come whole, however the bytes are cut", async () => {
  const text = `${JSON.stringify({ type: "ADDED", object: { name: "ä" } })}\n${JSON.stringify({ type: "DELETED", object: 1 })}\n`;
  const bytes = Buffer.from(text);
  answer = (response) => {
    const middleOfLetter = bytes.indexOf(0xc3) + 1;
    response.write(bytes.subarray(0, middleOfLetter));
    setImmediate(() => response.end(bytes.subarray(middleOfLetter)));
  };
  const events = await Array.fromAsync(client.watch("/api/v1/things?limit=1", signal));
  expect(events).toEqual([
    { type: "ADDED", object: { name: "ä" } },
    { type: "DELETED", object: 1 },
  ]);
  expect(requests).toEqual(["GET /api/v1/things?limit=1&watch=true Bearer secret"]);
});

test("a watch told that its version is too old throws, and an aborted one ends", async () => {
  const gone = { kind: "Status", code: 410, reason: "Expired", message: "too old" };
  answer = (response) => response.end(`${JSON.stringify({ type: "ERROR", object: gone })}\n`);
  await expect(Array.fromAsync(client.watch("/a", signal))).rejects.toMatchObject({ status: 410, reason: "Expired" });
  const stop = new AbortController();
  answer = (response) => {
    response.flushHeaders();
    stop.abort();
  };
  expect(await Array.fromAsync(client.watch("/a", stop.signal))).toEqual([]);
});
