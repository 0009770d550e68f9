/**
 * Rendered gateways, routes and policies before a real Envoy Gateway and the Envoys that it drives: each is accepted, none is ignored,
 * and requests are let through, turned away and changed as the specs say.
 */
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gatewayLabels, labelKeys } from "../schemas/labels.ts";
import type { KubernetesObject } from "../schemas/object-id.ts";
import { poll } from "./clusters/poll.ts";
import { freePorts } from "./clusters/ports.ts";
import { acceptanceOf, isJudged, settledComplaints } from "./envoy/conditions.ts";
import { type Edge, openEdge } from "./envoy/edge.ts";
import { policies } from "./envoy/every-policy.ts";
import { findWhatEnvoyLacks } from "./envoy/find-envoy.ts";
import {
  cell,
  componentOf,
  type Exposed,
  innerHost,
  organization,
  ownHost,
  pathOf,
  plane,
  platformOf,
  publicHost,
  secretReferenceOf,
  strayRoute,
  webApplicationOf,
} from "./envoy/gateway-specs.ts";
import { ask, askTls, askTwice, call, echoTcp, echoTls, echoUdp, openSocket, openTcp } from "./envoy/requests.ts";
import { storedSecrets } from "./stand-ins/external-secrets.ts";
import { played } from "./stand-ins/played.ts";
import type { Spoken } from "./stand-ins/service-pod.ts";
import { issuer, startTokenIssuer, type TokenIssuer } from "./stand-ins/token-issuer.ts";

const lacks = await findWhatEnvoyLacks("rendered routes and policies before a real Envoy Gateway");
/** Of components. None of Envoy Gateway's own, which it takes on every address. */
const port = 7070;
const signal = AbortSignal.timeout(1_800_000);
const routesWaitMs = 120_000;

type Ports = Readonly<Record<"http" | "tls" | "tcp" | "shut" | "narrow" | "udp" | "inner" | "innerTls", number>>;

/** What Envoy Gateway says when an Envoy keeps what it had for all of a listener, or gets nothing more of a gateway. */
const refusals = ["Envoy rejected the last update", "skipped publishing xds resources"];

/** Windows by the component that is limited so, with their seconds. */
const windows = {
  "per-second": ["1s", 1],
  "per-minute": ["60s", 60],
  "per-hour": ["1h", 3600],
  "per-day": ["24h", 86_400],
  "per-week": ["7d", 604_800],
  "per-month": ["30d", 2_592_000],
  "per-year": ["365d", 31_536_000],
} as const;

describe.skipIf(lacks !== undefined)(
  "a real Envoy Gateway",
  played("External Secrets", "identity provider", "pods behind Services"),
  () => {
    let edge: Edge;
    let tokens: TokenIssuer;
    let ports: Ports;
    let objects: readonly KubernetesObject[];

    beforeAll(async () => {
      tokens = await startTokenIssuer();
      edge = await openEdge({ envoys: "processes", onProgress: (line) => process.stderr.write(`${line}\n`), signal });
      const [http = 0, tls = 0, tcp = 0, shut = 0, narrow = 0, udp = 0, inner = 0, innerTls = 0] = await freePorts(8);
      ports = { http, tls, tcp, shut, narrow, udp, inner, innerTls };
      for (const object of certificateObjects(edge.certificate)) await edge.client.apply(object);
      const exposed = components(tokens.keysUrl, ports);
      const documents = Object.entries(exposed).map(([name, one]) => [name, componentOf(name, one)] as const);
      objects = await edge.apply({
        platform: platformOf(gatewaysOf(ports)),
        references: [secretReferenceOf("keys", "app"), secretReferenceOf("users", ".htpasswd")].join("---\n"),
        front: webApplicationOf("front", port),
        ...Object.fromEntries(documents),
      });
      for (const secret of storedSecrets(objects, store)) await edge.client.apply(secret);
      await edge.serve({ namespace: cell, name: "front", port }, "http");
      for (const [name, { type, port: at }] of Object.entries(exposed))
        await edge.serve({ namespace: cell, name, port: at }, name === "deaf" ? "nothing" : spokenBy(type));
      await waitForRoutes(edge, ports);
      const basic = `Basic ${Buffer.from("ada:secret").toString("base64")}`;
      const askers = [
        { name: "timed", headers: {} },
        { name: "tokens", headers: { authorization: `Bearer ${tokens.issue({ aud: "shop" })}` } },
        { name: "users", headers: { authorization: basic } },
      ];
      // An Envoy has a route before it has got ready for what is behind it, and answers 503 meanwhile.
      for (const { name, headers } of askers)
        await poll({
          what: `${name} answering`,
          timeoutMs: routesWaitMs,
          signal,
          probe: async () => ((await public_(pathOf(name), { headers })).status === 200 ? true : undefined),
        });
    });
    afterAll(async () => {
      await edge?.[Symbol.asyncDispose]();
      await tokens?.[Symbol.asyncDispose]();
    });

    const public_ = (path: string, more: Partial<Parameters<typeof ask>[0]> = {}) =>
      ask({ port: ports.http, host: publicHost, path, ...more });

    test("accepts every gateway, route and policy, and finds what they name but for one certificate", async () => {
      const judged = objects.filter(isJudged);
      const expected = [
        "Gateway gateway-internal: ResolvedRefs PartiallyInvalidCertificateRef: Some secrets are invalid: certificate refs 1: Secret openchoreo-data-plane/not-there does not exist.",
      ];
      const complaints = await settledComplaints(judged, edge.client, { expected, timeoutMs: routesWaitMs, signal });
      expect(complaints).toEqual(expected);
      expect(new Set(judged.map(({ kind }) => kind))).toEqual(
        new Set([
          "GatewayClass",
          "Gateway",
          "HTTPRoute",
          "GRPCRoute",
          "TLSRoute",
          "TCPRoute",
          "UDPRoute",
          "SecurityPolicy",
          "BackendTrafficPolicy",
          "ClientTrafficPolicy",
        ]),
      );
    });

    test("has Envoys that take all that they are sent", async () => {
      const log = await readFile(edge.envoy.logPath, "utf8");
      expect(log.split("\n").filter((line) => refusals.some((refusal) => line.includes(refusal)))).toEqual([]);
    });

    test("leads a public host and path to the component, under the path of the container", async () => {
      const { status, echo } = await public_(pathOf("echo", "/v1/orders?page=2"));
      expect([status, echo?.url]).toEqual([200, "/v1/orders?page=2"]);
    });

    test("takes routes from namespaces of planes that use them alone, by the labels that a person may give", async () => {
      const own = gatewayLabels(organization, plane);
      const elsewhere = { ...plane, name: "other" };
      const label = (namespace: string, labels: Readonly<Record<string, string>>): Promise<unknown> =>
        edge.client.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } });
      const below = (namespace: string): string => pathOf("echo", `/v1/${namespace}`);
      const namespaces = ["unlabelled", "outsider", "rival", "beside", "adopted"] as const;
      const routeOf = (namespace: string): KubernetesObject => strayRoute(namespace, below(namespace));
      const expectSoon = async (...wanted: readonly string[]): Promise<void> => {
        let last: readonly string[] = [];
        const probe = async (): Promise<true | undefined> => {
          const asked = namespaces.map(async (namespace) => {
            const word = await acceptanceOf(routeOf(namespace), edge.client);
            return `${word ?? "nothing"} ${(await public_(below(namespace))).status}`;
          });
          last = await Promise.all(asked);
          return isDeepStrictEqual(last, wanted) ? true : undefined;
        };
        const what = "the gateway's word on routes of namespaces that are not made here";
        await poll({ what, timeoutMs: routesWaitMs, signal, probe }).catch(() => undefined);
        expect(last).toEqual(wanted);
      };
      const [refused, taken] = ["NotAllowedByListeners 200", "Accepted 302"];
      await label("unlabelled", {});
      // Of a plane of the owner's that says nothing of these gateways.
      await label("outsider", { [labelKeys.organization]: organization });
      await label("rival", gatewayLabels("rival", plane));
      await label("beside", gatewayLabels(organization, elsewhere));
      await label("adopted", own);
      for (const namespace of namespaces) await edge.client.apply(routeOf(namespace));
      await expectSoon(refused, refused, refused, refused, taken);
      await label("unlabelled", own);
      await label("adopted", {});
      await expectSoon(taken, refused, refused, refused, refused);
    });

    test("leads the organization's host to it at the internal gateway only", async () => {
      const path = pathOf("echo", "/v1");
      const inside = await askTls({ port: ports.innerTls, host: innerHost, path });
      const outside = await ask({ port: ports.http, host: innerHost, path });
      expect([inside.status, outside.status]).toEqual(["200", 404]);
    });

    test("leads HTTP to HTTPS where there is HTTPS", async () => {
      const { status, headers } = await ask({ port: ports.inner, host: innerHost, path: "/a?b" });
      expect([status, headers["location"]]).toEqual([301, `https://${innerHost}:${ports.innerTls}/a?b`]);
    });

    test("leads another host, and another path, nowhere", async () => {
      const otherHost = await ask({ port: ports.http, host: "dev.other.example", path: pathOf("echo", "/v1") });
      const otherPath = await public_("/default/edge/nobody");
      expect([otherHost.status, otherPath.status]).toEqual([404, 404]);
    });

    test("gives a web application its own host", async () => {
      const { status, echo } = await ask({ port: ports.http, host: `front-edge-default.${publicHost}`, path: "/a/b" });
      expect([status, echo?.url]).toEqual([200, "/a/b"]);
    });

    test("turns away what is over a limit", async () => {
      const statuses = [];
      for (let request = 0; request < 4; request += 1) statuses.push((await public_(pathOf("limited"))).status);
      expect(statuses).toEqual([200, 200, 200, 429]);
    });

    test("counts by every window as long as it is said", async () => {
      const resets = new Map<string, number>();
      for (const name of Object.keys(windows)) {
        const { status, headers } = await public_(pathOf(name));
        resets.set(name, status === 200 ? Number(headers["x-ratelimit-reset"]) : status);
      }
      expect(Object.fromEntries(resets)).toEqual(
        Object.fromEntries(Object.entries(windows).map(([name, [, seconds]]) => [name, seconds])),
      );
    });

    test("lets through again when the window is over", async () => {
      const what = "the next second";
      const probe = async (): Promise<true | undefined> =>
        (await public_(pathOf("per-second"))).status === 200 ? true : undefined;
      expect((await public_(pathOf("per-day"))).status).toBe(429);
      expect(await poll({ what, timeoutMs: routesWaitMs, signal, probe })).toBe(true);
    });

    test("turns away who has no token, or one of somebody else's, and lets in who has one", async () => {
      const statusOf = async (authorization?: string): Promise<number> =>
        (await public_(pathOf("tokens"), { headers: authorization === undefined ? {} : { authorization } })).status;
      const good = tokens.issue({ aud: "shop" });
      await using stranger = await startTokenIssuer();
      expect([
        await statusOf(),
        await statusOf(`Bearer ${stranger.issue({ aud: "shop" })}`),
        await statusOf(`Bearer ${tokens.issue({ aud: "shop", iss: "https://other.example" })}`),
        await statusOf(`Bearer ${tokens.issue({ aud: "other" })}`),
        await statusOf(`Bearer ${good}`),
      ]).toEqual([401, 401, 401, 403, 200]);
    });

    test("asks for the scopes of an operation", async () => {
      const statusOf = async (method: "GET" | "POST", scope: string, path = ""): Promise<number> =>
        (
          await public_(pathOf("scopes", path), {
            method,
            headers: { authorization: `Bearer ${tokens.issue({ scope })}` },
          })
        ).status;
      expect([
        await statusOf("GET", "read"),
        await statusOf("GET", "other"),
        await statusOf("POST", "read"),
        await statusOf("POST", "read write"),
        await statusOf("GET", "read write", "/admin/users"),
      ]).toEqual([200, 403, 403, 200, 403]);
    });

    test("asks for the scopes of the API's own path with a slash at its end and without", async () => {
      const statusOf = async (path: string, scope: string): Promise<number> =>
        (
          await public_(pathOf("scopes", path), {
            method: "PUT",
            headers: { authorization: `Bearer ${tokens.issue({ scope })}` },
          })
        ).status;
      expect([
        await statusOf("", "read"),
        await statusOf("/", "read"),
        await statusOf("/?x", "read"),
        await statusOf("", "read root"),
        await statusOf("/", "read root"),
        await statusOf("/below", "read"),
      ]).toEqual([403, 403, 403, 200, 200, 200]);
    });

    test("closes a path whatever its query, and the API's own with a slash at its end and without", async () => {
      const statuses = [];
      for (const below of [
        "/metrics",
        "/metrics?x",
        "/metrics;x",
        "/metricsx",
        "/metrics/x",
        "",
        "/",
        "?x",
        "/?x",
        "/x",
      ])
        statuses.push((await public_(pathOf("closed", below))).status);
      expect(statuses).toEqual([403, 403, 403, 200, 200, 403, 403, 403, 403, 200]);
    });

    test("counts operations, of several methods too, beside the policy's limit, which they use up as well", async () => {
      const statuses = [];
      for (const method of ["POST", "POST", "GET", "PUT", "DELETE", "GET", "GET"] as const)
        statuses.push((await public_(pathOf("counted"), { method })).status);
      expect(statuses).toEqual([200, 429, 200, 200, 429, 200, 429]);
    });

    const statusesOf = async (component: string, paths: readonly string[]): Promise<readonly number[]> => {
      const statuses = [];
      for (const below of paths) statuses.push((await public_(pathOf(component, below))).status);
      return statuses;
    };

    test("counts an exact path with every query, and nothing beyond it", async () => {
      const paths = ["/a.b?x=1", "/a.b?x=2", "/a.b", "/a.b;x", "/a.bx", "/a.b/x", "/aXb"];
      expect(await statusesOf("paths", paths)).toEqual([200, 429, 429, 429, 200, 200, 200]);
    });

    test("counts all below a path and its queries, and not what only begins alike", async () => {
      const paths = ["/orders?x", "/orders/1", "/orders", "/orders?y", "/ordersx"];
      expect(await statusesOf("paths", paths)).toEqual([200, 429, 429, 429, 200]);
    });

    test("counts the API's own path with a slash at its end and without", async () => {
      expect(await statusesOf("paths", ["/", "", "/?x", "?x"])).toEqual([200, 429, 429, 429]);
    });

    test("takes a path by the letter, whatever it means in a pattern", async () => {
      const other = oddPath.replace(".", "x");
      const paths = ["", oddPath, `${oddPath}?x`, `${oddPath}z`, other, other, `${other}z`];
      const below = paths.map((path) => `${oddPath}${path}`);
      expect(await statusesOf("odd", below)).toEqual([200, 200, 429, 403, 200, 200, 200]);
      expect((await public_(pathOf("odd", `${oddPath}/y`))).echo?.url).toBe(`${oddPath}/y`);
    });

    test("turns an operation that is stricter away by its own limit, and all by the policy's", async () => {
      const paths = ["/login", "/login?x", "/login", "/a", "/b", "/c"];
      expect(await statusesOf("stricter", paths)).toEqual([200, 429, 429, 200, 200, 429]);
    });

    test("turns an operation that is looser, by a window that divides the policy's, away by the policy's limit", async () => {
      expect(await statusesOf("looser", ["/list", "/list?x", "/list", "/a"])).toEqual([200, 200, 429, 429]);
    });

    test("asks for a key, and keeps it from the component", async () => {
      const without = await public_(pathOf("keys"));
      const refused = await public_(pathOf("keys"), { headers: { "x-key": "wrong" } });
      const { status, echo } = await public_(pathOf("keys"), { headers: { "x-key": "k-1" } });
      expect([without.status, refused.status, status, echo?.headers["x-key"]]).toEqual([401, 401, 200, undefined]);
    });

    test("takes a key from the query instead, where that is said too", async () => {
      const statuses = [];
      for (const query of ["", "?key=wrong", "?key=k-1"]) statuses.push((await public_(pathOf("keys", query))).status);
      expect(statuses).toEqual([401, 401, 200]);
    });

    test("asks for a password", async () => {
      const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });
      const without = await public_(pathOf("users"));
      const refused = await public_(pathOf("users"), { headers: basic("ada:wrong") });
      const taken = await public_(pathOf("users"), { headers: basic("ada:secret") });
      expect([without.status, refused.status, taken.status]).toEqual([401, 401, 200]);
    });

    test("answers a browser's preflight for the pages that may call", async () => {
      const preflight = async (origin: string) =>
        await public_(pathOf("pages"), {
          method: "OPTIONS",
          headers: { origin, "access-control-request-method": "PUT" },
        });
      const allowed = await preflight("https://a.example");
      const other = await preflight("https://b.example");
      expect([allowed.status, allowed.headers["access-control-allow-origin"]]).toEqual([200, "https://a.example"]);
      expect(allowed.headers["access-control-allow-methods"]).toBe("PUT");
      expect(other.headers["access-control-allow-origin"]).toBeUndefined();
    });

    test("tells a browser all that the pages may do", async () => {
      const origin = "https://x.b.example";
      const { headers } = await public_(pathOf("cookies"), {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "PUT", "access-control-request-headers": "x-a" },
      });
      const asked = await public_(pathOf("cookies"), { headers: { origin } });
      const allowed = ["origin", "methods", "headers", "credentials"].map(
        (what) => headers[`access-control-allow-${what}`],
      );
      expect(allowed).toEqual([origin, "GET, PUT", "x-a", "true"]);
      expect(headers["access-control-max-age"]).toBe("3600");
      expect(asked.headers["access-control-expose-headers"]).toBe("x-inner");
      expect(asked.headers["access-control-allow-origin"]).toBe(origin);
    });

    test("lets one level in and not the other, as the class says of each", async () => {
      const path = pathOf("levels");
      const inside = await askTls({ port: ports.innerTls, host: innerHost, path });
      expect([(await public_(path)).status, inside.status]).toEqual([403, "200"]);
    });

    test("turns away a blocked address that is allowed among others", async () => {
      expect((await public_(pathOf("hole"))).status).toBe(403);
    });

    test("turns away addresses", async () => {
      const blocked = await public_(pathOf("blocked"));
      const allowed = await public_(pathOf("allowed"));
      expect([blocked.status, allowed.status]).toEqual([403, 200]);
    });

    test("takes a client's address from its connection, and not from what it says", async () => {
      const headers = { "x-forwarded-for": "192.0.2.7" };
      const blocked = await public_(pathOf("blocked"), { headers });
      const elsewhere = await public_(pathOf("elsewhere"), { headers });
      expect([blocked.status, elsewhere.status]).toEqual([403, 403]);
    });

    test("changes headers both ways", async () => {
      const { echo, headers } = await public_(pathOf("headers"), { headers: { "x-old": "1", "x-set": "theirs" } });
      const seen = ["x-new", "x-set", "x-old", "x-letter"].map((name) => echo?.headers[name]);
      expect(seen).toEqual(["added", "ours", undefined, "100% of %REQ(:path)% and %%"]);
      expect(["x-out", "x-added", "x-version"].map((name) => headers[name])).toEqual(["yes", "too", undefined]);
    });

    test("gives up after the timeout, and tries again what may be tried", async () => {
      const slow = await public_(pathOf("timed", "/slow"));
      const failing = await public_(pathOf("timed", "/status/503"));
      expect([slow.status, failing.status]).toEqual([504, 503]);
    });

    test("asks a component that fails once again, and another not", async () => {
      const again = await public_(pathOf("timed", "/once/503"));
      const once = await public_(pathOf("echo", "/v1/once/503"));
      const twice = await public_(pathOf("echo", "/v1/once/503"));
      expect([again.status, once.status, twice.status]).toEqual([200, 503, 200]);
    });

    test("tries again what did not answer in the time of one try, and what failed as is said", async () => {
      const late = await public_(pathOf("retried", "/late"));
      const failed = await public_(pathOf("retried", "/once/500"));
      const refused = await public_(pathOf("retried", "/once/404"));
      expect([late.status, failed.status, refused.status]).toEqual([200, 200, 404]);
    });

    test("keeps a connection to the component, and closes one that is idle for too long", async () => {
      const areTwo = async (path: string): Promise<boolean> => {
        const [first, second] = await askTwice({ port: ports.http, host: publicHost, path });
        return first.echo?.connection !== second.echo?.connection;
      };
      const what = "a connection that was idle going";
      const path = pathOf("idle");
      const probe = async (): Promise<true | undefined> => ((await areTwo(path)) ? true : undefined);
      expect(await areTwo(pathOf("echo", "/v1/kept"))).toBe(false);
      expect(await poll({ what, timeoutMs: routesWaitMs, signal, probe })).toBe(true);
    });

    /** What one of so many requests at once gets, of which the component answers none. */
    const turnedAway = async (component: string, count: number): Promise<number> => {
      const leaving = new AbortController();
      const asked = Array.from({ length: count }, async () => {
        const { status, echo } = await public_(pathOf(component, "/slow"), { signal: leaving.signal });
        if (status !== 503 || echo !== undefined) throw new Error(`answered ${status}`);
        return status;
      });
      try {
        return await Promise.any(asked);
      } finally {
        leaving.abort();
        await Promise.allSettled(asked);
      }
    };

    test("turns away what is beyond the requests at once", async () => {
      // Each worker of an Envoy counts what the others let in a moment late.
      expect(await turnedAway("single", availableParallelism() + 8)).toBe(503);
    });

    test("turns away what is beyond the connections and who may wait for one", async () => {
      // Each worker of an Envoy may have one connection, whatever the limit is; one request may wait.
      expect(await turnedAway("broken", availableParallelism() + 8)).toBe(503);
      expect((await public_(pathOf("echo", "/v1"))).status).toBe(200);
    });

    test("tries no more again at once than it may", async () => {
      const leaving = new AbortController();
      const asked = ["first", "second"].map(async (query) => {
        const path = pathOf("patient", `/once/503/slow?${query}`);
        return (await public_(path, { signal: leaving.signal })).status;
      });
      try {
        expect(await Promise.any(asked)).toBe(503);
      } finally {
        leaving.abort();
        await Promise.allSettled(asked);
      }
    });

    test("waits no longer for a connection than it may", async () => {
      // Sooner than the whole request may take, which would be 504.
      expect((await public_(pathOf("deaf"))).status).toBe(503);
    });

    test("opens a WebSocket", async () => {
      expect(await openSocket(ports.http, publicHost, pathOf("sockets"))).toBe("over the socket");
    });

    const calls = () => ({ port: ports.http, host: ownHost("calls") });

    test("passes calls of gRPC, but for the method that nobody may call", async () => {
      const answered = await call({ ...calls(), method: "/shop.v1.Orders/List" });
      const refused = await call({ ...calls(), method: "/shop.v1.Orders/Drop" });
      expect([answered, refused.status]).toEqual([{ status: "0", message: "hello" }, "7"]);
    });

    test("counts a method of gRPC with every query", async () => {
      const statuses = [];
      for (const query of ["?x=1", "?x=2", ""])
        statuses.push((await call({ ...calls(), method: `/shop.v1.Orders/Count${query}` })).status);
      expect(statuses).toEqual(["0", "14", "14"]);
    });

    test("asks for the scopes of a method of gRPC", async () => {
      const statusOf = async (scope?: string): Promise<string> =>
        (
          await call({
            port: ports.http,
            host: ownHost("guarded-calls"),
            method: "/shop.v1.Orders/List",
            headers: scope === undefined ? {} : { authorization: `Bearer ${tokens.issue({ scope })}` },
          })
        ).status;
      expect([await statusOf(), await statusOf("read"), await statusOf("read list")]).toEqual(["16", "7", "0"]);
    });

    test("closes a TCP connection of an address that may not call, and one more than there may be", async () => {
      await using shut = await openTcp(ports.shut);
      await using only = await openTcp(ports.narrow);
      await using more = await openTcp(ports.narrow);
      expect([shut.back, only.back, more.back]).toEqual([undefined, "over TCP", undefined]);
    });

    test("passes TCP and UDP by their ports", async () => {
      expect([await echoTcp(ports.tcp), await echoUdp(ports.udp)]).toEqual(["over TCP", "over UDP"]);
    });

    test("ends TLS with the certificate that is there, though another is not, of no version before the oldest", async () => {
      const asked = { port: ports.innerTls, host: innerHost, path: pathOf("echo", "/v1") };
      const certificate = new X509Certificate(edge.certificate.cert).fingerprint256;
      expect(await askTls(asked)).toEqual({ status: "200", certificate, version: "TLSv1.3" });
      await expect(askTls(asked, { maxVersion: "TLSv1.2" })).rejects.toThrow(/protocol version/);
    });

    test("passes TLS through to the component by its server name", async () => {
      const certificate = new X509Certificate(edge.certificate.cert).fingerprint256;
      expect(await echoTls(ports.tls, ownHost("secure"))).toEqual({ back: "through TLS", certificate });
    });
  },
);

/** Every character that may be in a path and is none of a word's. */
const oddPath = "/a.b_~$&(c)*+,;=:@-";

/** Every character that may be in the name of a header and is none of a word's. */
const oddName = "!#$%&'*+-.^_|~`";

/** What the schema takes and hardly anybody writes. */
function strange(keysUrl: string): readonly string[] {
  const jwt = `jwt: {jwks: "${keysUrl}"`;
  return [
    `authentication: {type: apikey, apikey: {header: "${oddName}", queryParam: "a b\\né?&=%", secretRef: {name: keys}}}`,
    `authentication: {type: jwt, ${jwt}, issuer: "a name", audience: ["", "a\\nb", "é"]}}`,
    `authentication: {type: oauth2, ${jwt}}, oauth2: {scopes: ["!'()*[]{}%?#;"]}}`,
    `cors: {allowOrigins: [https://a.example], allowHeaders: ["${oddName}"], exposeHeaders: ["%"], allowMethods: ["%"]}`,
    `mediation: {requestTransformations: [{action: setHeader, headerName: "${oddName}", headerValue: '{"a": [b]} %%'}, {action: removeHeaders, headers: ["%a"]}]}`,
  ];
}

/** One component for each thing that is shown. */
function components(keysUrl: string, { tcp, shut, narrow, udp }: Ports): Readonly<Record<string, Exposed>> {
  const rest = (policy?: string, api?: string): Exposed => ({
    type: "REST",
    port,
    ...(api === undefined ? {} : { api }),
    ...(policy === undefined ? {} : { policy: `{restPolicy: {defaults: ${policy}}}` }),
  });
  const once = "rateLimit: {requests: 1, window: 1h}";
  // Global limits need a service of their own, which is not here.
  const every = Object.entries(policies).filter(([, policy]) => !policy.includes("scope: Global"));
  const jwt = `jwt: {jwks: "${keysUrl}", issuer: "${issuer}"`;
  return {
    echo: rest(undefined, `rest: {backend: {port: ${port}, basePath: /v1}}`),
    limited: rest("{rateLimit: {requests: 3, window: 1h}}"),
    tokens: rest(`{authentication: {type: jwt, ${jwt}, audience: [shop]}}}`),
    scopes: rest(
      `{authentication: {type: oauth2, ${jwt}}, oauth2: {scopes: [read]}}, operations: [{path: {value: /admin}, access: Deny}, {methods: [POST], scopes: [write]}, {methods: [PUT], path: {type: Exact, value: /}, scopes: [root]}]}`,
    ),
    closed: rest(
      "{operations: [{path: {type: Exact, value: /metrics}, access: Deny}, {path: {type: Exact, value: /}, access: Deny}]}",
    ),
    counted: rest(
      "{rateLimit: {requests: 4, window: 1h}, operations: [{methods: [POST], rateLimit: {requests: 1, window: 1h}}, {methods: [PUT, DELETE], rateLimit: {requests: 1, window: 1h}}]}",
    ),
    paths: rest(
      `{operations: [${["{type: Exact, value: /a.b}", "{value: /orders}", "{type: Exact, value: /}"].map((path) => `{path: ${path}, ${once}}`).join(", ")}]}`,
    ),
    stricter: rest(`{rateLimit: {requests: 3, window: 1h}, operations: [{path: {value: /login}, ${once}}]}`),
    looser: rest(
      "{rateLimit: {requests: 2, window: 1h}, operations: [{path: {value: /list}, rateLimit: {requests: 100, window: 1m}}]}",
    ),
    ...Object.fromEntries(
      Object.entries(windows).map(([name, [window]]) => [name, rest(`{rateLimit: {requests: 1, window: ${window}}}`)]),
    ),
    keys: rest("{authentication: {type: apikey, apikey: {header: X-Key, queryParam: key, secretRef: {name: keys}}}}"),
    users: rest("{authentication: {type: basic, basic: {secretRef: {name: users}}}}"),
    pages: rest("{cors: {allowOrigins: [https://a.example], allowMethods: [PUT]}}"),
    cookies: rest(
      '{cors: {allowOrigins: ["https://*.b.example"], allowMethods: [GET, PUT], allowHeaders: [x-a], exposeHeaders: [x-inner], maxAge: 3600, allowCredentials: true}}',
    ),
    levels: {
      type: "REST",
      port,
      policy: "{restPolicy: {defaults: {timeouts: {request: 5s}}, public: {security: {blockedIPs: [127.0.0.0/8]}}}}",
    },
    hole: rest("{security: {allowedIPs: [127.0.0.0/8], blockedIPs: [127.0.0.1]}}"),
    blocked: rest("{security: {blockedIPs: [127.0.0.0/8]}}"),
    allowed: rest("{security: {allowedIPs: [127.0.0.1]}}"),
    elsewhere: rest("{security: {allowedIPs: [192.0.2.7]}}"),
    headers: rest(
      "{mediation: {requestTransformations: [{action: addHeader, headerName: X-New, headerValue: added}, {action: setHeader, headerName: X-Set, headerValue: ours}, {action: removeHeaders, headers: [X-Old]}, {action: setHeader, headerName: X-Letter, headerValue: '100% of %REQ(:path)% and %%'}], responseTransformations: [{action: setHeader, headerName: X-Out, headerValue: 'yes'}, {action: addHeader, headerName: X-Added, headerValue: too}, {action: removeHeaders, headers: [X-Version]}]}}",
    ),
    timed: rest(
      "{timeouts: {request: 500ms, connect: 1s}, retries: {attempts: 1, statusCodes: [503]}, circuitBreaker: {enabled: true, maxConnections: 100}}",
    ),
    retried: rest("{retries: {attempts: 1, on: [5xx], perTry: 500ms, backoff: {base: 1ms, max: 10ms}}}"),
    patient: rest(
      "{retries: {attempts: 1, statusCodes: [503]}, circuitBreaker: {enabled: true, maxParallelRetries: 1}}",
    ),
    deaf: rest("{timeouts: {connect: 100ms, request: 5s}}"),
    idle: rest("{timeouts: {idle: 1ms}}"),
    single: rest("{circuitBreaker: {enabled: true, maxParallelRequests: 1}}"),
    broken: rest("{circuitBreaker: {enabled: true, maxConnections: 1, maxPendingRequests: 1}}"),
    ...Object.fromEntries(every.map(([name, policy]) => [`every-${name}`, rest(policy)])),
    odd: rest(
      `{operations: [{path: {value: "${oddPath}"}, ${once}}, {path: {type: Exact, value: "${oddPath}z"}, access: Deny}]}`,
      `rest: {backend: {port: ${port}, basePath: "${oddPath}"}}`,
    ),
    ...Object.fromEntries(strange(keysUrl).map((policy, index) => [`strange-${index}`, rest(`{${policy}}`)] as const)),
    sockets: { type: "Websocket", port },
    graph: { type: "GraphQL", port },
    calls: {
      type: "gRPC",
      port: 9090,
      policy:
        "{grpcPolicy: {defaults: {rateLimit: {requests: 100, window: 1m}, operations: [{service: shop.v1.Orders, method: Drop, access: Deny}, {service: shop.v1.Orders, method: Count, rateLimit: {requests: 1, window: 1h}}]}}}",
    },
    "guarded-calls": {
      type: "gRPC",
      port: 9090,
      policy: `{grpcPolicy: {defaults: {authentication: {type: oauth2, ${jwt}}, oauth2: {scopes: [read]}}, operations: [{service: shop.v1.Orders, scopes: [list]}]}}}`,
    },
    shut: {
      type: "TCP",
      levels: "[Public]",
      port: 5432,
      api: `gatewayPort: ${shut}`,
      policy: "{streamPolicy: {defaults: {security: {blockedIPs: [127.0.0.0/8]}}}}",
    },
    narrow: {
      type: "TCP",
      levels: "[Public]",
      port: 5432,
      api: `gatewayPort: ${narrow}`,
      policy: "{streamPolicy: {defaults: {circuitBreaker: {enabled: true, maxConnections: 1}}}}",
    },
    tcp: {
      type: "TCP",
      levels: "[Public]",
      port: 5432,
      api: `gatewayPort: ${tcp}`,
      policy: "{streamPolicy: {public: {security: {allowedIPs: [127.0.0.0/8]}}, defaults: {timeouts: {connect: 1s}}}}",
    },
    udp: { type: "UDP", levels: "[Public]", port: 5353, api: `gatewayPort: ${udp}` },
    secure: { type: "TLS", levels: "[Public]", port: 8443 },
  };
}

function spokenBy(type: string): Spoken {
  switch (type) {
    case "gRPC":
      return "grpc";
    case "TCP":
    case "UDP":
    case "TLS":
      return type.toLowerCase() as Spoken; // the three are spelt alike
    default:
      return "http";
  }
}

/** What the plane's store keeps; the password's hash is the SHA of `secret`. */
const store = { keys: "k-1", users: "ada:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n" };

/** The Secret that the plane names, in a namespace that may be there before the plane's own Release comes. */
function certificateObjects({ cert, key }: Edge["certificate"]): readonly KubernetesObject[] {
  const namespace = "openchoreo-data-plane";
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "edge", namespace },
      type: "kubernetes.io/tls",
      stringData: { "tls.crt": cert, "tls.key": key },
    },
  ];
}

/** Public routes by HTTP, so that a test sees them bare; those of the organization by HTTPS alone. */
function gatewaysOf({ http, tls, tcp, shut, narrow, udp, inner, innerTls }: Ports): string {
  const external = `{http: {port: ${http}}, passthrough: {port: ${tls}}, tcp: [${[tcp, shut, narrow].join(", ")}], udp: [${udp}]}`;
  const https = `{port: ${innerTls}, certificates: [{name: edge}, {name: not-there}], minTLSVersion: "1.3"}`;
  const internal = `{http: {port: ${inner}}, https: ${https}}`;
  return `{publicVirtualHost: apps.example, organizationVirtualHost: inner.example, manage: {external: ${external}, internal: ${internal}}}`;
}

/** Envoy learns of routes some time after their objects are there; then the last of all kinds answers. */
async function waitForRoutes({ envoy }: Edge, ports: Ports): Promise<void> {
  const publicly = { port: ports.http, host: publicHost, path: pathOf("echo", "/v1") };
  const inside = { port: ports.innerTls, host: innerHost, path: pathOf("echo", "/v1") };
  const isThere = async (asking: Promise<{ readonly status: number | string }>): Promise<boolean> =>
    await asking.then(
      ({ status }) => String(status) === "200",
      () => false,
    );
  await poll({
    what: "Envoy taking the routes",
    timeoutMs: routesWaitMs,
    signal: AbortSignal.any([signal, envoy.ended]),
    probe: async () => ((await isThere(ask(publicly))) && (await isThere(askTls(inside))) ? true : undefined),
  });
}
