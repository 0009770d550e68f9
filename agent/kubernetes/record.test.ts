import { afterEach, beforeEach, expect, test } from "vitest";
import { type AppliedRecord, emptyRecord } from "../../schemas/applied-record.ts";
import { type KubernetesTarget, openKubernetesTarget } from "./kubernetes-target.ts";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordName } from "./record.ts";
import { answerJson, type Respond, type ScriptedApiServer, startScriptedApiServer } from "./scripted-api-server.ts";

const signal = new AbortController().signal;
const plane = { kind: "data", organization: "acme", name: "eu" } as const;
const configMaps = "/api/v1/namespaces/gitplane-system/configmaps";
let server: ScriptedApiServer;
let target: KubernetesTarget;
let folder: string;
let respond: Respond;

beforeEach(async () => {
  server = await startScriptedApiServer((asked, response) => respond(asked, response));
  folder = await mkdtemp(join(tmpdir(), "record-"));
  const path = join(folder, "config");
  const context = { name: "c", context: { cluster: "c" } };
  const clusters = [{ name: "c", cluster: { server: server.url.href } }];
  await writeFile(path, JSON.stringify({ "current-context": "c", contexts: [context], clusters }));
  target = await openKubernetesTarget({ source: { kind: "kubeconfig", path }, plane, agentVersion: "test" });
});

afterEach(async () => {
  await target[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const missing = (kind: string, name: string) => ({ reason: "NotFound", message: "not found", details: { kind, name } });

test("is created together with its namespace", async () => {
  respond = ({ method, path }, response) => {
    const hasNamespace = server.asked.some((asked) => asked.path === "/api/v1/namespaces");
    if (method === "POST" && path === "/api/v1/namespaces") return answerJson(response, 201, {});
    if (!hasNamespace) return answerJson(response, 404, missing("namespaces", "gitplane-system"));
    return answerJson(response, 201, { metadata: { uid: "u", resourceVersion: "5" } });
  };
  const outcome = await target.writeRecord(emptyRecord("c"), { signal, version: undefined });
  expect(outcome).toEqual({ kind: "written", version: "u/5" });
  expect(server.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
    `POST ${configMaps}`,
    "POST /api/v1/namespaces",
    `POST ${configMaps}`,
  ]);
  expect(JSON.parse(server.asked[2]?.body ?? "")).toEqual({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: "gitplane-applied-data.acme.eu",
      namespace: "gitplane-system",
      labels: { "app.kubernetes.io/managed-by": "gitplane" },
    },
    data: { record: JSON.stringify(emptyRecord("c")) },
  });
});

test("that went since it was read is a conflict", async () => {
  respond = (_, response) => answerJson(response, 404, missing("configmaps", "x"));
  expect(await target.writeRecord(emptyRecord("c"), { signal, version: "u/4" })).toEqual({ kind: "conflict" });
  expect(server.asked.map(({ method }) => method)).toEqual(["PUT"]);
});

test("C60 too large to be stored is refused before it is sent", async () => {
  const exceptions = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, index) => [`releases/p/e/c${index}.yaml`, ["a".repeat(40)]]),
  );
  const record: AppliedRecord = { ...emptyRecord("c"), exceptions };
  const outcome = await target.writeRecord(record, { signal, version: "u/1" });
  expect(outcome).toMatchObject({ kind: "failed", class: "permanent" });
  expect(server.asked).toEqual([]);
});

test.each([
  { what: "no such path", status: 404, body: "404 page not found", expected: { kind: "failed" } },
  { what: "an error", status: 500, body: { message: "no" }, expected: { kind: "failed", class: "transient" } },
  { what: "a page of a proxy", status: 200, body: "<html>", expected: { kind: "failed", class: "transient" } },
  {
    what: "no data",
    status: 200,
    body: { metadata: { uid: "u", resourceVersion: "1" } },
    expected: { kind: "failed" },
  },
  {
    what: "another format",
    status: 200,
    body: { metadata: { uid: "u", resourceVersion: "1" }, data: { record: '{"format":2}' } },
    expected: { kind: "failed", class: "permanent" },
  },
  { what: "absence", status: 404, body: missing("configmaps", "x"), expected: { kind: "absent" } },
])("read as $what is $expected.kind", async ({ status, body, expected }) => {
  respond = (_, response) => answerJson(response, status, body);
  expect(await target.readRecord({ signal })).toMatchObject(expected);
});

test.each([
  { what: "a dot", name: "a.b" },
  { what: "capitals", name: "Eu" },
  { what: "too many characters", name: "x".repeat(60) },
])("a plane named with $what has none", ({ name }) => {
  expect(() => recordName({ ...plane, name })).toThrow(TypeError);
});
