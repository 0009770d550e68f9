/** The gateways of a plane go the way of every Release: published, applied and reported. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PlaneId, planeKey } from "../schemas/layout.ts";
import { removeGateways } from "./platform/remove-gateways.ts";
import { componentFile, componentPath, smallPlatform } from "./platform/small-specs.ts";
import { openTestPlatform, sharedKubeconfig, type TestPlatform, waitUntilApplied } from "./platform/test-platform.ts";

const organization = "gatekeepers";
const plane: PlaneId = { kind: "data", organization, name: "main" };
const path = "platform/gateways.yaml";
const gateways = "/apis/gateway.networking.k8s.io/v1/namespaces/openchoreo-data-plane/gateways/gateway-external";

describe.skipIf(sharedKubeconfig === undefined)("a plane that brings its gateways", () => {
  let platform: TestPlatform;

  beforeAll(async () => {
    platform = await openTestPlatform();
    for (const [file, text] of smallPlatform(organization)) await platform.specs.write(file, text);
    const brought = (await platform.specs.read("platform/plane.yaml")).replace(
      "  gateway:\n",
      "  gateway:\n    manage:\n      external:\n        http: {port: 8000}\n",
    );
    await platform.specs.write("platform/plane.yaml", brought);
    const component = componentFile(organization, { name: "api", image: "example.test/api:1" });
    await platform.specs.write(componentPath("api"), component);
    await platform.specs.commit("Begin");
    await platform.specs.push();
    await platform.startAgent(plane);
  });
  afterAll(async () => {
    await platform.processes.stop(`agent-${planeKey(plane)}`);
    await removeGateways(platform.cluster);
    await platform[Symbol.asyncDispose]();
  });

  test("has them applied and reported, though no controller looks at them here", async () => {
    const receipts = await waitUntilApplied(platform, plane, ({ result }) => result !== "failed");
    expect(receipts.get(path)?.objects.map(({ id, result }) => `${id} ${result}`)).toEqual([
      "Namespace/openchoreo-data-plane created",
      "gateway.envoyproxy.io/EnvoyProxy/openchoreo-data-plane/gateway-external created",
      "gateway.networking.k8s.io/Gateway/openchoreo-data-plane/gateway-external created",
      "gateway.networking.k8s.io/GatewayClass/openchoreo created",
    ]);
    expect(await platform.cluster.get(gateways)).toMatchObject({
      metadata: { labels: { "gitplane.dev/plane": "data.gatekeepers.main" } },
      spec: { listeners: [{ name: "http", port: 8000, protocol: "HTTP" }] },
    });
  });
});
