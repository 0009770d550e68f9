import { afterEach, beforeEach, expect, test } from "vitest";
import type { Connection } from "./connection.ts";
import { Discovery } from "./discovery.ts";
import { readEncryption } from "./read-encryption.ts";
import { answerJson, connectTo, type ScriptedApiServer, startScriptedApiServer } from "./scripted-api-server.ts";

const signal = new AbortController().signal;
const plane = { kind: "data", organization: "acme", name: "eu" } as const;
const configPath = "/api/v1/namespaces/kube-system/configmaps/cilium-config";

type Answers = { readonly status?: number; readonly body: unknown };

let server: ScriptedApiServer;
let connection: Connection;
let config: Answers;
let pages: Answers[];

beforeEach(async () => {
  config = { body: { data: { "enable-wireguard": "true" } } };
  pages = [];
  server = await startScriptedApiServer(({ path }, response) => {
    const { status = 200, body } = path === configPath ? config : (pages.shift() ?? nodes([]));
    answerJson(response, status, body);
  });
  connection = connectTo(server);
});

afterEach(async () => {
  await connection[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const read = () => {
  const discovery = new Discovery({ connection, signal, now: () => 0 });
  return readEncryption({ connection, own: connection, discovery, plane, fieldManager: "test" }, { signal });
};
const node = (name: string, key?: string) => ({
  metadata: { name, annotations: key === undefined ? null : { "network.cilium.io/wg-pub-key": key } },
});
function nodes(items: readonly object[], next = ""): Answers {
  return { body: { metadata: { continue: next }, items } };
}
const missing = (name?: string) => ({ status: 404, body: { reason: "NotFound", code: 404, details: { name } } });

test("is on where Cilium is told so and every node has a key, page after page", async () => {
  pages = [nodes([node("a", "k")], "more"), nodes([node("b", "k")])];
  expect(await read()).toEqual({ state: "on" });
  expect(server.asked.map(({ query }) => query.get("continue"))).toEqual([null, null, "more"]);
});

test.each([undefined, "false", "True"])("is off where Cilium's switch is %s", async (value) => {
  config = { body: { data: value === undefined ? null : { "enable-wireguard": value } } };
  expect(await read()).toEqual({ state: "off", reason: 'cilium-config does not say enable-wireguard: "true"' });
});

test("is off where nodes have no key, and some of them are named", async () => {
  const keyless = ["b", "c", "d", "e", "f", "g"].map((name) => node(name));
  pages = [nodes([node("a", "k"), node("empty", ""), ...keyless])];
  const reason = "7 of 8 nodes have no WireGuard key: empty, b, c, d, e and 2 more";
  expect(await read()).toEqual({ state: "off", reason });
});

test.each<[string, Answers, string]>([
  ["Cilium has no configuration", missing("cilium-config"), "no Cilium tells of itself here"],
  [
    "its configuration may not be read",
    { status: 403, body: { reason: "Forbidden" } },
    "gitplane-agent rbac --transport-encryption",
  ],
  ["its configuration cannot be read", { body: [] }, "cannot be read"],
  ["the server is ill", { status: 500, body: { message: "etcd is away" } }, "etcd is away"],
])("is unknown where %s", async (_what, answer, reason) => {
  config = answer;
  expect(await read()).toMatchObject({ state: "unknown", reason: expect.stringContaining(reason) as string });
});

test.each<[string, Answers, string]>([
  ["no node tells of itself", nodes([]), "there is no CiliumNode"],
  ["nodes are not served", { status: 404, body: "404 page not found" }, "CiliumNodes are not served here"],
  ["nodes may not be listed", { status: 403, body: {} }, "may not read CiliumNodes"],
  ["nodes cannot be read", { body: { items: [] } }, "the list of CiliumNodes cannot be read"],
])("is unknown where %s", async (_what, answer, reason) => {
  pages = [answer];
  expect(await read()).toMatchObject({ state: "unknown", reason: expect.stringContaining(reason) as string });
});

test("is unknown where there are nodes without end", async () => {
  pages = Array.from({ length: 30 }, () => nodes([node("a", "k")], "more"));
  expect(await read()).toMatchObject({ state: "unknown", reason: "there are more than 10000 CiliumNodes" });
  expect(server.asked).toHaveLength(21);
});
