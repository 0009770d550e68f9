/**
 * A plane that requires WireGuard between its nodes, on a real API server with Cilium's own definitions: what its agent, with
 * the rights that `gitplane-agent rbac` prints and no others, finds there, reports, and what a person is shown of it.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ceiling } from "../schemas/ceiling.ts";
import { type PlaneId, planePath } from "../schemas/layout.ts";
import { cellNamespace, cellObjectName } from "../schemas/names.ts";
import { writeStateYaml } from "../schemas/state-yaml.ts";
import type { EncryptionReport } from "../schemas/transport-encryption.ts";
import { poll } from "./clusters/poll.ts";
import { agentProgram } from "./platform/agent.ts";
import { runControl } from "./platform/control-plane.ts";
import { componentFile, componentPath, smallPlatform } from "./platform/small-specs.ts";
import {
  openTestPlatform,
  readReceipts,
  sharedKubeconfig,
  type TestPlatform,
  waitUntilApplied,
} from "./platform/test-platform.ts";
import { putConfig, putNode, removeAll } from "./stand-ins/cilium.ts";
import { played } from "./stand-ins/played.ts";

const organization = "encrypted";
const plane: PlaneId = { kind: "data", organization, name: "main" };
const cell = cellNamespace({ organization, project: "shop", environment: "development" });
const policies = `/apis/cilium.io/v2/namespaces/${cell}/ciliumnetworkpolicies`;
const nodeNames = ["encrypted-a", "encrypted-b"] as const;
const lookFlags = ["--transport-encryption"];
const rights = "its rights are those of gitplane-agent rbac --transport-encryption";
/** Of one that reads no ConfigMaps but its own record. */
const narrow: Ceiling = {
  format: 1,
  namespaces: ["*"],
  kinds: ["Service", "apps/Deployment", "cilium.io/CiliumNetworkPolicy"],
  clusterKinds: ["Namespace"],
};
const signal = AbortSignal.timeout(600_000);
const waitMs = 60_000;

describe.skipIf(sharedKubeconfig === undefined)("a plane that requires WireGuard", played("Cilium"), () => {
  let platform: TestPlatform;

  beforeAll(async () => {
    platform = await openTestPlatform();
    for (const [file, text] of smallPlatform(organization)) await platform.specs.write(file, text);
    const written = await platform.specs.read("platform/plane.yaml");
    const required = written.replace("networkPolicy: Kubernetes", "transportEncryption: WireGuard");
    await platform.specs.write("platform/plane.yaml", required);
    const component = componentFile(organization, { name: "api", image: "example.test/api:1" });
    await platform.specs.write(componentPath("api"), component);
    await platform.specs.commit("Begin");
    await platform.specs.push();
    const ceiling = join(platform.folder, "ceiling.yaml");
    await writeFile(ceiling, writeStateYaml(narrow));
    await platform.startAgent(plane, { rbacFlags: ["--ceiling", ceiling] });
  });
  afterAll(async () => {
    await platform.processes.stop(agentProgram(plane));
    await removeAll(platform.cluster, nodeNames);
    await platform[Symbol.asyncDispose]();
  });

  /** Anew, since an agent looks seldom, with the rights of the default ceiling and those. */
  async function lookAgain(...rbacFlags: readonly string[]): Promise<void> {
    await platform.processes.stop(agentProgram(plane));
    await platform.startAgent(plane, { rbacFlags });
  }

  async function expectReport(wanted: EncryptionReport): Promise<void> {
    let last: EncryptionReport | undefined;
    await poll({
      what: `the agent finding encryption ${wanted.state}`,
      timeoutMs: waitMs,
      signal,
      probe: async () => {
        last = (await readReceipts(platform, plane)).plane?.encryption;
        return last?.state === wanted.state && last.reason === wanted.reason ? true : undefined;
      },
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}: it found ${JSON.stringify(last)}`, { cause: error });
    });
  }

  async function shownReason(): Promise<string> {
    const result = await runControl(platform.control, ["get", "planes", "-o", "json"], signal);
    if (result.kind !== "exited") throw new Error("gitplane did not run");
    const rows = JSON.parse(result.stdout) as readonly { readonly plane: string; readonly reason?: string }[];
    return rows.find((row) => row.plane === planePath(plane))?.reason ?? "";
  }

  test("has its cells kept by Cilium's policies, which its agent may apply", async () => {
    await waitUntilApplied(platform, plane);
    const names = [
      { metadata: { name: cellObjectName({ organization, project: "shop", environment: "development" }) } },
    ];
    expect(await platform.cluster.get(policies)).toMatchObject({ items: names });
  });

  test("does not know whether it is on without the right to read what Cilium is told", async () => {
    const reason = `the agent may not read ConfigMap kube-system/cilium-config: ${rights}`;
    await expectReport({ state: "unknown", reason });
    expect(await shownReason()).toBe(`WireGuard is required and not known to be on: ${reason}`);
  });

  test("does not know it where there is no Cilium", async () => {
    await lookAgain();
    await expectReport({
      state: "unknown",
      reason: "there is no ConfigMap kube-system/cilium-config: no Cilium tells of itself here",
    });
  });

  test("does not know it without the right to see the nodes, which no ceiling gives", async () => {
    await putConfig(platform.cluster, { "enable-wireguard": "true" });
    for (const name of nodeNames) await putNode(platform.cluster, name, { hasKey: true });
    await lookAgain();
    await expectReport({ state: "unknown", reason: `the agent may not read CiliumNodes: ${rights}` });
  });

  test("is told that it is on where Cilium says so and every node has a key", async () => {
    await lookAgain(...lookFlags);
    await expectReport({ state: "on" });
    expect(await shownReason()).toBe("");
  });

  test("is told that it is off where one node has no key, and which", async () => {
    await putNode(platform.cluster, "encrypted-b", { hasKey: false });
    await lookAgain(...lookFlags);
    const reason = "1 of 2 nodes have no WireGuard key: encrypted-b";
    await expectReport({ state: "off", reason });
    expect(await shownReason()).toBe(`WireGuard is required and off: ${reason}`);
  });

  test("is told that it is off where Cilium is not told to encrypt", async () => {
    await putConfig(platform.cluster, { "enable-wireguard": "false" });
    await lookAgain(...lookFlags);
    await expectReport({ state: "off", reason: 'cilium-config does not say enable-wireguard: "true"' });
  });
});
