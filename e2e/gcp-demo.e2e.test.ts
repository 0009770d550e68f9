/** The real eleven-component demo of v0.3, unchanged, with our surroundings: every pod Ready, every connection right. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { cellNamespace } from "../schemas/names.ts";
import type { PlaneId } from "../schemas/layout.ts";
import { sourcePath } from "./platform/node-program.ts";
import { findSamples } from "./platform/shared-samples.ts";
import { openTestPlatform, sharedKubeconfig, type TestPlatform, waitUntilApplied } from "./platform/test-platform.ts";

const samples = findSamples("the v0.3 demo on a real cluster");
const plane: PlaneId = { kind: "data", organization: "default", name: "default" };
const namespace = cellNamespace({
  organization: "default",
  project: "gcp-microservice-demo",
  environment: "development",
});

/** Edges as the demo's documents declare them: component → variable → target and its port. */
const edges: Readonly<Record<string, Readonly<Record<string, readonly [target: string, port: number]>>>> = {
  ad: {},
  cart: { REDIS_ADDR: ["redis", 6379] },
  checkout: {
    CART_SERVICE_ADDR: ["cart", 7070],
    CURRENCY_SERVICE_ADDR: ["currency", 7000],
    EMAIL_SERVICE_ADDR: ["email", 5000],
    PAYMENT_SERVICE_ADDR: ["payment", 50051],
    PRODUCT_CATALOG_SERVICE_ADDR: ["productcatalog", 3550],
    SHIPPING_SERVICE_ADDR: ["shipping", 50055],
  },
  currency: {},
  email: {},
  frontend: {
    AD_SERVICE_ADDR: ["ad", 9555],
    CART_SERVICE_ADDR: ["cart", 7070],
    CHECKOUT_SERVICE_ADDR: ["checkout", 5050],
    CURRENCY_SERVICE_ADDR: ["currency", 7000],
    PAYMENT_SERVICE_ADDR: ["payment", 50051],
    PRODUCT_CATALOG_SERVICE_ADDR: ["productcatalog", 3550],
    RECOMMENDATION_SERVICE_ADDR: ["recommendation", 8080],
    SHIPPING_SERVICE_ADDR: ["shipping", 50055],
  },
  payment: {},
  productcatalog: {},
  recommendation: { PRODUCT_CATALOG_SERVICE_ADDR: ["productcatalog", 3550] },
  redis: {},
  shipping: {},
};

const Deployments = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({
        template: z.object({
          spec: z.object({
            containers: z.array(
              z.object({ env: z.array(z.object({ name: z.string(), value: z.string() })).default([]) }),
            ),
          }),
        }),
      }),
    }),
  ),
});
const Pods = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()) }),
      status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) }),
    }),
  ),
});

describe.skipIf(sharedKubeconfig === undefined || samples === undefined)("the v0.3 demo on a real cluster", () => {
  let platform: TestPlatform;

  beforeAll(async () => {
    platform = await openTestPlatform();
    await platform.specs.copy(sourcePath("fixtures/surroundings"));
    await platform.specs.copy(join(samples ?? "", "gcp-microservices-demo"));
    await platform.specs.commit("Add the demo");
    await platform.specs.push();
    await platform.startAgent(plane);
    await waitUntilApplied(platform, plane);
  });
  afterAll(async () => platform[Symbol.asyncDispose]());

  test("every pod is Ready", async () => {
    const { items } = Pods.parse(await platform.cluster.get(`/api/v1/namespaces/${namespace}/pods`));
    const ready = items.filter(({ status }) =>
      status.conditions.some(({ type, status: is }) => type === "Ready" && is === "True"),
    );
    expect(new Set(ready.map(({ metadata }) => metadata.labels["component-name"]))).toEqual(
      new Set(Object.keys(edges)),
    );
    expect(ready).toHaveLength(items.length);
  });

  test("every connection variable names its target's Service and port, and nothing else is connected", async () => {
    const { items } = Deployments.parse(
      await platform.cluster.get(`/apis/apps/v1/namespaces/${namespace}/deployments`),
    );
    const found = Object.fromEntries(
      items.map(({ metadata, spec }) => {
        const variables = spec.template.spec.containers
          .flatMap(({ env }) => env)
          .filter(({ value }) => value.includes(".svc:"));
        return [metadata.name, Object.fromEntries(variables.map(({ name, value }) => [name, value]))];
      }),
    );
    const wanted = Object.fromEntries(
      Object.entries(edges).map(([component, variables]) => [
        component,
        Object.fromEntries(
          Object.entries(variables).map(([name, [target, port]]) => [name, `${target}.${namespace}.svc:${port}`]),
        ),
      ]),
    );
    expect(found).toEqual(wanted);
    expect(Object.values(edges).flatMap((variables) => Object.keys(variables))).toHaveLength(16);
  });

  test("the storefront alone is routed, under a host of its own", async () => {
    const Routes = z.object({
      items: z.array(
        z.object({ metadata: z.object({ name: z.string() }), spec: z.object({ hostnames: z.array(z.string()) }) }),
      ),
    });
    const { items } = Routes.parse(
      await platform.cluster.get(`/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/httproutes`),
    );
    expect(items.map(({ metadata, spec }) => [metadata.name, spec.hostnames])).toEqual([
      ["frontend", ["frontend-gcp-microservice-demo-default.dev.choreoapis.localhost"]],
    ]);
  });
});
