/**
 * Every object that is rendered, of all fixtures, of each v0.3 folder, and of a class with every policy, tried by a real API
 * server with the real definitions: server-side apply, dry, with strict field validation.
 */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KubernetesObject } from "../schemas/object-id.ts";
import { tenantSpecs } from "./cilium/tenant-specs.ts";
import { allClosed, type Tenancy } from "./cilium/tenants.ts";
import { ApiError } from "./clusters/api-error.ts";
import { KubeClient } from "./clusters/kube-client.ts";
import { readKubeconfig } from "./clusters/kubeconfig.ts";
import { policies, writeEveryPolicy } from "./envoy/every-policy.ts";
import { componentOf, platformOf, platformOfGuest } from "./envoy/gateway-specs.ts";
import { sourcePath } from "./platform/node-program.ts";
import { renderFolders } from "./platform/render-folders.ts";
import { findSamples } from "./platform/shared-samples.ts";
import { sharedKubeconfig } from "./platform/test-platform.ts";

const samples = findSamples("dry runs of what the v0.3 samples render to");
/** Objects of all Releases are tried in this one, so that no other test's cell is touched. */
const namespace = "gitplane-dry-run";
const open = { withinCell: true, egress: true };
const allOpen: Tenancy["open"] = { acme: open, globex: open };

/** Each folder with the parts of `fixtures/surroundings` that it assumes, and how many objects it becomes: network policies, and each other kind. */
const sampleFolders = [
  {
    folder: "apim-samples",
    parts: ["platform", "stages"],
    policies: 5,
    yields: {
      Namespace: 1,
      Deployment: 4,
      Service: 4,
      HTTPRoute: 4,
      SecurityPolicy: 2,
      BackendTrafficPolicy: 2,
    },
  },
  {
    folder: "from-image",
    parts: ["platform", "stages"],
    policies: 3,
    yields: { Namespace: 1, Deployment: 2, Service: 2, HTTPRoute: 3, CronJob: 1 },
  },
  {
    folder: "from-source",
    parts: ["platform", "stages", "built"],
    policies: 5,
    yields: { Namespace: 1, Deployment: 4, Service: 4, HTTPRoute: 4 },
  },
  {
    folder: "gcp-microservices-demo",
    parts: ["platform", "stages"],
    policies: 21,
    yields: { Namespace: 1, Deployment: 11, Service: 11, HTTPRoute: 1 },
  },
  { folder: "platform-config", parts: ["platform"], policies: 0, yields: {} },
];

describe.skipIf(sharedKubeconfig === undefined)("a real API server takes every object", () => {
  let cluster: KubeClient;
  let folder: string;

  beforeAll(async () => {
    cluster = new KubeClient(await readKubeconfig(sharedKubeconfig ?? ""));
    folder = await mkdtemp(join(tmpdir(), "gitplane-dry-run-"));
    await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  });
  afterAll(async () => {
    await cluster.remove(`/api/v1/namespaces/${namespace}`);
    await cluster[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** What is rendered of the folders, without an error, once the server has taken all of it. */
  async function takenOf(name: string, folders: readonly string[]): Promise<readonly KubernetesObject[]> {
    const { objects, complaints } = await renderFolders(folders, join(folder, name));
    expect(complaints).toContain("; 0 errors, ");
    expect(await findRefused(cluster, objects)).toEqual([]);
    return objects;
  }

  test.for(["platform", "workload", "examples"])("of fixtures/%s", async (name) => {
    expect(await takenOf(name, [sourcePath(`fixtures/${name}`)])).not.toEqual([]);
  });

  const keepers = ["CiliumNetworkPolicy", "NetworkPolicy"] as const;
  test
    .skipIf(samples === undefined)
    .for(sampleFolders.flatMap((sample) => keepers.map((keeper) => ({ ...sample, keeper }))))(
    "of $folder, with each $keeper",
    async ({ folder: name, parts, policies: count, yields, keeper }) => {
      const around = keeper === "NetworkPolicy" ? surroundings(...parts) : await withCilium(folder, parts);
      const objects = await takenOf(`${name}-${keeper}`, [...around, join(samples ?? "", name)]);
      expect(countKinds(objects)).toEqual({ ...yields, ...(count === 0 ? {} : { [keeper]: count }) });
    },
  );

  test.for<Omit<Tenancy, "hasProduction"> & { readonly what: string }>([
    { what: "closed cells of Cilium", networkPolicy: "Cilium", open: allClosed },
    { what: "open cells of Cilium", networkPolicy: "Cilium", open: allOpen },
    { what: "closed cells of Kubernetes", networkPolicy: "Kubernetes", open: allClosed },
    { what: "open cells of Kubernetes", networkPolicy: "Kubernetes", open: allOpen },
  ])("of $what, with every kind of peer", async ({ what, ...rest }) => {
    const tenancy = { ...rest, hasProduction: false };
    const specs = await mkdtemp(join(folder, "tenants-"));
    await writeFile(join(specs, "platform.yaml"), tenantSpecs(tenancy));
    const objects = await takenOf(what, [specs]);
    const kind = tenancy.networkPolicy === "Cilium" ? "CiliumNetworkPolicy" : "NetworkPolicy";
    expect(objects.filter((object) => object.kind === kind).length).toBeGreaterThan(8);
  });

  test("of classes with every policy", async () => {
    const specs = join(folder, "specs");
    await mkdir(specs);
    await writeEveryPolicy(specs);
    const objects = await takenOf("policies", [...surroundings("platform", "stages"), specs]);
    const guarded = objects.filter(({ apiVersion }) => apiVersion === "gateway.envoyproxy.io/v1alpha1");
    const components = guarded.map(({ metadata }) => metadata.labels?.["component-name"]);
    expect(new Set(components)).toEqual(new Set(Object.keys(policies)));
  });

  test("of an environment in two regions", async () => {
    const objects = await takenOf("regions", [sourcePath("fixtures/regions")]);
    const stores = objects.filter(({ kind, metadata }) => kind === "Deployment" && metadata.name === "store");
    const planes = stores.map(({ metadata }) => metadata.labels?.["gitplane.dev/plane"]);
    expect(planes).toHaveLength(3);
    expect(new Set(planes)).toEqual(new Set(["data.acme.eu", "data.acme.us"]));
  });

  test("of a cluster that two organizations share", async () => {
    const adopted = { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop-as-it-was" } };
    await cluster.apply(adopted);
    const objects = await takenOf("shared", [sourcePath("fixtures/shared")]);
    const carts = objects.filter(({ kind, metadata }) => kind === "Deployment" && metadata.name === "cart");
    const planes = carts.map(({ metadata }) => metadata.labels?.["gitplane.dev/plane"]);
    expect(new Set(planes)).toEqual(new Set(["data.acme.east", "data.globex.east"]));
  });

  test("of a plane's own gateways, with every kind of route", async () => {
    const specs = join(folder, "gateway-specs");
    await mkdir(specs);
    const listening =
      "{http: {}, https: {certificates: [{name: a}, {name: b}], minTLSVersion: '1.3'}, passthrough: {}, tcp: [5432], udp: [53]}";
    const hosts = "publicVirtualHost: apps.example, organizationVirtualHost: inner.example";
    const port = { REST: 80, gRPC: 9090, TLS: 8443, TCP: 5432, UDP: 53 };
    await writeFile(
      join(specs, "platform.yaml"),
      platformOf(`{${hosts}, manage: {external: ${listening}, internal: ${listening}}}`),
    );
    for (const [type, number] of Object.entries(port)) {
      const api = type === "TCP" || type === "UDP" ? `gatewayPort: ${number}` : "";
      const header = "{action: setHeader, headerName: X-A, headerValue: a}";
      const mediation = `{mediation: {requestTransformations: [${header}], responseTransformations: [${header}]}}`;
      const policy = `{restPolicy: {defaults: ${mediation}}, grpcPolicy: {defaults: ${mediation}}, streamPolicy: {defaults: {circuitBreaker: {enabled: true, maxConnections: 1}}}}`;
      const open = type === "UDP" ? "{}" : policy;
      await writeFile(
        join(specs, `${type}.yaml`),
        componentOf(type.toLowerCase(), { type, port: number, api, policy: open }),
      );
    }
    expect(countKinds(await takenOf("gateways", [specs]))).toEqual({
      Namespace: 2,
      NetworkPolicy: 6,
      Deployment: 5,
      Service: 5,
      GatewayClass: 1,
      Gateway: 2,
      ClientTrafficPolicy: 2,
      EnvoyProxy: 2,
      HTTPRoute: 4,
      GRPCRoute: 2,
      TLSRoute: 2,
      TCPRoute: 2,
      UDPRoute: 2,
      BackendTrafficPolicy: 4,
    });
  });

  test("of gateways that two organizations use, with the certificates of each", async () => {
    const specs = join(folder, "shared-gateway-specs");
    await mkdir(specs);
    const https = "{https: {issuer: {name: ca}}}";
    const hosts = (domain: string): string =>
      `publicVirtualHost: apps.${domain}, organizationVirtualHost: inner.${domain}`;
    const manage = `manage: {external: ${https}, internal: ${https}, sharedWith: [guest]}`;
    await writeFile(join(specs, "platform.yaml"), platformOf(`{${hosts("example")}, ${manage}}`));
    const shared = "sharedFrom: {organization: default, name: eu}";
    const guest = platformOfGuest("guest", `{${hosts("guest.example")}, ${shared}}`);
    await writeFile(join(specs, "guest.yaml"), guest);
    const objects = await takenOf("shared-gateways", [specs]);
    expect(countKinds(objects)).toEqual({
      Namespace: 1,
      GatewayClass: 1,
      Gateway: 2,
      ClientTrafficPolicy: 2,
      EnvoyProxy: 2,
      Certificate: 4,
    });
  });

  test.for<Pick<KubernetesObject, "apiVersion" | "kind"> & { readonly spec: object; readonly field: string }>([
    {
      apiVersion: "gateway.envoyproxy.io/v1alpha1",
      kind: "SecurityPolicy",
      spec: { targetRefs: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", name: "a" }], jwks: {} },
      field: "jwks",
    },
    { apiVersion: "cilium.io/v2", kind: "CiliumNetworkPolicy", spec: { podSelector: {} }, field: "podSelector" },
    { apiVersion: "cert-manager.io/v1", kind: "Certificate", spec: { dnsName: "a" }, field: "dnsName" },
  ])("and refuses a $kind with a field that does not exist", async ({ field, ...parts }) => {
    const object: KubernetesObject = { ...parts, metadata: { name: "wrong", namespace } };
    expect(await findRefused(cluster, [object])).toEqual([
      expect.stringContaining(`.spec.${field}: field not declared in schema`),
    ]);
  });
});

function surroundings(...parts: readonly string[]): readonly string[] {
  return parts.map((part) => sourcePath(`fixtures/surroundings/${part}`));
}

/** The same, on a plane whose cluster has Cilium. */
async function withCilium(folder: string, parts: readonly string[]): Promise<readonly string[]> {
  const platform = await mkdtemp(join(folder, "platform-"));
  await cp(sourcePath("fixtures/surroundings/platform"), platform, { recursive: true });
  const path = join(platform, "planes.yaml");
  const planes = await readFile(path, "utf8");
  await writeFile(path, planes.replace("networkPolicy: Kubernetes", "networkPolicy: Cilium"));
  return [platform, ...surroundings(...parts.filter((part) => part !== "platform"))];
}

/** `Kind name: what the server says` of each object that it does not take. */
async function findRefused(cluster: KubeClient, objects: readonly KubernetesObject[]): Promise<readonly string[]> {
  const refused: string[] = [];
  for (const object of objects) {
    const { metadata } = object;
    const moved = metadata.namespace === undefined ? object : { ...object, metadata: { ...metadata, namespace } };
    try {
      // What another test left of the same name is not what is asked about.
      await cluster.apply(moved, { isStrictDryRun: true, force: true });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      refused.push(`${object.kind} ${metadata.name}: ${error.message}`);
    }
  }
  return refused;
}

function countKinds(objects: readonly KubernetesObject[]): Readonly<Record<string, number>> {
  return Object.fromEntries([...Map.groupBy(objects, ({ kind }) => kind)].map(([kind, all]) => [kind, all.length]));
}
