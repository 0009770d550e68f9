/** A rule in a class, from the push to the receipt: on a real cluster, with the programs as processes. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cellNamespace } from "../schemas/names.ts";
import type { PlaneId } from "../schemas/layout.ts";
import type { Receipt } from "../schemas/receipt.ts";
import { poll } from "./clusters/poll.ts";
import { componentFile, componentPath, smallPlatform } from "./platform/small-specs.ts";
import {
  openTestPlatform,
  readReceipts,
  sharedKubeconfig,
  type TestPlatform,
  waitUntilApplied,
} from "./platform/test-platform.ts";

const organization = "healthrules";
const plane: PlaneId = { kind: "data", organization, name: "main" };
const namespace = cellNamespace({ organization, project: "shop", environment: "development" });
const deployment = `apps/Deployment/${namespace}/web`;
const classPath = "platform/class.yaml";

describe.skipIf(sharedKubeconfig === undefined)("health rules of a class", () => {
  let platform: TestPlatform;

  beforeAll(async () => {
    platform = await openTestPlatform();
    for (const [path, text] of smallPlatform(organization)) await platform.specs.write(path, text);
    const web = componentFile(organization, { name: "web", image: "example.test/web:1" });
    await platform.specs.write(componentPath("web"), web);
    await platform.specs.commit("Add the shop");
    await platform.specs.push();
    await platform.startAgent(plane);
  });
  afterAll(async () => platform[Symbol.asyncDispose]());

  /** The class with these rules besides its template. */
  async function pushRules(rules: string): Promise<void> {
    const text = smallPlatform(organization).get(classPath) ?? "";
    await platform.specs.write(classPath, `${text}${rules}`);
    await platform.specs.commit("Change the health rules");
    await platform.specs.push();
  }

  async function told(is: (object: Receipt["objects"][number]) => boolean): Promise<Receipt["objects"][number]> {
    return await poll({
      what: `the health of ${deployment}`,
      timeoutMs: 60_000,
      signal: new AbortController().signal,
      probe: async () => {
        const { releases } = await readReceipts(platform, plane);
        const objects = [...releases.values()].flatMap((receipt) => receipt.objects);
        return objects.find((object) => object.id === deployment && is(object));
      },
    });
  }

  test("a rule says Progressing with its reason where the kind's own rule says Healthy", async () => {
    await pushRules(`  health:
    - kind: Deployment
      healthy: object.status.?readyReplicas.orValue(0) >= 2
      reason: "string(object.status.?readyReplicas.orValue(0)) + ' of 2 are ready'"
`);
    const object = await told(({ reason }) => reason === "1 of 2 are ready");
    expect(object.health).toBe("Progressing");
  });

  test("C34 a rule that fails makes its object Unknown, and the agent goes on", async () => {
    await pushRules(`  health:
    - kind: apps/Deployment
      healthy: object.status.nobodyWritesThis == 1
`);
    const object = await told(({ reason }) => reason?.includes("No such key") === true);
    expect(object).toMatchObject({
      health: "Unknown",
      reason: "its health rule fails: No such key: nobodyWritesThis",
    });
    await pushRules("");
    await waitUntilApplied(platform, plane);
    await told(({ health }) => health === "Healthy");
  });
});
