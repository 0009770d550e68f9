/** An environment that moves to a plane in another cluster: served by the old one until the new one reports it healthy. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Admissions } from "../schemas/admissions.ts";
import { type PlaneId, planeRef } from "../schemas/layout.ts";
import { cellNamespace } from "../schemas/names.ts";
import { Receipt } from "../schemas/receipt.ts";
import type { KubeClient } from "./clusters/kube-client.ts";
import { poll } from "./clusters/poll.ts";
import { runControl } from "./platform/control-plane.ts";
import { bootSecondCluster, type SecondCluster } from "./platform/second-cluster.ts";
import { componentFile, componentPath, smallPlatform } from "./platform/small-specs.ts";
import {
  openTestPlatform,
  readStateFile,
  sharedKubeconfig,
  type TestPlatform,
  waitUntilApplied,
} from "./platform/test-platform.ts";

const organization = "movers";
const main: PlaneId = { kind: "data", organization, name: "main" };
const other: PlaneId = { kind: "data", organization, name: "other" };
const namespace = cellNamespace({ organization, project: "shop", environment: "development" });
const deployment = `/apis/apps/v1/namespaces/${namespace}/deployments/api`;
const release = "releases/shop/development/api.yaml";
const caller = "releases/shop/development/web.yaml";
const signal = new AbortController().signal;

describe.skipIf(sharedKubeconfig === undefined)("an environment that moves to another cluster", () => {
  let platform: TestPlatform;
  let otherCluster: SecondCluster;
  let second: KubeClient;

  beforeAll(async () => {
    otherCluster = await bootSecondCluster("second", "an environment that moves to another cluster");
    second = otherCluster.client;
    platform = await openTestPlatform();
    for (const [path, text] of smallPlatform(organization)) {
      const isPlane = path === "platform/plane.yaml";
      await platform.specs.write(path, isPlane ? `${text}---\n${text.replace("name: main", "name: other")}` : text);
    }
    await platform.specs.write(
      componentPath("api"),
      componentFile(organization, { name: "api", image: "example.test/api:1" }),
    );
    await platform.specs.write(
      componentPath("web"),
      componentFile(organization, { name: "web", image: "example.test/web:1", connectsTo: "api" }),
    );
    // Something that stays on the old plane: a branch that loses everything is held.
    const line = `apiVersion: openchoreo.dev/v1alpha1\nkind: DeploymentPipeline\nmetadata:\n  name: backwards\n  namespace: ${organization}\nspec:\n  promotionPaths:\n    - sourceEnvironmentRef: staging\n      targetEnvironmentRefs:\n        - name: development\n`;
    await platform.specs.write("platform/backwards.yaml", line);
    const project = await platform.specs.read("ops/project.yaml");
    await platform.specs.write("ops/project.yaml", project.replace("Ref: standard", "Ref: backwards"));
    const stays = { name: "stays", image: "example.test/api:1", project: "ops" };
    await platform.specs.write(componentPath("stays", "ops"), componentFile(organization, stays));
    await platform.specs.commit("Begin");
    await platform.specs.push();
    await platform.startAgent(main);
    await waitUntilApplied(platform, main);
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await otherCluster[Symbol.asyncDispose]();
  });

  test("is withdrawn from the old plane by the receipts that call it healthy on the new one", async () => {
    const path = "platform/environments.yaml";
    const text = await platform.specs.read(path);
    await platform.specs.write(path, text.replace("dataPlaneRef: main", "dataPlaneRef: other"));
    await platform.specs.commit("Move development");
    await platform.specs.push();
    await appears(main, "admissions.yaml");
    const status = await runControl(platform.control, ["get", "releases"], signal);
    for (const said of [
      `data/${organization}/other, where it moved to`,
      "for web of project shop, which connects to it",
    ])
      expect(status).toMatchObject({ stdout: expect.stringContaining(said) as string });
    const waiting = await readStateFile(platform, main, { at: planeRef(main), path: "admissions.yaml" });
    expect(Admissions.parse(waiting).paths[release]).toMatchObject({ decision: "kept", caller });
    expect(await platform.cluster.find(deployment)).toBeDefined();
    expect(await second.find(deployment)).toBeUndefined();

    const { kubeconfigPath } = otherCluster;
    await platform.startAgent(other, { kubeconfigPath, adminKubeconfigPath: kubeconfigPath });
    await poll({
      what: "the end of the old Deployment",
      timeoutMs: 60_000,
      signal,
      probe: async () => ((await platform.cluster.find(deployment)) === undefined ? true : undefined),
    });
    expect(await second.find(deployment)).toBeDefined();
    const { paths } = Admissions.parse(
      await readStateFile(platform, main, { at: planeRef(main), path: "admissions.yaml" }),
    );
    const noted = paths[release];
    expect(noted).toMatchObject({ decision: "withdrawn", movedTo: `data/${organization}/other` });
    const receipts = noted?.decision === "withdrawn" ? String(noted.receipts) : "";
    const receipt = await readStateFile(platform, other, { at: receipts, path: release });
    expect(Receipt.parse(receipt).health).toBe("Healthy");
  });

  async function appears(plane: PlaneId, path: string): Promise<void> {
    await poll({
      what: `${path} of ${plane.name}`,
      timeoutMs: 60_000,
      signal,
      probe: async () => {
        const file = await readStateFile(platform, plane, { at: planeRef(plane), path });
        return file === undefined ? undefined : true;
      },
    });
  }
});
