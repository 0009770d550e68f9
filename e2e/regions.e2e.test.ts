/**
 * One Environment over two DataPlanes, in two clusters with an agent each: what both have, what differs, what regions keep
 * out, and that a Project which draws its regions in leaves the plane outside only once it is well within.
 */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { Admissions } from "../schemas/admissions.ts";
import { type PlaneId, planePath, planeRef } from "../schemas/layout.ts";
import { cellNamespace } from "../schemas/names.ts";
import { Receipt } from "../schemas/receipt.ts";
import type { KubeClient } from "./clusters/kube-client.ts";
import { poll } from "./clusters/poll.ts";
import { runControl } from "./platform/control-plane.ts";
import { sourcePath } from "./platform/node-program.ts";
import { bootSecondCluster, type SecondCluster } from "./platform/second-cluster.ts";
import { componentFile } from "./platform/small-specs.ts";
import {
  openTestPlatform,
  readStateFile,
  sharedKubeconfig,
  type TestPlatform,
  waitForReceipt,
  waitForStateCommit,
  waitUntilApplied,
} from "./platform/test-platform.ts";
import { validateFolder } from "./platform/validate-folder.ts";

const organization = "seaside";
const eu: PlaneId = { kind: "data", organization, name: "eu" };
const us: PlaneId = { kind: "data", organization, name: "us" };
const namespace = cellNamespace({ organization, project: "shop", environment: "production" });
const store = "releases/shop/production/store.yaml";
const stock = "releases/shop/production/stock.yaml";
const cell = "cells/shop/production.yaml";
const signal = new AbortController().signal;

/** An Environment on the plane overseas alone, where what belongs to no other place stays whatever moves. */
const overseas = `apiVersion: openchoreo.dev/v1alpha1
kind: Environment
metadata: {name: overseas, namespace: ${organization}}
spec: {dataPlaneRef: us}
---
apiVersion: openchoreo.dev/v1alpha1
kind: DeploymentPipeline
metadata: {name: overseas, namespace: ${organization}}
spec: {promotionPaths: [{sourceEnvironmentRef: overseas, targetEnvironmentRefs: []}]}
---
apiVersion: openchoreo.dev/v1alpha1
kind: Project
metadata: {name: harbour, namespace: ${organization}}
spec: {deploymentPipelineRef: overseas}
`;
const desk = { name: "desk", image: "example.test/desk:1", project: "harbour" };

const Deployment = z.object({
  metadata: z.object({ uid: z.string() }),
  spec: z.object({
    replicas: z.number(),
    template: z.object({
      spec: z.object({
        containers: z.tuple([z.object({ env: z.array(z.object({ name: z.string(), value: z.string() })) })]),
      }),
    }),
  }),
  status: z.object({ availableReplicas: z.number().default(0) }),
});
const Routes = z.object({ items: z.array(z.object({ spec: z.object({ hostnames: z.array(z.string()) }) })) });
const List = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });
const Rows = z.array(
  z.object({
    plane: z.string(),
    project: z.string().optional(),
    environment: z.string().optional(),
    component: z.string().optional(),
    state: z.string(),
    health: z.string(),
    reason: z.string().optional(),
  }),
);
const Status = z.tuple([z.object({ planes: z.array(z.object({ plane: z.string(), health: z.string() })) })]);

describe.skipIf(sharedKubeconfig === undefined)("an environment over two regions", () => {
  let platform: TestPlatform;
  let overseasCluster: SecondCluster;
  let second: KubeClient;

  beforeAll(async () => {
    overseasCluster = await bootSecondCluster("overseas", "an environment over two regions");
    const { kubeconfigPath } = overseasCluster;
    second = overseasCluster.client;
    platform = await openTestPlatform();
    for (const name of ["platform.yaml", "shop.yaml"]) {
      const text = await readFile(sourcePath(`fixtures/regions/${name}`), "utf8");
      // The class of the fixture says nothing of what `restricted` asks for.
      await platform.specs.write(
        name,
        text.replaceAll("acme", organization).replace("podSecurity: restricted", "podSecurity: baseline"),
      );
    }
    await platform.specs.write("overseas.yaml", overseas);
    await platform.specs.write("desk.yaml", componentFile(organization, desk));
    await push("Begin");
    await platform.startAgent(eu);
    await platform.startAgent(us, { kubeconfigPath, adminKubeconfigPath: kubeconfigPath });
    for (const plane of [eu, us]) await waitUntilApplied(platform, plane);
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await overseasCluster[Symbol.asyncDispose]();
  });

  async function push(message: string): Promise<string> {
    const revision = await platform.specs.commit(message);
    await platform.specs.push();
    return revision;
  }

  /** Replaces what stands in a file of the specs. */
  async function edit(path: string, [from, to]: readonly [from: string, to: string]): Promise<void> {
    const text = await platform.specs.read(path);
    expect(text).toContain(from);
    await platform.specs.write(path, text.replace(from, to));
  }

  /** Something else changes overseas: once that is published there, everything before was decided on. */
  async function changeDesk(tag: string): Promise<string> {
    await platform.specs.write(
      "desk.yaml",
      componentFile(organization, { ...desk, image: `example.test/desk:${tag}` }),
    );
    const revision = await push(`Release desk ${tag}`);
    return (await waitForStateCommit(platform, us, revision)).oid;
  }

  const deploymentPath = (name: string): string => `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;

  async function seenIn(client: KubeClient): Promise<object> {
    const { spec, status } = Deployment.parse(await client.get(deploymentPath("store")));
    const env = new Map(spec.template.spec.containers[0].env.map(({ name, value }) => [name, value]));
    const routes = `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/httproutes`;
    const { items } = Routes.parse(await client.get(routes));
    const policiesOf = async (group: string, plural: string): Promise<boolean> =>
      List.parse(await client.get(`/apis/${group}/namespaces/${namespace}/${plural}`)).items.length > 0;
    return {
      replicas: spec.replicas,
      available: status.availableReplicas,
      currency: env.get("CURRENCY"),
      tax: env.get("TAX"),
      level: env.get("LOG_LEVEL"),
      stock: env.get("STOCK_URL"),
      hosts: [...new Set(items.flatMap((route) => route.spec.hostnames))].toSorted(),
      hasCiliumsPolicies: await policiesOf("cilium.io/v2", "ciliumnetworkpolicies"),
      hasKubernetesPolicies: await policiesOf("networking.k8s.io/v1", "networkpolicies"),
    };
  }

  async function ask(...args: readonly string[]): Promise<string> {
    const result = await runControl(platform.control, args, signal);
    if (result.kind !== "exited" || result.exitCode !== 0) throw new Error(JSON.stringify(result));
    return result.stdout;
  }

  async function rowsOf(component: string): Promise<z.infer<typeof Rows>> {
    const rows = Rows.parse(JSON.parse(await ask("get", "releases", "-o", "json")));
    return rows.filter((row) => row.component === component);
  }

  async function gone(client: KubeClient, path: string): Promise<void> {
    await poll({
      what: `the end of ${path}`,
      timeoutMs: 60_000,
      signal,
      probe: async () => ((await client.find(path)) === undefined ? true : undefined),
    });
  }

  test("has a Release on each, with what each plane and each override says of it", async () => {
    const common = { level: "warn", stock: `http://stock.${namespace}.svc:80` };
    expect(await seenIn(platform.cluster)).toEqual({
      ...common,
      replicas: 3,
      available: 3,
      currency: "EUR",
      tax: undefined,
      hosts: [`production.eu.${organization}.example`, `store.${organization}.example`],
      hasCiliumsPolicies: true,
      hasKubernetesPolicies: false,
    });
    expect(await seenIn(second)).toEqual({
      ...common,
      replicas: 6,
      available: 6,
      currency: "USD",
      tax: "added",
      hosts: [`production.us.${organization}.example`, `store.${organization}.example`, "store.us.example"],
      hasCiliumsPolicies: false,
      hasKubernetesPolicies: true,
    });
  });

  test("is told with both by get releases and status", async () => {
    const inProduction = { project: "shop", environment: "production", component: "store" };
    expect((await rowsOf("store")).filter(({ environment }) => environment === "production")).toEqual(
      [eu, us].map((plane) => ({ ...inProduction, plane: planePath(plane), state: "applied", health: "Healthy" })),
    );
    const [{ planes }] = Status.parse(JSON.parse(await ask("status", "-o", "json")));
    expect(planes).toEqual([eu, us].map((plane) => ({ plane: planePath(plane), health: "Healthy" })));
    const table = await ask("status");
    for (const plane of [eu, us]) expect(table).toContain(planePath(plane));
  });

  test("a Binding outside its Project's regions is a Problem at its line, and reaches no cluster", async () => {
    await platform.specs.write(
      "journal.yaml",
      `apiVersion: openchoreo.dev/v1alpha1
kind: ServiceBinding
metadata: {name: journal-overseas, namespace: ${organization}}
spec:
  owner: {projectName: ledger, componentName: journal}
  environment: overseas
  workloadSpec: {containers: {main: {image: example.test/journal:1}}}
`,
    );
    await edit("platform.yaml", [
      "{sourceEnvironmentRef: archive, targetEnvironmentRefs: []}",
      "{sourceEnvironmentRef: archive, targetEnvironmentRefs: [{name: overseas}]}",
    ]);
    await push("Place the journal overseas");
    await changeDesk("2");
    const lines = (await platform.specs.read("platform.yaml")).split("\n");
    const regions = lines.findIndex((line) => line.includes("regions: [eu-west]"));
    const [problem, ...others] = validateFolder(platform.specs.folder).filter(({ severity }) => severity === "error");
    expect(others).toEqual([]);
    expect(problem).toMatchObject({
      code: "outside-region",
      message: "project ledger runs in eu-west only, and DataPlane us of overseas is in region us-east",
      place: { file: "journal.yaml", line: 6, column: 16 },
      related: [
        {
          place: { file: "platform.yaml", line: regions + 1, column: (lines[regions] ?? "").indexOf("[eu-west]") + 1 },
          message: "the Project's regions stand here",
        },
        { place: { file: "platform.yaml" }, message: "DataPlane us stands here" },
      ],
    });
    expect((await rowsOf("journal")).find(({ environment }) => environment === "overseas")).toMatchObject({
      plane: planePath(us),
      state: "not rendered",
      reason: expect.stringContaining("outside-region in journal.yaml:6") as string,
    });
    const ledger = cellNamespace({ organization, project: "ledger", environment: "overseas" });
    expect(await second.find(`/api/v1/namespaces/${ledger}`)).toBeUndefined();
    await platform.specs.remove("journal.yaml");
    await push("Take the journal back");
  });

  test("regions that are drawn in leave the plane outside once all is healthy within, and not before", async () => {
    const standing = Deployment.parse(await second.get(deploymentPath("store"))).metadata.uid;
    const calm = "{key: LOG_LEVEL, value: warn}]";
    const greedy = `${calm}, resources: {requests: {cpu: "9000"}}`;
    await edit("platform.yaml", ["regions: [eu-west, us-east]", "regions: [eu-west]"]);
    await edit("shop.yaml", [calm, greedy]);
    await push("Keep the shop in Europe, too big for any node");
    await waitForReceipt(platform, eu, {
      path: store,
      is: ({ objects }) => objects.some(({ reason }) => reason?.includes("Insufficient cpu")),
    });
    const decided = await changeDesk("3");
    for (const path of [store, stock, cell])
      expect(await readStateFile(platform, us, { at: decided, path })).toBeDefined();
    const awaited = `waiting for ${planePath(eu)}, where it moved to, to report it healthy`;
    const outside = async (component: string): Promise<string | undefined> =>
      (await rowsOf(component)).find(({ plane }) => plane === planePath(us))?.reason;
    expect(await outside("store")).toBe(awaited);
    // The stock is well within, and still served outside to the store, which is not.
    expect(await outside("stock")).toBe(
      `${awaited}, and for store of project shop, which connects to it, to leave first`,
    );
    await waitUntilApplied(platform, us, () => true);
    expect(Deployment.parse(await second.get(deploymentPath("store"))).metadata.uid).toBe(standing);

    await edit("shop.yaml", [greedy, calm]);
    await push("Let the store fit");
    for (const each of ["store", "stock"]) await gone(second, deploymentPath(each));
    const { paths } = Admissions.parse(
      await readStateFile(platform, us, { at: planeRef(us), path: "admissions.yaml" }),
    );
    const noted = paths[store];
    expect(noted).toMatchObject({ decision: "withdrawn", movedTo: planePath(eu) });
    const receipts = noted?.decision === "withdrawn" ? String(noted.receipts) : "";
    expect(Receipt.parse(await readStateFile(platform, eu, { at: receipts, path: store })).health).toBe("Healthy");
    expect(await seenIn(platform.cluster)).toMatchObject({ replicas: 3, available: 3 });
  });

  test("and regions that are drawn out again bring it back, into the namespace that nobody let go", async () => {
    const held = await waitForReceipt(platform, us, { path: cell, is: ({ result }) => result === "held" });
    const uid = held.objects.find(({ id }) => id === `Namespace/${namespace}`)?.uid;
    await edit("platform.yaml", ["regions: [eu-west]}\n---", "regions: [eu-west, us-east]}\n---"]);
    await waitForStateCommit(platform, us, await push("Open the shop overseas again"));
    await waitUntilApplied(platform, us);
    expect(await seenIn(second)).toMatchObject({ replicas: 6, available: 6, currency: "USD" });
    expect(await second.get(`/api/v1/namespaces/${namespace}`)).toMatchObject({ metadata: { uid } });
  });
});
