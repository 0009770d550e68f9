import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Connection, type ConnectionOptions, type Verb } from "./connection.ts";
import { answerJson, type Respond, type ScriptedApiServer, startScriptedApiServer } from "./scripted-api-server.ts";

const never = new AbortController().signal;
let server: ScriptedApiServer;
let respond: Respond;

beforeEach(async () => {
  server = await startScriptedApiServer((asked, response) => respond(asked, response));
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

function open(options: Partial<ConnectionOptions> = {}): Connection {
  return new Connection({
    access: { server: server.url, tls: {}, readToken: () => Promise.resolve("s3cret-token") },
    userAgent: "gitplane-agent/1.2.3 (data.acme.eu)",
    concurrency: 4,
    timeoutMs: 5000,
    responseLimitBytes: 1000,
    backoff: { baseMs: 1, capMs: 2 },
    random: () => 0,
    ...options,
  });
}

/** Answers by turn; the last one goes on. */
function inTurn(...answers: readonly Respond[]): void {
  let turn = 0;
  respond = (asked, response) => {
    const answer = answers[Math.min(turn, answers.length - 1)];
    turn += 1;
    return answer?.(asked, response);
  };
}

const ok: Respond = (_, response) => answerJson(response, 200, { ok: true });
const busy: Respond = (_, response) => answerJson(response.setHeader("retry-after", "0"), 429, { message: "busy" });
const away: Respond = (_, response) => answerJson(response, 503, { message: "away" });
const broken: Respond = (_, response) => {
  response.destroy();
};

test("sends method, token, agent and JSON, and counts by verb", async () => {
  await using connection = open();
  respond = ok;
  const request = { path: "/api/v1/x?a=b", signal: never };
  await connection.send({ ...request, verb: "get" });
  await connection.send({ ...request, verb: "update", body: '{"a":1}' });
  expect(server.asked.map(({ method, path, body }) => [method, path, body])).toEqual([
    ["GET", "/api/v1/x", ""],
    ["PUT", "/api/v1/x", '{"a":1}'],
  ]);
  expect(server.asked[1]?.headers).toMatchObject({
    authorization: "Bearer s3cret-token",
    "user-agent": "gitplane-agent/1.2.3 (data.acme.eu)",
    "content-type": "application/json",
  });
  expect([...connection.counts]).toEqual([
    ["get", 1],
    ["update", 1],
  ]);
});

test("keeps the path that a server's URL has", async () => {
  await using connection = open({ access: { server: new URL("/k8s/a/", server.url), tls: {}, readToken: undefined } });
  respond = ok;
  await connection.send({ verb: "get", path: "/api", signal: never });
  expect(server.asked[0]?.path).toBe("/k8s/a/api");
});

test("C28 follows no redirect, so that no other server sees the token", async () => {
  await using connection = open();
  await using elsewhere = await startScriptedApiServer((_, response) => answerJson(response, 200, {}));
  respond = (_, response) => void response.writeHead(307, { location: new URL("/api", elsewhere.url).href }).end();
  expect(await connection.send({ verb: "get", path: "/api", signal: never })).toMatchObject({ status: 307 });
  const opened = await connection.open({ verb: "watch", path: "/api", signal: never }, { idleMs: 1000 });
  expect(opened).toMatchObject({ kind: "answered", status: 307 });
  expect(elsewhere.asked).toEqual([]);
});

describe("asks again", () => {
  test.each<{ readonly verb: Verb; readonly after: string; readonly first: Respond; readonly times: number }>([
    { verb: "apply", after: "429", first: busy, times: 2 },
    { verb: "create", after: "429", first: busy, times: 2 },
    { verb: "get", after: "503", first: away, times: 2 },
    { verb: "create", after: "503, which may have come too late", first: away, times: 1 },
    { verb: "apply", after: "a broken connection", first: broken, times: 2 },
    { verb: "create", after: "a broken connection, which may have broken too late", first: broken, times: 1 },
  ])("$times time(s) in all for $verb after $after", async ({ verb, first, times }) => {
    await using connection = open();
    inTurn(first, ok);
    await connection.send({ verb, path: "/", body: "{}", signal: never });
    expect(server.asked.length).toBe(times);
  });

  test("C59 four times at most, and answers what it last heard", async () => {
    await using connection = open();
    respond = busy;
    expect(await connection.send({ verb: "get", path: "/", signal: never })).toMatchObject({ status: 429 });
    expect(server.asked.length).toBe(4);
  });

  test("not where the server wants a longer pause than a request may take", async () => {
    await using connection = open();
    respond = (_, response) => answerJson(response.setHeader("retry-after", "3600"), 429, {});
    expect(await connection.send({ verb: "get", path: "/", signal: never })).toMatchObject({ status: 429 });
    expect(server.asked.length).toBe(1);
  });
});

describe("fails as transient, without the token", () => {
  test("when nothing answers in time", async () => {
    await using connection = open({ timeoutMs: 50 });
    respond = () => {};
    const result = await connection.send({ verb: "get", path: "/", signal: never });
    expect(result).toEqual({
      kind: "failed",
      class: "transient",
      reason: `${server.url.host}: no answer within 50 ms`,
    });
  });

  test("C59 when the answer drips past the deadline", async () => {
    await using connection = open({ timeoutMs: 200 });
    respond = (_, response) => {
      const timer = setInterval(() => response.write(" "), 20);
      response.on("close", () => clearInterval(timer));
    };
    expect(await connection.send({ verb: "get", path: "/", signal: never })).toMatchObject({
      reason: expect.stringContaining("no answer within 200 ms") as string,
    });
  });

  test("when the answer is too large", async () => {
    await using connection = open();
    respond = (_, response) => answerJson(response, 200, "x".repeat(2000));
    expect(await connection.send({ verb: "get", path: "/", signal: never })).toMatchObject({
      class: "transient",
      reason: expect.stringContaining("larger than 1000 bytes") as string,
    });
  });

  test("when nobody listens", async () => {
    const { url } = server;
    await server[Symbol.asyncDispose]();
    server = await startScriptedApiServer(ok);
    await using connection = open({
      access: { server: url, tls: {}, readToken: () => Promise.resolve("s3cret-token") },
    });
    const result = await connection.send({ verb: "get", path: "/", signal: never });
    expect(result).toMatchObject({ class: "transient", reason: expect.stringContaining("ECONNREFUSED") as string });
    expect(JSON.stringify(result)).not.toContain("s3cret");
    expect(connection.counts.get("get")).toBe(4);
  });
});

describe("ends with the signal's reason", () => {
  const reason = new Error("stopped");

  test("while it waits for the answer", async () => {
    await using connection = open();
    const controller = new AbortController();
    respond = () => controller.abort(reason);
    await expect(connection.send({ verb: "get", path: "/", signal: controller.signal })).rejects.toBe(reason);
  });

  test("while it waits to ask again", async () => {
    await using connection = open({ backoff: { baseMs: 60_000, capMs: 60_000 }, random: () => 0.9 });
    const controller = new AbortController();
    respond = (asked, response) => {
      response.on("close", () => setImmediate(() => controller.abort(reason)));
      return busy(asked, response);
    };
    await expect(connection.send({ verb: "get", path: "/", signal: controller.signal })).rejects.toBe(reason);
  });
});

test("never sends more at once than it may", async () => {
  await using connection = open({ concurrency: 2 });
  let now = 0;
  let most = 0;
  respond = (_, response) => {
    now += 1;
    most = Math.max(most, now);
    setTimeout(() => {
      now -= 1;
      answerJson(response, 200, {});
    }, 5);
  };
  const path = "/";
  await Promise.all(Array.from({ length: 12 }, () => connection.send({ verb: "get", path, signal: never })));
  expect([server.asked.length, most]).toEqual([12, 2]);
});

test("asks for fewer at once after a refusal, of several in a row one at a time", async () => {
  await using connection = open({ concurrency: 16 });
  const seen = { underWay: 0, most: 0, answered: 0 };
  const release: (() => void)[] = [];
  respond = async (asked, response) => {
    seen.underWay += 1;
    seen.most = Math.max(seen.most, seen.underWay);
    if (asked.path !== "/refused") await new Promise<void>((resolve) => release.push(resolve));
    seen.underWay -= 1;
    seen.answered += 1;
    const answer = asked.path === "/refused" && seen.answered <= 3 ? busy : ok;
    await answer(asked, response);
  };
  const send = async (path: string): Promise<unknown> => connection.send({ verb: "apply", path, signal: never });
  await send("/refused");
  // Three refusals in a row: eight, four, two, one.
  const sent = Array.from({ length: 6 }, (_, index) => send(`/${index}`));
  while (seen.answered < 10) {
    await new Promise((resolve) => setImmediate(resolve));
    release.splice(0).forEach((resolve) => resolve());
  }
  await Promise.all(sent);
  expect(seen.most).toBe(1);
});
