import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLog } from "../../process/log.ts";
import { planeRef, receiptsRef } from "../../schemas/layout.ts";
import {
  basic,
  commitFile,
  eu,
  git,
  openHostFixture,
  publish,
  us,
  workTree,
  type HostFixture,
  type Login,
} from "./host-fixture.contract.ts";
import { defaultHostLimits } from "./host-limits.ts";
import { openHostServer } from "./host-server.ts";
import type { Host } from "./start-host.ts";
import { wakeApi } from "./wake-api.ts";
import { WakeHub } from "./wake-hub.ts";

let fixture: HostFixture;
let host: Host;
let euLogin: Login;
let usLogin: Login;
let euPath = "";
let oid = "";

beforeAll(async () => {
  fixture = await openHostFixture({ limits: { wakeCommentMs: 50, wakesPerAgent: 2 } });
  host = fixture.host;
  const access = await host.ensurePlaneRepository(eu);
  euPath = access.path;
  euLogin = access;
  usLogin = await host.ensurePlaneRepository(us);
  const work = await workTree(fixture.folder);
  oid = await commitFile(work, "plane: eu\n");
  await publish(access.path, planeRef(eu), work);
});

afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

const euWake = "/api/v1/planes/data/default/eu/wake";

type Stream = AsyncDisposable & { readonly response: Response; read(): Promise<string | undefined> };

/** An open stream, read event by event; undefined at its end. */
async function listen(path: string, login: Login, url = host.url): Promise<Stream> {
  const controller = new AbortController();
  const response = await fetch(url + path, { headers: { authorization: basic(login) }, signal: controller.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    response,
    read: async () => {
      while (!text.includes("\n\n")) {
        const chunk = await reader?.read();
        if (chunk === undefined || chunk.done) {
          return undefined;
        }
        text += chunk.value;
      }
      const end = text.indexOf("\n\n");
      const event = text.slice(0, end);
      text = text.slice(end + 2);
      return event;
    },
    [Symbol.asyncDispose]: async () => controller.abort(),
  };
}

/** The next event that is no comment. */
async function readWake(stream: Stream): Promise<unknown> {
  for (let event = await stream.read(); event !== undefined; event = await stream.read()) {
    if (event.startsWith("event: wake\ndata: ")) {
      return JSON.parse(event.slice("event: wake\ndata: ".length));
    }
  }
  return undefined;
}

describe("a plane's wake-up stream", () => {
  it("tells the present oid, then what is announced, with comments between", async () => {
    await using stream = await listen(euWake, euLogin);
    expect(stream.response.headers.get("content-type")).toBe("text/event-stream");
    expect(await stream.read()).toBe(": connected");
    expect(await readWake(stream)).toEqual({ ref: planeRef(eu), oid });
    expect(await stream.read()).toBe(": alive");
    host.announce(planeRef(us), "2".repeat(40), { kind: "agent", plane: us });
    host.announce(planeRef(eu), "3".repeat(40), { kind: "agent", plane: eu });
    expect(await readWake(stream)).toEqual({ ref: planeRef(eu), oid: "3".repeat(40) });
  });

  it("takes the token as Bearer too", async () => {
    const response = await fetch(host.url + euWake, { headers: { authorization: `Bearer ${euLogin.token}` } });
    expect(response.status).toBe(200);
    await response.body?.cancel();
  });

  it("lets the oldest go when one agent opens too many", async () => {
    const streams = [await listen(euWake, euLogin), await listen(euWake, euLogin), await listen(euWake, euLogin)];
    expect(await drain(streams[0])).toBeUndefined();
    expect(await readWake(streams[2] as Stream)).toEqual({ ref: planeRef(eu), oid });
    await Promise.all(streams.map((stream) => stream[Symbol.asyncDispose]()));
  });

  it.each([
    ["another agent", euWake, () => usLogin, 404],
    ["people", euWake, () => host.people, 404],
    ["an agent at a plane that is none", "/api/v1/planes/data/default/none/wake", () => euLogin, 404],
    ["an agent at an encoded name", "/api/v1/planes/data/default/eu%2f/wake", () => euLogin, 404],
    ["an agent at the stream of people", "/api/v1/wake", () => euLogin, 404],
    ["a stranger", euWake, () => ({ user: "data.default.eu", token: "x".repeat(43) }), 401],
    ["a stranger at nothing", "/api/v1/nothing", () => ({ user: "people", token: "" }), 401],
  ] as const)("answers %s at %s as it should", async (...[, path, login, status]) => {
    const response = await fetch(host.url + path, { headers: { authorization: basic(login()) } });
    expect(response.status).toBe(status);
    expect(await response.text()).not.toContain("eu");
  });
});

async function drain(stream: Stream | undefined): Promise<undefined> {
  while ((await stream?.read()) !== undefined) {
    // Read to the end.
  }
}

describe("people's wake-up stream", () => {
  it("tells of specs pushed, and of the mirror of published state and of receipts", async () => {
    await host.mirrorPlane(eu);
    await using stream = await listen("/api/v1/wake", host.people);
    expect(await readWake(stream)).toEqual({ ref: planeRef(eu), oid });
    const work = await workTree(fixture.folder);
    const first = await commitFile(work, "a: 1\n");
    await git(["-C", work, "push", "-q", host.specs.url, "HEAD:refs/heads/main"], host.people);
    expect(await readWake(stream)).toEqual({ ref: "refs/heads/main", oid: first });
    await git(["-C", work, "push", "-q", `${host.url}/planes/data/default/eu.git`, `HEAD:${receiptsRef(eu)}`], euLogin);
    expect(await readWake(stream)).toEqual({ ref: receiptsRef(eu), oid: first });
    await git(["-C", work, "fetch", "-q", euPath, planeRef(eu)]);
    await git(["-C", work, "reset", "-q", "--hard", "FETCH_HEAD"]);
    const next = await commitFile(work, "plane: eu\nsequence: 2\n");
    await publish(euPath, planeRef(eu), work);
    host.announce(planeRef(eu), next, { kind: "agent", plane: eu });
    expect(await readWake(stream)).toEqual({ ref: planeRef(eu), oid: next });
  });
});

describe("the wake-up API", () => {
  const log = openLog({ level: "silent" });
  const credentials = { authenticate: () => ({ kind: "people" }) as const };

  it("forgets a client that vanishes, and ends every stream when the hub closes", async () => {
    const hub = new WakeHub({ perAgent: 1, people: 10 });
    const api = wakeApi({ credentials, hub, commentMs: 60_000, presentRefs: async () => new Map() });
    const options = { address: "127.0.0.1", port: 0, limits: defaultHostLimits, log };
    const server = await openHostServer({ ...options, api, git: async () => {} });
    const streams = await Promise.all([1, 2, 3].map(() => listen("/api/v1/wake", host.people, server.url)));
    await Promise.all(streams.map((stream) => stream.read()));
    expect(hub.size).toBe(3);
    await streams[0]?.[Symbol.asyncDispose]();
    await expect.poll(() => hub.size, { interval: 5 }).toBe(2);
    hub.close();
    expect(await Promise.all(streams.slice(1).map(drain))).toEqual([undefined, undefined]);
    expect(hub.size).toBe(0);
    await server.drain();
    await server.close();
  });

  it("has a health check that asks for no credentials", async () => {
    const response = await fetch(`${host.url}/healthz`);
    expect([response.status, await response.text()]).toEqual([200, "ok\n"]);
  });
});

describe("WakeListener", () => {
  it("gives the newest oid of each ref to who is slow, and never an older present", async () => {
    const hub = new WakeHub({ perAgent: 1, people: 1 });
    using listener = hub.listen({ kind: "people" });
    for (const oid of ["1", "2", "3"]) {
      hub.announce({ ref: "a", oid }, { kind: "people" });
    }
    listener.offerPresent(
      new Map([
        ["a", "0"],
        ["b", "9"],
      ]),
    );
    expect(await listener.next(0)).toEqual([
      { ref: "a", oid: "3" },
      { ref: "b", oid: "9" },
    ]);
    expect(await listener.next(1)).toEqual([]);
  });
});
