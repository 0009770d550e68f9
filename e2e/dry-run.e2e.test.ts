/**
 * Every object that is rendered, of the sample platform, of each v0.3 folder, and of a class with every policy, tried by a
 * real API server with the real definitions: server-side apply, dry, with strict field validation.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KubernetesObject } from "../schemas/object-id.ts";
import { ApiError } from "./clusters/api-error.ts";
import { KubeClient } from "./clusters/kube-client.ts";
import { readKubeconfig } from "./clusters/kubeconfig.ts";
import { componentOf, platformOf, secretReferenceOf } from "./envoy/gateway-specs.ts";
import { sourcePath } from "./platform/node-program.ts";
import { renderFolders } from "./platform/render-folders.ts";
import { findSamples } from "./platform/shared-samples.ts";
import { sharedKubeconfig } from "./platform/test-platform.ts";

const samples = findSamples("dry runs of what the v0.3 samples render to");
/** Objects of all Releases are tried in this one, so that no other test's cell is touched. */
const namespace = "gitplane-dry-run";

/** Each folder with the parts of `fixtures/surroundings` that it assumes, and how many objects of each kind it becomes. */
const sampleFolders = [
  {
    folder: "apim-samples",
    parts: ["platform", "stages"],
    yields: {
      Namespace: 1,
      NetworkPolicy: 5,
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
    yields: { Namespace: 1, NetworkPolicy: 3, Deployment: 2, Service: 2, HTTPRoute: 3, CronJob: 1 },
  },
  {
    folder: "from-source",
    parts: ["platform", "stages", "built"],
    yields: { Namespace: 1, NetworkPolicy: 5, Deployment: 4, Service: 4, HTTPRoute: 4 },
  },
  {
    folder: "gcp-microservices-demo",
    parts: ["platform", "stages"],
    yields: { Namespace: 1, NetworkPolicy: 21, Deployment: 11, Service: 11, HTTPRoute: 1 },
  },
  { folder: "platform-config", parts: ["platform"], yields: {} },
];

const jwt = "{jwks: https://login.example/keys, issuer: https://login.example, audience: [a, b]}";
/** By the component that has it. */
const policies: Readonly<Record<string, string>> = {
  tokens: `{authentication: {type: jwt, jwt: ${jwt}}}`,
  "tokens-of-anybody": "{authentication: {type: jwt, jwt: {jwks: http://login.example/keys, audience: []}}}",
  scopes: `{authentication: {type: oauth2, jwt: ${jwt}, oauth2: {scopes: [read, "api://x/write:all"]}}}`,
  addresses:
    '{security: {allowedIPs: [10.0.0.0/8, 192.0.2.7, "2001:db8::/32", "2001:db8::7", "::/0", "1:2:3:4:5:6:7:8"], blockedIPs: [0.0.0.0/0, "fe80::/10"]}}',
  "scopes-and-addresses": `{authentication: {type: oauth2, jwt: ${jwt}, oauth2: {scopes: [read]}}, security: {allowedIPs: [10.0.0.0/8], blockedIPs: [10.6.6.6]}}`,
  cors: '{cors: {allowOrigins: ["*", https://a.example, "https://*.b.example:8443", "moz-extension://x", "https://*"], allowMethods: [GET, "*"], allowHeaders: [X-A], exposeHeaders: ["*"], maxAge: 31536000}}',
  "cors-that-nobody-keeps": '{cors: {allowOrigins: ["*"], maxAge: 0}}',
  "limit-per-second": "{rateLimit: {requests: 4294967295, window: 1s}}",
  "limit-per-minute": "{rateLimit: {requests: 1, window: 1m}}",
  "limit-per-hour": "{rateLimit: {requests: 1, window: 1h}}",
  "limit-per-day": "{rateLimit: {requests: 1, window: 1d}}",
  "circuit-breaker":
    "{circuitBreaker: {enabled: true, maxConnections: 1, maxPendingRequests: 2, maxParallelRequests: 3, maxParallelRetries: 4294967295}}",
  "circuit-breaker-without-limits": "{circuitBreaker: {enabled: true}}",
  "limit-per-week": "{rateLimit: {requests: 1, window: 7d}}",
  "limit-of-all": "{rateLimit: {requests: 1, window: 365d, scope: Global}}",
  keys: "{authentication: {type: apikey, apikey: {header: X-Key, queryParam: key, secretRef: {name: keys}}}}",
  users: "{authentication: {type: basic, basic: {secretRef: {name: users}}}}",
  cookies: "{cors: {allowOrigins: [https://a.example], allowCredentials: true}}",
  timeouts: "{timeouts: {request: 99999h, connect: 1ms, idle: 0s}}",
  retries:
    "{retries: {attempts: 100, on: [5xx, gateway-error, reset, reset-before-request, connect-failure, retriable-4xx, refused-stream, cancelled, deadline-exceeded, internal, resource-exhausted, unavailable], statusCodes: [100, 599], perTry: 1s, backoff: {base: 1ms, max: 1h}}}",
  operations: `{authentication: {type: oauth2, jwt: ${jwt}}, rateLimit: {requests: 1, window: 1s}, operations: [{methods: [GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH], path: {type: Exact, value: /a}, scopes: [read], rateLimit: {requests: 1, window: 1m}}, {path: {value: /b}, access: Deny}, {methods: [GET]}]}`,
};

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

  test("of the sample platform", async () => {
    const { objects, complaints } = await renderFolders([sourcePath("fixtures/platform")], join(folder, "platform"));
    expect(complaints).toMatch(/; 0 errors, 0 warnings$/);
    expect(await findRefused(cluster, objects)).toEqual([]);
    expect(countKinds(objects)).toMatchObject({
      SecurityPolicy: 2,
      BackendTrafficPolicy: 2,
      ExternalSecret: 3,
      ConfigMap: 2,
    });
  });

  test.skipIf(samples === undefined).for(sampleFolders)("of $folder", async ({ folder: name, parts, yields }) => {
    const folders = [...surroundings(...parts), join(samples ?? "", name)];
    const { objects, complaints } = await renderFolders(folders, join(folder, name));
    expect(complaints).toContain("; 0 errors, ");
    expect(await findRefused(cluster, objects)).toEqual([]);
    expect(countKinds(objects)).toEqual(yields);
  });

  test("of classes with every policy", async () => {
    const specs = join(folder, "specs");
    await mkdir(specs);
    const references = [secretReferenceOf("keys", "app"), secretReferenceOf("users", ".htpasswd")];
    await writeFile(join(specs, "references.yaml"), references.join("---\n"));
    for (const [name, policy] of Object.entries(policies))
      await writeFile(join(specs, `${name}.yaml`), guardedService(name, policy));
    const output = join(folder, "policies");
    const { objects, complaints } = await renderFolders([...surroundings("platform", "stages"), specs], output);
    expect(complaints).toMatch(/; 0 errors, 0 warnings$/);
    expect(await findRefused(cluster, objects)).toEqual([]);
    const guarded = objects.filter(({ apiVersion }) => apiVersion === "gateway.envoyproxy.io/v1alpha1");
    const components = guarded.map(({ metadata }) => metadata.labels?.["component-name"]);
    expect(new Set(components)).toEqual(new Set(Object.keys(policies)));
  });

  test("of a workload with everything that it may say", async () => {
    const folders = [sourcePath("fixtures/workload")];
    const { objects, complaints } = await renderFolders(folders, join(folder, "workload"));
    expect(complaints).toMatch(/; 0 errors, 0 warnings$/);
    expect(await findRefused(cluster, objects)).toEqual([]);
    expect(countKinds(objects)).toEqual({
      Namespace: 1,
      NetworkPolicy: 1,
      ConfigMap: 2,
      ExternalSecret: 6,
      PersistentVolumeClaim: 2,
      Deployment: 1,
      Service: 1,
      HorizontalPodAutoscaler: 1,
      PodDisruptionBudget: 1,
      CronJob: 1,
    });
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
    const { objects, complaints } = await renderFolders([specs], join(folder, "gateways"));
    expect(complaints).toMatch(/; 0 errors, 0 warnings$/);
    expect(await findRefused(cluster, objects)).toEqual([]);
    expect(countKinds(objects)).toEqual({
      Namespace: 2,
      NetworkPolicy: 6,
      Deployment: 5,
      Service: 5,
      GatewayClass: 1,
      Gateway: 2,
      ClientTrafficPolicy: 2,
      HTTPRoute: 4,
      GRPCRoute: 2,
      TLSRoute: 2,
      TCPRoute: 2,
      UDPRoute: 2,
      BackendTrafficPolicy: 4,
    });
  });

  test("and refuses a policy with a field that does not exist", async () => {
    const object: KubernetesObject = {
      apiVersion: "gateway.envoyproxy.io/v1alpha1",
      kind: "SecurityPolicy",
      metadata: { name: "wrong", namespace },
      spec: { targetRefs: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", name: "a" }], jwks: {} },
    };
    expect(await findRefused(cluster, [object])).toEqual([
      expect.stringMatching(/^SecurityPolicy wrong: .*\.spec\.jwks: field not declared in schema/),
    ]);
  });
});

function surroundings(...parts: readonly string[]): readonly string[] {
  return parts.map((part) => sourcePath(`fixtures/surroundings/${part}`));
}

/** A service of the name, and an API of it whose class has the policy at every level. */
function guardedService(name: string, policy: string): string {
  const owner = `owner: {projectName: default, componentName: ${name}}`;
  const document = (kind: string, spec: string): string =>
    `apiVersion: openchoreo.dev/v1alpha1\nkind: ${kind}\nmetadata:\n  name: ${name}\nspec: ${spec}\n`;
  return [
    document("APIClass", `{restPolicy: {defaults: ${policy}}}`),
    document("Component", "{owner: {projectName: default}, type: Service}"),
    document("Workload", `{${owner}, containers: {main: {image: a}}, endpoints: {api: {type: REST, port: 80}}}`),
    document(
      "Service",
      `{${owner}, workloadName: ${name}, apis: {api: {type: REST, className: ${name}, rest: {backend: {port: 80}, exposeLevels: [Public, Organization]}}}}`,
    ),
  ].join("---\n");
}

/** `Kind name: what the server says` of each object that it does not take. */
async function findRefused(cluster: KubeClient, objects: readonly KubernetesObject[]): Promise<readonly string[]> {
  const refused: string[] = [];
  for (const object of objects) {
    const { metadata } = object;
    const moved = metadata.namespace === undefined ? object : { ...object, metadata: { ...metadata, namespace } };
    try {
      await cluster.apply(moved, { isStrictDryRun: true });
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
