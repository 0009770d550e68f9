import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { WatchEvent, WatchRequest } from "../target.ts";
import type { Connection } from "./connection.ts";
import { Discovery } from "./discovery.ts";
import { LookBack } from "./look-back.ts";
import {
  answerJson,
  connectTo,
  type Asked,
  type ScriptedApiServer,
  startScriptedApiServer,
} from "./scripted-api-server.ts";
import { watchKind, type WatchOptions } from "./watch.ts";

type Step = (asked: Asked, response: ServerResponse) => void;

const plane = { kind: "data", organization: "acme", name: "eu" } as const;
const discoveryAnswer = {
  kind: "APIGroupDiscoveryList",
  items: [
    {
      metadata: {},
      versions: [
        {
          version: "v1",
          resources: [
            { resource: "configmaps", responseKind: { kind: "ConfigMap" }, scope: "Namespaced", verbs: ["get"] },
          ],
        },
      ],
    },
  ],
};

let server: ScriptedApiServer;
let connection: Connection;
let steps: Step[];
let isServed: boolean;

beforeEach(async () => {
  steps = [];
  isServed = true;
  server = await startScriptedApiServer((asked, response) => {
    if (asked.path === "/api")
      return answerJson(response, 200, isServed ? discoveryAnswer : { ...discoveryAnswer, items: [] });
    const step = steps.shift();
    if (step !== undefined) return step(asked, response);
    // Past the script a watch stays open and silent.
    response.writeHead(200).flushHeaders();
  });
  connection = connectTo(server);
});

afterEach(async () => {
  await connection[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function item(name: string, uid: string, resourceVersion = "1"): object {
  return { metadata: { name, namespace: "n", uid, resourceVersion }, data: { of: uid } };
}

function list(resourceVersion: string, items: readonly object[], next?: string): Step {
  return (_, response) => answerJson(response, 200, { metadata: { resourceVersion, continue: next }, items });
}

function refuse(status: number): Step {
  return (_, response) => answerJson(response, status, { message: `HTTP ${status}`, code: status });
}

/** Sends the lines and then ends, breaks or stays. */
function stream(lines: readonly (object | string)[], end: "end" | "break" | "stay" = "end"): Step {
  return (_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    const text = lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("");
    response.write(text, () => {
      if (end === "end") response.end();
      if (end === "break") setImmediate(() => response.destroy());
    });
  };
}

const added = (name: string, uid: string, resourceVersion: string) => ({
  type: "ADDED",
  object: item(name, uid, resourceVersion),
});
const bookmark = (resourceVersion: string) => ({
  type: "BOOKMARK",
  object: { kind: "ConfigMap", metadata: { resourceVersion } },
});
const error = (code: number) => ({ type: "ERROR", object: { kind: "Status", code, message: `error ${code}` } });

/** No watch of the record tells anything, so each kind is asked. */
const untold = { look: async () => Promise.resolve({ kind: "untold" } as const) };

type Run = {
  readonly events: readonly WatchEvent[];
  readonly stop: () => Promise<void>;
  readonly until: (count: number) => Promise<void>;
};

function start(changes: Partial<WatchRequest> & Partial<Pick<WatchOptions, "backoff" | "random">> = {}): Run {
  const { backoff = { baseMs: 0, capMs: 0 }, random = () => 0, ...rest } = changes;
  const controller = new AbortController();
  const discovery = new Discovery({ connection, signal: new AbortController().signal, now: () => 0 });
  const events: WatchEvent[] = [];
  let heard = Promise.withResolvers<void>();
  const request: WatchRequest = {
    group: "",
    version: "v1",
    kind: "ConfigMap",
    reduce: (object) => object["data"],
    onEvent: (event) => {
      events.push(event);
      heard.resolve();
      heard = Promise.withResolvers();
    },
    signal: controller.signal,
    ...rest,
  };
  const cluster = { connection, own: connection, discovery, plane, fieldManager: "test" };
  const running = watchKind({ cluster, lookBack: new LookBack(connection, untold), request, backoff, random });
  const until = async (count: number): Promise<void> => {
    while (events.length < count) await Promise.race([heard.promise, running]);
  };
  const stop = async (): Promise<void> => {
    controller.abort();
    await running;
  };
  return { events, stop, until };
}

/** What the watch asked, discovery left out: `list`, `list <continue>` or `watch <resourceVersion>`. */
function askedOf(): readonly string[] {
  const asked = server.asked.filter((one) => one.path !== "/api");
  return asked.map(({ query }) =>
    query.get("watch") === "true"
      ? `watch ${query.get("resourceVersion")}`
      : ["list", query.get("continue")].filter((part) => part !== null).join(" "),
  );
}

const watched = (name: string, uid: string) => ({ id: `ConfigMap/n/${name}`, uid, reduced: { of: uid } });

describe("a watch", () => {
  test("lists page by page in all namespaces, then watches from there", async () => {
    steps = [list("7", [item("a", "1")], "more"), list("7", [item("b", "2")])];
    steps.push(stream([added("c", "3", "8")], "stay"));
    const watch = start({ random: () => 0.5 });
    await watch.until(2);
    await watch.stop();
    expect(watch.events).toEqual([
      { kind: "listed", objects: [watched("a", "1"), watched("b", "2")] },
      { kind: "changed", object: watched("c", "3") },
    ]);
    expect(askedOf()).toEqual(["list", "list more", "watch 7"]);
    const [first, , third] = server.asked.filter((asked) => asked.path === "/api/v1/configmaps");
    expect(Object.fromEntries(first?.query ?? [])).toEqual({
      labelSelector: "gitplane.dev/plane=data.acme.eu",
      limit: "500",
    });
    expect(Object.fromEntries(third?.query ?? [])).toEqual({
      labelSelector: "gitplane.dev/plane=data.acme.eu",
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: "7",
      timeoutSeconds: "450",
    });
  });

  test("goes on at the last thing heard, a bookmark included, when the server ends it", async () => {
    steps = [list("7", []), stream([added("a", "1", "8")]), stream([bookmark("20")])];
    steps.push(stream([{ type: "DELETED", object: item("a", "1", "21") }], "stay"));
    const watch = start();
    await watch.until(3);
    await watch.stop();
    expect(watch.events.map((event) => event.kind)).toEqual(["listed", "changed", "gone"]);
    expect(askedOf()).toEqual(["list", "watch 7", "watch 8", "watch 20"]);
  });

  test.each([
    { what: "an expired watch", answer: refuse(410) },
    { what: "an expiry told within the watch", answer: stream([error(410)]) },
  ])("lists anew after $what and tells what went meanwhile", async ({ answer }) => {
    steps = [list("7", [item("a", "1"), item("b", "2"), item("c", "3")]), answer];
    steps.push(list("9", [item("b", "2"), item("c", "33")]));
    const watch = start();
    await watch.until(4);
    await watch.stop();
    expect(watch.events.slice(1)).toEqual([
      { kind: "gone", id: "ConfigMap/n/a", uid: "1" },
      { kind: "gone", id: "ConfigMap/n/c", uid: "3" },
      { kind: "listed", objects: [watched("b", "2"), watched("c", "33")] },
    ]);
    expect(askedOf().slice(0, 3)).toEqual(["list", "watch 7", "list"]);
  });

  test("C59 starts the list over when its next page has expired", async () => {
    steps = [list("7", [item("a", "1")], "more"), refuse(410), list("9", [item("b", "2")])];
    const watch = start();
    await watch.until(1);
    await watch.stop();
    expect(watch.events).toEqual([{ kind: "listed", objects: [watched("b", "2")] }]);
    expect(askedOf().slice(0, 3)).toEqual(["list", "list more", "list"]);
  });

  test("says that it broke and goes on where it was", async () => {
    const broken = stream([added("a", "1", "8")], "break");
    steps = [list("7", []), broken, list("8", []), stream([added("b", "2", "9")], "stay")];
    const watch = start();
    await watch.until(4);
    await watch.stop();
    expect(watch.events.map((event) => event.kind)).toEqual(["listed", "changed", "failed", "changed"]);
    expect(askedOf()).toEqual(["list", "watch 7", "list", "watch 8"]);
  });

  test.for(["99", "not-a-number"])(
    "lists anew when the server that answers after a break is at %s, behind what was heard",
    async (restoredAt) => {
      const broken = stream([added("a", "1", "100")], "break");
      const again = [list(restoredAt, []), list("99", [item("b", "2")]), stream([added("c", "3", "101")], "stay")];
      steps = [list("7", []), broken, ...again];
      const watch = start();
      await watch.until(6);
      await watch.stop();
      expect(watch.events.slice(2)).toMatchObject([
        { kind: "failed" },
        { kind: "gone", id: "ConfigMap/n/a" },
        { kind: "listed", objects: [{ id: "ConfigMap/n/b" }] },
        { kind: "changed", object: { id: "ConfigMap/n/c" } },
      ]);
      expect(askedOf()).toEqual(["list", "watch 7", "list", "list", "watch 99"]);
    },
  );

  test("goes on where it was after an error that is no expiry", async () => {
    steps = [list("7", []), stream([error(500)]), list("8", []), stream([added("a", "1", "9")], "stay")];
    const watch = start();
    await watch.until(3);
    await watch.stop();
    expect(watch.events[1]).toEqual({ kind: "failed", reason: "error 500" });
    expect(askedOf()).toEqual(["list", "watch 7", "list", "watch 7"]);
  });

  test("lists anew when it could not read an event, for it may have missed one", async () => {
    steps = [list("7", []), stream(["{"]), list("9", [item("a", "1")])];
    const watch = start();
    await watch.until(3);
    await watch.stop();
    expect(watch.events.map((event) => event.kind)).toEqual(["listed", "failed", "listed"]);
  });

  test("C03 C59 tells nothing as gone when a list fails or cannot be read", async () => {
    steps = [list("7", [item("a", "1")]), refuse(410), refuse(500), list("8", [{ metadata: {} }]), list("9", [])];
    const watch = start();
    await watch.until(5);
    await watch.stop();
    expect(watch.events.map((event) => event.kind)).toEqual(["listed", "failed", "failed", "gone", "listed"]);
  });

  test("of a kind that is not served says so", async () => {
    isServed = false;
    const watch = start({ backoff: { baseMs: 60_000, capMs: 60_000 }, random: () => 0.9 });
    await watch.until(1);
    await watch.stop();
    expect(watch.events).toEqual([{ kind: "failed", reason: "ConfigMap is not served" }]);
  });

  test("C59 waits before it tries again what bore no fruit, and stops at once when told to", async () => {
    steps = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? list("7", []) : refuse(410)));
    const watch = start({ backoff: { baseMs: 60_000, capMs: 60_000 }, random: () => 0.9 });
    await watch.until(1);
    // The refusal of the watch comes before the answer to this later request on the same server.
    while (askedOf().length < 2) await new Promise((resolve) => setImmediate(resolve));
    await connection.send({ verb: "get", path: "/api", signal: new AbortController().signal });
    await watch.stop();
    expect(askedOf()).toEqual(["list", "watch 7"]);
  });

  test("ends with what the reader's own function throws", async () => {
    steps = [list("7", [item("a", "1")])];
    const mistake = new RangeError("a bug");
    const reduce = (): never => {
      throw mistake;
    };
    await expect(start({ reduce }).until(1)).rejects.toBe(mistake);
  });

  test("asks for metadata alone where that is enough", async () => {
    steps = [list("7", [])];
    const watch = start({ detail: "metadata" });
    await watch.until(1);
    while (askedOf().length < 2) await new Promise((resolve) => setImmediate(resolve));
    await watch.stop();
    const accepted = server.asked.filter((asked) => asked.path !== "/api").map((asked) => asked.headers["accept"]);
    expect(accepted).toEqual([
      "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
      "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
    ]);
  });

  test("puts characters together that arrive in halves", async () => {
    const line = Buffer.from(`${JSON.stringify(added("a", "ü😀", "8"))}\n`);
    const middle = line.indexOf(Buffer.from("😀")) + 2;
    steps = [
      list("7", []),
      (_, response) => {
        response.writeHead(200);
        response.write(line.subarray(0, middle), () => setImmediate(() => response.write(line.subarray(middle))));
      },
    ];
    const watch = start();
    await watch.until(2);
    await watch.stop();
    expect(watch.events[1]).toEqual({ kind: "changed", object: watched("a", "ü😀") });
  });
});
