import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { openLog } from "../process/log.ts";
import { testPlane } from "./testbed.ts";
import { EventReader, listenForWakes, type Wake, wakeUrl } from "./wake.ts";

const oid = "a".repeat(40);
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/wake`;
}

type Listening = { readonly wakes: Wake[]; readonly lines: string[]; readonly stop: () => Promise<void> };

function listen(url: string, onWake: (wake: Wake) => void = () => undefined): Listening {
  const controller = new AbortController();
  const wakes: Wake[] = [];
  const lines: string[] = [];
  const log = openLog({ level: "info", pretty: false, write: (line) => lines.push(line) });
  const heard = (wake: Wake): void => {
    wakes.push(wake);
    onWake(wake);
  };
  const done = listenForWakes({
    url,
    authorization: "Basic eDp5",
    onWake: heard,
    log,
    signal: controller.signal,
    random: () => 0.5,
    silenceMs: 60,
    backoff: { baseMs: 1, capMs: 4 },
  });
  return {
    wakes,
    lines,
    stop: async () => {
      controller.abort();
      await done;
    },
  };
}

describe("wakeUrl", () => {
  test.each([
    ["https://git.example.test/state/data.git", "https://git.example.test/api/v1/planes/data/acme/east/wake"],
    ["http://127.0.0.1:8080/x.git", "http://127.0.0.1:8080/api/v1/planes/data/acme/east/wake"],
    ["ssh://git@example.test/x.git", undefined],
    ["git@example.test:x.git", undefined],
    ["/srv/x.git", undefined],
  ])("of %s is %s", (url, expected) => {
    expect(wakeUrl(url, testPlane)).toBe(expected);
  });
});

describe("EventReader", () => {
  const event = JSON.stringify({ ref: "refs/heads/x", oid });

  test.each([
    ["one event", `event: wake\ndata: ${event}\n\n`, 1],
    ["CR LF", `data: ${event}\r\n\r\n`, 1],
    ["data without a space, and a comment", `: alive\n\ndata:${event}\n\n`, 1],
    ["data over two lines", `data: {"ref":"refs/heads/x",\ndata: "oid":"${oid}"}\n\n`, 1],
    ["two events", `data: ${event}\n\ndata: ${event}\n\n`, 2],
    ["an event without its end", `data: ${event}\n`, 0],
    ["what is no wake", `data: {}\n\ndata: null\n\ndata: [\n\ndata: {"ref":1,"oid":"${oid}"}\n\n`, 0],
  ])("reads %s, cut anywhere", (_, text, count) => {
    for (let cut = 0; cut <= text.length; cut += 1) {
      const wakes: Wake[] = [];
      const reader = new EventReader((wake) => wakes.push(wake));
      reader.take(Buffer.from(text.slice(0, cut)));
      reader.take(Buffer.from(text.slice(cut)));
      expect(wakes).toEqual(Array.from({ length: count }, () => ({ ref: "refs/heads/x", oid })));
    }
  });

  test("refuses an endless line and an endless event", () => {
    const reader = new EventReader(() => undefined);
    expect(() => reader.take(Buffer.from("x".repeat(20_000)))).toThrow(RangeError);
    expect(() => new EventReader(() => undefined).take(Buffer.from("data: x\n".repeat(20)))).toThrow(RangeError);
  });
});

describe("listenForWakes", () => {
  test("hears wakes, sends the credential, and connects again after silence", async () => {
    const authorizations: (string | undefined)[] = [];
    const twice = Promise.withResolvers<void>();
    let heard = 0;
    const url = await serve((request, response) => {
      authorizations.push(request.headers.authorization);
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(`data: ${JSON.stringify({ ref: "refs/heads/x", oid })}\n\n`);
    });
    const listening = listen(url, () => {
      heard += 1;
      if (heard === 2) twice.resolve();
    });
    await twice.promise;
    await listening.stop();
    expect(new Set(authorizations)).toEqual(new Set(["Basic eDp5"]));
    expect(authorizations.length).toBeGreaterThanOrEqual(2);
  });

  test("C28 follows no redirect and says once that there is no stream", async () => {
    let requests = 0;
    const enough = Promise.withResolvers<void>();
    const elsewhere = await serve(() => expect.unreachable("the credential went elsewhere"));
    const url = await serve((_, response) => {
      requests += 1;
      if (requests === 4) enough.resolve();
      response.writeHead(302, { Location: elsewhere }).end();
    });
    const listening = listen(url);
    await enough.promise;
    await listening.stop();
    expect(listening.lines).toHaveLength(1);
    expect(listening.lines[0]).toContain("polling alone");
  });

  test.each([
    ["never was", 0, 1],
    ["was lost, and came back, and was lost again", 2, 2],
  ])("says that there is no stream when it %s", async (_, streams, times) => {
    let requests = 0;
    const enough = Promise.withResolvers<void>();
    // Accepted and closed at once is no stream, whatever its type says.
    const isHeard = (): boolean => requests % 3 === 1 && requests < streams * 3;
    const url = await serve((_, response) => {
      requests += 1;
      if (requests === 9) enough.resolve();
      response.writeHead(200, { "Content-Type": "text/event-stream" }).end(isHeard() ? ": alive\n\n" : "");
    });
    const listening = listen(url);
    await enough.promise;
    await listening.stop();
    expect(listening.lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual(
      Array.from({ length: times }, () => "no wake-up stream; polling alone"),
    );
  });

  test("ends at once when told to, with a stream open", async () => {
    const heard = Promise.withResolvers<void>();
    const url = await serve((_, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(`data: ${JSON.stringify({ ref: "refs/heads/x", oid })}\n\n`);
    });
    const listening = listen(url, () => heard.resolve());
    await heard.promise;
    await listening.stop();
    expect(listening.wakes.length).toBeGreaterThanOrEqual(1);
  });
});
