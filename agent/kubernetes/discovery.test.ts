import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Connection } from "./connection.ts";
import { Discovery } from "./discovery.ts";
import { parseDiscovery } from "./parse-discovery.ts";
import {
  answerJson,
  connectTo,
  type Respond,
  type ScriptedApiServer,
  startScriptedApiServer,
} from "./scripted-api-server.ts";

const signal = new AbortController().signal;

function resource(kind: string, plural: string, rest: object = {}): object {
  const responseKind = { group: "", version: "", kind };
  return { resource: plural, responseKind, scope: "Namespaced", verbs: ["get", "list", "patch"], ...rest };
}

function group(name: string, versions: readonly object[]): object {
  return { metadata: name === "" ? {} : { name }, versions };
}

function list(...items: readonly object[]): object {
  return { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", items };
}

const apps = group("apps", [
  { version: "v1", freshness: "Current", resources: [resource("Deployment", "deployments")] },
  { version: "v1beta9", freshness: "Current", resources: [] },
]);
const down = group("metrics.k8s.io", [{ version: "v1beta1", freshness: "Stale" }]);

describe("a discovery document", () => {
  test("gives plural and scope by version and kind, and what is stale", () => {
    const document = parseDiscovery(list(apps, down));
    expect([...(document?.resources ?? [])]).toEqual([
      [
        "apps/v1/Deployment",
        { group: "apps", version: "v1", kind: "Deployment", plural: "deployments", namespaced: true, isKept: false },
      ],
    ]);
    expect([...(document?.stale ?? [])]).toEqual(["metrics.k8s.io/v1beta1"]);
  });

  test("takes the resource that can be read where two have one kind", () => {
    const resources = [
      resource("Thing", "thingactions", { verbs: ["create"] }),
      resource("Thing", "things", { scope: "Cluster" }),
      resource("Thing", "thingreviews", { verbs: ["create"] }),
    ];
    const document = parseDiscovery(list(group("", [{ version: "v1", resources }])));
    expect(document?.resources.get("v1/Thing")).toMatchObject({ plural: "things", namespaced: false });
  });

  test.each([{ body: undefined }, { body: { kind: "APIGroupList", groups: [] } }, { body: [] }])(
    "is no other document: $body",
    ({ body }) => {
      expect(parseDiscovery(body)).toBeUndefined();
    },
  );
});

describe("discovery", () => {
  let server: ScriptedApiServer;
  let connection: Connection;
  let respond: Respond;
  let nowMs = 0;

  beforeEach(async () => {
    nowMs = 0;
    server = await startScriptedApiServer((asked, response) => respond(asked, response));
    connection = connectTo(server);
  });

  afterEach(async () => {
    await connection[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const open = (): Discovery => new Discovery({ connection, signal, now: () => nowMs });
  const deployment = { group: "apps", version: "v1", kind: "Deployment" };
  const widget = { group: "example.com", version: "v1", kind: "Widget" };

  test("asks once for all that it finds, and not for the core group then", async () => {
    respond = (_, response) => answerJson(response, 200, list(apps));
    const discovery = open();
    const found = await Promise.all([1, 2, 3].map(() => discovery.find(deployment, { signal })));
    expect(found.map((lookup) => lookup.kind)).toEqual(["served", "served", "served"]);
    await discovery.find(deployment, { signal });
    expect(server.asked.map((asked) => asked.path)).toEqual(["/apis"]);
  });

  test("asks again after a miss, but not twice in a few seconds", async () => {
    respond = (_, response) => answerJson(response, 200, list(apps));
    const discovery = open();
    await discovery.find(deployment, { signal });
    nowMs = 10_000;
    expect(await discovery.find(widget, { signal })).toEqual({ kind: "not-served" });
    expect(server.asked.length).toBe(2);
    nowMs = 12_000;
    expect(await discovery.find(widget, { signal })).toEqual({ kind: "not-served" });
    expect(server.asked.length).toBe(2);
    await discovery.find(widget, { signal, freshness: "fresh" });
    expect(server.asked.length).toBe(3);
  });

  test("who asks afresh during a question gets the answer to the next, together with others", async () => {
    let answers = 0;
    respond = (_, response) => {
      answers += 1;
      answerJson(response, 200, answers === 1 ? list(apps) : list(apps, group("example.com", [widgets])));
    };
    const widgets = { version: "v1", freshness: "Current", resources: [resource("Widget", "widgets")] };
    const discovery = open();
    const early = discovery.find(deployment, { signal });
    const fresh = { signal, freshness: "fresh" } as const;
    const late = await Promise.all([discovery.find(widget, fresh), discovery.find(widget, fresh), early]);
    expect(late.map((lookup) => lookup.kind)).toEqual(["served", "served", "served"]);
    expect(server.asked.length).toBe(2);
  });

  test("asks with the ETag it has and takes 304 for the same", async () => {
    respond = (asked, response) => {
      const isKnown = asked.headers["if-none-match"] === '"one"';
      return answerJson(response.setHeader("etag", '"one"'), isKnown ? 304 : 200, isKnown ? undefined : list(apps));
    };
    const discovery = open();
    await discovery.find(deployment, { signal });
    expect(await discovery.find(deployment, { signal, freshness: "fresh" })).toMatchObject({ kind: "served" });
    expect(server.asked.map((asked) => asked.headers["if-none-match"])).toEqual([undefined, '"one"']);
  });

  test("a stale group is a failure for its kinds only", async () => {
    respond = (_, response) => answerJson(response, 200, list(apps, down));
    const discovery = open();
    const metrics = { group: "metrics.k8s.io", version: "v1beta1", kind: "PodMetrics" };
    expect(await discovery.find(metrics, { signal })).toMatchObject({ kind: "failed", class: "transient" });
    expect(await discovery.findAnyVersion({ ...metrics, version: "v1" }, { signal })).toMatchObject({ kind: "failed" });
    expect(await discovery.find(deployment, { signal })).toMatchObject({ kind: "served" });
  });

  test("finds a kind under the version that is left", async () => {
    respond = (_, response) => answerJson(response, 200, list(apps));
    const old = { ...deployment, version: "v1beta9" };
    expect(await open().find(old, { signal })).toEqual({ kind: "not-served" });
    expect(await open().findAnyVersion(old, { signal })).toMatchObject({ resource: { version: "v1" } });
  });

  test.each([
    { what: "an error", answer: { status: 500, body: { message: "no" } } },
    { what: "a refusal", answer: { status: 403, body: { message: "no" } } },
    { what: "the group list of an old server", answer: { status: 200, body: { kind: "APIGroupList" } } },
    { what: "an empty answer", answer: { status: 200, body: undefined } },
  ])("$what is a failure, also for what was known to be missing", async ({ answer }) => {
    respond = (_, response) => answerJson(response, answer.status, answer.body);
    const discovery = open();
    expect(await discovery.find(widget, { signal })).toMatchObject({ kind: "failed", class: "transient" });
    expect(await discovery.list({ signal })).toMatchObject({ kind: "failed" });
  });

  test("who gives up leaves the question to the others", async () => {
    const controller = new AbortController();
    const reason = new Error("stopped");
    respond = (_, response) => {
      controller.abort(reason);
      answerJson(response, 200, list(apps));
    };
    const discovery = open();
    const first = discovery.find(deployment, { signal: controller.signal });
    const second = discovery.find(deployment, { signal });
    await expect(first).rejects.toBe(reason);
    expect(await second).toMatchObject({ kind: "served" });
  });
});
