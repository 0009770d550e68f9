import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Connection } from "./connection.ts";
import { RecordWatch } from "./record-watch.ts";
import { answerJson, connectTo, type ScriptedApiServer, startScriptedApiServer } from "./scripted-api-server.ts";

const plane = { kind: "data", organization: "acme", name: "eu" } as const;
const never = new AbortController().signal;

let server: ScriptedApiServer;
let connection: Connection;
let lifetime: AbortController;
let streams: ServerResponse[];
let answer: (response: ServerResponse) => void;
let nowMs: number;
let watch: RecordWatch;

beforeEach(async () => {
  streams = [];
  nowMs = 10_000;
  server = await startScriptedApiServer((_, response) => {
    streams.push(response);
    answer(response);
  });
  connection = connectTo(server);
  lifetime = new AbortController();
  watch = new RecordWatch({
    cluster: { own: connection, plane },
    signal: lifetime.signal,
    random: () => 0,
    nowMs: () => nowMs,
  });
});

afterEach(async () => {
  lifetime.abort();
  await watch.ended;
  await connection[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const added = (uid: string, resourceVersion: string) => ({
  type: "ADDED",
  object: { metadata: { uid, resourceVersion } },
});
const bookmark = (resourceVersion: string, annotations?: object) => ({
  type: "BOOKMARK",
  object: { metadata: { resourceVersion, annotations } },
});
const end = (resourceVersion: string) => bookmark(resourceVersion, { "k8s.io/initial-events-end": "true" });

/** Sends the lines and keeps the stream open. */
const stream =
  (...lines: readonly unknown[]) =>
  (response: ServerResponse): void => {
    response.writeHead(200).write(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  };

const look = (sinceMs = nowMs) => watch.look({ sinceMs, signal: never });
const untilOpened = async (count: number): Promise<void> => {
  while (streams.length < count) await new Promise((resolve) => setImmediate(resolve));
};

test("says which record the cluster holds and how far its history goes", async () => {
  answer = stream(added("u", "7"), end("30"));
  expect(await look()).toEqual({ kind: "told", resourceVersion: "30", record: "u/7" });
  expect(server.asked.map(({ path }) => path)).toEqual(["/api/v1/namespaces/gitplane-system/configmaps"]);
  expect(Object.fromEntries(server.asked[0]?.query ?? [])).toEqual({
    fieldSelector: "metadata.name=gitplane-applied-data.acme.eu",
    watch: "true",
    sendInitialEvents: "true",
    resourceVersionMatch: "NotOlderThan",
    allowWatchBookmarks: "true",
    timeoutSeconds: "300",
  });
});

test("knows of no record where there is none, and no other bookmark for the end", async () => {
  answer = stream(bookmark("29"), end("30"));
  expect(await look()).toEqual({ kind: "told", resourceVersion: "30", record: undefined });
});

test("one opening does for all who ask together; who asks about a later moment has it opened again", async () => {
  answer = stream(end("30"));
  await Promise.all([look(), look()]);
  expect(streams).toHaveLength(1);
  answer = stream(end("12"));
  expect(await look(10_001)).toMatchObject({ resourceVersion: "12" });
  nowMs += 3001;
  await look(10_000);
  expect(streams).toHaveLength(3);
});

test("stays open, and is opened again when it breaks", async () => {
  answer = stream(end("30"));
  watch.keepOpen();
  await untilOpened(1);
  await look();
  expect(streams).toHaveLength(1);
  streams[0]?.destroy();
  await untilOpened(2);
});

test.each([
  { what: "refuses to stream lists", status: 422, reads: "untold", again: 1 },
  { what: "does not allow it", status: 403, reads: "untold", again: 1 },
  { what: "is ill", status: 500, reads: "failed", again: 2 },
])("of a server that $what it is $reads", async ({ status, reads, again }) => {
  answer = (response) => answerJson(response, status, { message: "no", code: status });
  expect(await look()).toMatchObject({ kind: reads });
  nowMs += 1;
  expect(await look()).toMatchObject({ kind: reads });
  expect(streams).toHaveLength(again);
});

test.each<[string, (response: ServerResponse) => void]>([
  ["ends", (response) => response.writeHead(200).end()],
  ["breaks", (response) => response.writeHead(200).write("{", () => response.destroy())],
  ["cannot be read", stream("nothing of the kind")],
  ["ends in an error", stream(added("u", "7"), { type: "ERROR", object: { code: 410 } })],
])("fails when it %s before it told", async (_what, script) => {
  answer = script;
  expect(await look()).toMatchObject({ kind: "failed", class: "transient" });
});

test("lets go of who is told to stop", async () => {
  answer = stream();
  const leaving = new AbortController();
  const waiting = watch.look({ sinceMs: nowMs, signal: leaving.signal });
  await untilOpened(1);
  leaving.abort(new Error("told to stop"));
  await expect(waiting).rejects.toThrow("told to stop");
});
