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
    yields: { Namespace: 1, Deployment: 4, Service: 4, HTTPRoute: 4, SecurityPolicy: 2, BackendTrafficPolicy: 2 },
  },
  {
    folder: "from-image",
    parts: ["platform", "stages"],
    yields: { Namespace: 1, Deployment: 2, Service: 2, HTTPRoute: 3, CronJob: 1 },
  },
  {
    folder: "from-source",
    parts: ["platform", "stages", "built"],
    yields: { Namespace: 1, Deployment: 4, Service: 4, HTTPRoute: 4 },
  },
  {
    folder: "gcp-microservices-demo",
    parts: ["platform", "stages"],
    yields: { Namespace: 1, Deployment: 11, Service: 11, HTTPRoute: 1 },
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
    expect(countKinds(objects)).toMatchObject({ SecurityPolicy: 2, BackendTrafficPolicy: 2 });
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
