/**
 * The statuses of the fixtures, written through the status resource of a real API server and read back by a watch: what a
 * server drops, defaults or refuses would be seen here. Kinds whose controllers cannot run here have a definition that takes any
 * status; those of the Gateway API and the built-in ones are checked by their real schemas.
 */
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { labelKeys } from "../schemas/labels.ts";
import { type PlaneId, planeKey } from "../schemas/layout.ts";
import { KubernetesObject, objectKey } from "../schemas/object-id.ts";
import { readStateYaml } from "../schemas/state-yaml.ts";
import { assessHealth } from "./health/assess.ts";
import { mappingAt, type Verdict } from "./health/verdict.ts";
import { kindName } from "./inventory.ts";
import { Connection, type Verb } from "./kubernetes/connection.ts";
import { loadKubeconfig } from "./kubernetes/kubeconfig.ts";
import { openKubernetesTarget, type KubernetesTarget } from "./kubernetes/kubernetes-target.ts";

const kubeconfig = process.env["GITPLANE_TEST_KUBECONFIG"];
const run = randomUUID().slice(0, 8);
const plane: PlaneId = { kind: "data", organization: "acme", name: `s${run}` };
const namespace = `statuses-${run}`;
const forever = new AbortController().signal;

/** Kinds without a controller in the test cluster, with a spec for each of the two generations that fixtures speak of. */
const route = (n: number): object => ({ parentRefs: [{ name: `gateway-${n}` }] });
const kinds: Readonly<Record<string, { readonly plural: string; readonly spec: (generation: number) => object }>> = {
  Gateway: {
    plural: "gateways",
    spec: (n) => ({ gatewayClassName: "none", listeners: [{ name: "https", port: 80 + n, protocol: "HTTP" }] }),
  },
  GRPCRoute: { plural: "grpcroutes", spec: route },
  HTTPRoute: { plural: "httproutes", spec: route },
  Workflow: { plural: "workflows", spec: (n) => ({ entrypoint: `main-${n}` }) },
  CronWorkflow: { plural: "cronworkflows", spec: (n) => ({ schedule: `${n} * * * *` }) },
  Certificate: { plural: "certificates", spec: (n) => ({ secretName: `tls-${n}` }) },
  Issuer: { plural: "issuers", spec: (n) => ({ selfSigned: { n } }) },
  ExternalSecret: { plural: "externalsecrets", spec: (n) => ({ refreshInterval: `${n}h` }) },
  SecretStore: { plural: "secretstores", spec: (n) => ({ provider: { n } }) },
  Widget: { plural: "widgets", spec: (n) => ({ size: n }) },
};
const defined = ["Workflow", "CronWorkflow", "Certificate", "Issuer", "ExternalSecret", "SecretStore", "Widget"];

const folder = join(import.meta.dirname, "health", "fixtures");
const fixtures = readdirSync(folder)
  .sort()
  .map((name) => ({ name, object: KubernetesObject.parse(readStateYaml(readFileSync(join(folder, name), "utf8"))) }))
  .filter(({ name, object }) => kinds[object.kind] !== undefined && !name.includes("being-deleted"));

const definitionsPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

describe.skipIf(kubeconfig === undefined)(
  "statuses on a real API server",
  { meta: { standIns: ["controllers"] } },
  () => {
    let target: KubernetesTarget;
    let other: Connection;
    /** Definitions that stood before in the place of ours, for the tests after these. */
    const before: KubernetesObject[] = [];

    beforeAll(async () => {
      const path = kubeconfig ?? "";
      target = await openKubernetesTarget({ source: { kind: "kubeconfig", path }, plane, agentVersion: "test" });
      other = new Connection({
        access: await loadKubeconfig({ path }),
        userAgent: "gitplane-test",
        concurrency: 16,
        timeoutMs: 30_000,
        responseLimitBytes: 1 << 24,
        backoff: { baseMs: 10, capMs: 100 },
        random: Math.random,
      });
      await send("create", "/api/v1/namespaces", { metadata: { name: namespace } });
      for (const definition of definitions()) {
        const { name } = definition.metadata;
        const found = await other.send({ verb: "get", path: `${definitionsPath}/${name}`, signal: forever });
        if (found.kind === "answered" && found.status === 200) before.push(KubernetesObject.parse(found.body));
        await send("apply", `${definitionsPath}/${name}?fieldManager=test&force=true`, definition);
      }
    });
    afterAll(async () => {
      for (const { metadata } of definitions()) {
        await send("delete", `${definitionsPath}/${metadata.name}`);
      }
      for (const { apiVersion, kind, metadata, ...rest } of before) {
        const { name, annotations = {} } = metadata;
        const definition = { apiVersion, kind, metadata: { name, annotations }, spec: rest["spec"] };
        const body = JSON.stringify(definition);
        // Refused until the one that was deleted has gone.
        await vi.waitFor(
          async () =>
            expect(await other.send({ verb: "create", path: definitionsPath, body, signal: forever })).toMatchObject({
              status: 201,
            }),
          { timeout: 30_000, interval: 100 },
        );
      }
      await send("delete", `/api/v1/namespaces/${namespace}`);
      await target[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    });

    async function send(verb: Verb, at: string, body?: unknown): Promise<unknown> {
      const headers = verb === "apply" ? { "content-type": "application/apply-patch+yaml" } : {};
      const text = body === undefined ? {} : { body: JSON.stringify(body) };
      for (let attempt = 0; ; attempt += 1) {
        const answer = await other.send({ verb, path: at, headers, signal: forever, ...text });
        if (answer.kind === "failed") throw new Error(answer.reason);
        if (answer.status < 400 || (verb === "delete" && answer.status === 404)) return answer.body;
        // A kind is served a moment after its definition is established.
        if (answer.status !== 404 || attempt > 200) throw new Error(`${at}: ${JSON.stringify(answer.body)}`);
        await new Promise((resolve) => {
          setTimeout(resolve, 50);
        });
      }
    }

    /** Makes the object of a fixture with its generation, its spec's suspend and its status. */
    async function make(object: KubernetesObject, name: string): Promise<void> {
      const { kind, apiVersion } = object;
      const shape = kinds[kind];
      if (shape === undefined) throw new Error(`${kind} has no shape`);
      const labels = { [labelKeys.plane]: planeKey(plane) };
      const at = `/apis/${apiVersion}/namespaces/${namespace}/${shape.plural}/${name}`;
      for (const generation of [1, 2]) {
        const spec = { ...shape.spec(generation), ...suspension(object) };
        await send("apply", `${at}?fieldManager=test`, { apiVersion, kind, metadata: { name, labels }, spec });
      }
      if (object["status"] === undefined) return;
      const status = withServerFields(object["status"]);
      await send("apply", `${at}/status?fieldManager=controller&force=true`, {
        apiVersion,
        kind,
        metadata: { name },
        status,
      });
    }

    async function watched(object: KubernetesObject): Promise<ReadonlyMap<string, Verdict>> {
      const stop = new AbortController();
      const seen = Promise.withResolvers<ReadonlyMap<string, Verdict>>();
      const { group, version, kind } = objectKey(object);
      const running = target.watch({
        group,
        version,
        kind,
        reduce: (live) => assessHealth(kindName({ group, kind }), live),
        onEvent: (event) => {
          if (event.kind !== "listed") return;
          seen.resolve(
            new Map(event.objects.map(({ id, reduced }) => [id.split("/").at(-1) ?? "", reduced as Verdict])),
          );
        },
        signal: stop.signal,
      });
      const verdicts = await seen.promise;
      stop.abort();
      await running;
      return verdicts;
    }

    test.each(Object.entries(Object.groupBy(fixtures, ({ object }) => object.kind)))("of %s", async (_, group = []) => {
      const expected = new Map<string, string>();
      for (const { name, object } of group) {
        const bare = name.slice(0, -".yaml".length);
        await make(object, bare);
        expected.set(bare, bare.slice(bare.lastIndexOf("-") + 1));
      }
      const [first] = group;
      if (first === undefined) throw new Error("there is no fixture");
      const verdicts = await watched(first.object);
      const told = new Map([...verdicts].map(([name, { health }]) => [name, health.toLowerCase()]));
      expect(Object.fromEntries(told)).toEqual(Object.fromEntries(expected));
    });
  },
);

function suspension(object: KubernetesObject): object {
  const { suspend } = mappingAt(object, "spec");
  return suspend === undefined ? {} : { suspend };
}

/** What real schemas require and fixtures leave out. */
function withServerFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withServerFields);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withServerFields(item)]));
  if ("parentRef" in fields && !("controllerName" in fields))
    return { ...fields, controllerName: "example.test/gateway" };
  if (!("type" in fields && "status" in fields)) return fields;
  return { reason: "Reason", message: "", lastTransitionTime: "2026-01-01T00:00:00Z", ...fields };
}

type Definition = { readonly metadata: { readonly name: string } };

function definitions(): readonly Definition[] {
  const apiVersions = new Map(fixtures.map(({ object }) => [object.kind, object.apiVersion]));
  return defined.map((kind) => {
    const [group = "", version = ""] = (apiVersions.get(kind) ?? "").split("/");
    const plural = kinds[kind]?.plural ?? "";
    const openAPIV3Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
    // Groups under k8s.io alone are protected; these are their projects' own.
    return {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: "Namespaced",
        names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
        versions: [
          { name: version, served: true, storage: true, subresources: { status: {} }, schema: { openAPIV3Schema } },
        ],
      },
    };
  });
}
