/**
 * What a real Envoy Gateway makes in a cluster for the gateways of a plane: who reaches them is the type of the Service, by the
 * rendered EnvoyProxy. And what it says of limits that all of its Envoys count together, which needs its rate limit service to be
 * there as an object. Nothing runs here for lack of nodes; gateways.e2e.test.ts has Envoys that run.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { poll } from "./clusters/poll.ts";
import { isJudged, settledComplaints } from "./envoy/conditions.ts";
import { type Edge, openEdge } from "./envoy/edge.ts";
import { findWhatEnvoyLacks } from "./envoy/find-envoy.ts";
import { componentOf, type Exposed, platformOf } from "./envoy/gateway-specs.ts";
import { systemNamespace } from "./envoy/start-envoy.ts";

const lacks = await findWhatEnvoyLacks("the Services of gateways");
const signal = AbortSignal.timeout(1_800_000);
const waitMs = 120_000;

const Services = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()).default({}) }),
      spec: z.object({ type: z.string(), ports: z.array(z.object({ port: z.number() })) }),
    }),
  ),
});

describe.skipIf(lacks !== undefined)("the Services of a plane's gateways", () => {
  let edge: Edge;

  beforeAll(async () => {
    edge = await openEdge({ envoys: "objects", onProgress: (line) => process.stderr.write(`${line}\n`), signal });
  });
  afterAll(async () => await edge?.[Symbol.asyncDispose]());

  /** `<gateway>: <type>`, of those that Envoy Gateway made. */
  async function servicesOf(): Promise<readonly string[]> {
    const { items } = Services.parse(await edge.client.get(`/api/v1/namespaces/${systemNamespace}/services`));
    return items
      .flatMap(({ metadata: { labels }, spec: { type, ports } }) => {
        const gateway = labels["gateway.envoyproxy.io/owning-gateway-name"];
        return gateway === undefined ? [] : [`${gateway}: ${type} ${ports.map(({ port }) => port).join()}`];
      })
      .toSorted();
  }

  async function expectServices(gateway: string, wanted: readonly string[]): Promise<void> {
    await edge.apply({ platform: platformOf(gateway) });
    let last: readonly string[] = [];
    await poll({
      what: "Envoy Gateway making the Services",
      timeoutMs: waitMs,
      signal,
      probe: async () => {
        last = await servicesOf();
        return JSON.stringify(last) === JSON.stringify(wanted) ? true : undefined;
      },
    }).catch(() => undefined);
    expect(last).toEqual(wanted);
  }

  const hosts = "publicVirtualHost: apps.example, organizationVirtualHost: inner.example";

  test("open the outer gateway to everybody, and the inner one to the cluster alone", async () => {
    await expectServices(`{${hosts}, manage: {external: {http: {port: 8000}}, internal: {http: {port: 8001}}}}`, [
      "gateway-external: LoadBalancer 8000",
      "gateway-internal: ClusterIP 8001",
    ]);
  });

  test("take limits that they count together: of an API, of its operations, of calls of gRPC", async () => {
    const limited = (type: string, field: string, operations: string): Exposed => ({
      type,
      port: 7070,
      policy: `{${field}: {defaults: {rateLimit: {requests: 9, window: 1h, scope: Global}, operations: [${operations}]}}}`,
    });
    const operation = (match: string): string => `{${match}, rateLimit: {requests: 1, window: 1h}}`;
    const managed = "manage: {external: {http: {port: 8000}}, internal: {http: {port: 8001}}}";
    const objects = await edge.apply({
      platform: platformOf(`{${hosts}, rateLimitService: true, ${managed}}`),
      api: componentOf("api", limited("REST", "restPolicy", operation("path: {value: /login}"))),
      calls: componentOf("calls", limited("gRPC", "grpcPolicy", operation("service: shop.v1.Orders, method: List"))),
    });
    // Gateways wait for pods that nothing runs here.
    const judged = objects.filter((object) => isJudged(object) && /(Route|Policy)$/.test(object.kind));
    const complaints = await settledComplaints(judged, edge.client, { expected: [], timeoutMs: waitMs, signal });
    expect(complaints).toEqual([]);
    const policies = judged.filter(({ kind }) => kind === "BackendTrafficPolicy");
    expect(policies.map(({ spec }) => (spec as { rateLimit: { type: string } }).rateLimit.type)).toEqual(
      policies.map(() => "Global"),
    );
    expect(policies.length).toBeGreaterThanOrEqual(4);
  });

  test("change when the plane says so", async () => {
    const external = "{http: {port: 8000}, service: {type: NodePort}}";
    const internal = "{http: {port: 8001}, service: {type: LoadBalancer}}";
    await expectServices(`{${hosts}, manage: {external: ${external}, internal: ${internal}}}`, [
      "gateway-external: NodePort 8000",
      "gateway-internal: LoadBalancer 8001",
    ]);
  });
});
