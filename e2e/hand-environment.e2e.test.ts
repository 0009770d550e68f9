/** An environment that moves between two planes of one cluster: its objects change hands where they stand. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { Admissions } from "../schemas/admissions.ts";
import { type PlaneId, planeKey, planeRef } from "../schemas/layout.ts";
import { cellNamespace } from "../schemas/names.ts";
import { readStateYaml } from "../schemas/state-yaml.ts";
import { auditOffset, readAudit } from "./clusters/audit.ts";
import { readKubeconfig } from "./clusters/kubeconfig.ts";
import { poll } from "./clusters/poll.ts";
import { type ApiProxy, type Asked, openApiProxy } from "./faults/api-proxy.ts";
import { armKill } from "./faults/armed-kill.ts";
import { runControl } from "./platform/control-plane.ts";
import { liveObjects } from "./platform/live-objects.ts";
import { componentFile, componentPath, smallPlatform } from "./platform/small-specs.ts";
import {
  openTestPlatform,
  readReceipts,
  sharedAuditLog,
  sharedKubeconfig,
  type TestPlatform,
  waitUntilApplied,
} from "./platform/test-platform.ts";

const organization = "heirs";
const main: PlaneId = { kind: "data", organization, name: "main" };
const other: PlaneId = { kind: "data", organization, name: "other" };
const owner = `agent-${planeKey(main)}`;
const namespace = cellNamespace({ organization, project: "shop", environment: "development" });
const cell = "cells/shop/development.yaml";
const release = "releases/shop/development/api.yaml";
const environments = "platform/environments.yaml";
const signal = new AbortController().signal;

const Listed = z.object({
  items: z.array(z.object({ metadata: z.object({ name: z.string(), uid: z.string() }) })),
});

describe.skipIf(sharedKubeconfig === undefined)("an environment that moves to another plane of its cluster", () => {
  let platform: TestPlatform;
  let api: ApiProxy;
  let auditedFrom: number | undefined;

  beforeAll(async () => {
    platform = await openTestPlatform();
    api = await openApiProxy(await readKubeconfig(sharedKubeconfig ?? ""), platform.folder);
    auditedFrom = sharedAuditLog === undefined ? undefined : await auditOffset(sharedAuditLog);
    for (const [path, text] of smallPlatform(organization)) {
      const isPlane = path === "platform/plane.yaml";
      await platform.specs.write(path, isPlane ? `${text}---\n${text.replace("name: main", "name: other")}` : text);
    }
    const api1 = componentFile(organization, { name: "api", image: "example.test/api:1" });
    await platform.specs.write(componentPath("api"), api1);
    await platform.specs.commit("Begin");
    await platform.specs.push();
    await platform.startAgent(main, { kubeconfigPath: api.kubeconfigPath });
    await waitUntilApplied(platform, main);
  });
  afterAll(async () => {
    await api[Symbol.asyncDispose]();
    await platform[Symbol.asyncDispose]();
  });

  /** All environments: nothing stays on the old plane. */
  async function move(from: PlaneId, to: PlaneId): Promise<void> {
    const text = await platform.specs.read(environments);
    await platform.specs.write(environments, text.replaceAll(`Ref: ${from.name}`, `Ref: ${to.name}`));
    await platform.specs.commit(`Move to ${to.name}`);
    await platform.specs.push();
  }

  /** By kind and name: what a rollout or a new object would show in. */
  async function identities(): Promise<unknown> {
    const found: Record<string, unknown> = {};
    for (const plane of [main, other]) {
      for (const [id, { metadata }] of await liveObjects(platform.cluster, plane)) {
        found[id] = { uid: metadata.uid, generation: metadata.generation };
      }
    }
    for (const path of ["/apis/apps/v1/namespaces/NS/replicasets", "/api/v1/namespaces/NS/pods"]) {
      const { items } = Listed.parse(await platform.cluster.get(path.replace("NS", namespace)));
      for (const { metadata } of items) found[`${path} ${metadata.name}`] = metadata.uid;
    }
    return found;
  }

  async function admissionsOf(plane: PlaneId): Promise<Admissions["paths"]> {
    const repository = await platform.planeRepository(plane);
    const commit = await repository.readRef(planeRef(plane));
    const files = commit === undefined ? [] : await repository.listFiles((await repository.readCommit(commit)).tree);
    const file = files.find(({ path }) => path === "admissions.yaml");
    if (file === undefined) return {};
    return Admissions.parse(readStateYaml(Buffer.from(await repository.readBlob(file.oid)).toString("utf8"))).paths;
  }

  async function decided(plane: PlaneId, decision: string): Promise<Admissions["paths"]> {
    return await poll({
      what: `${decision} in admissions.yaml of ${plane.name}`,
      timeoutMs: 120_000,
      signal,
      probe: async () => {
        const paths = await admissionsOf(plane);
        const isSo = [cell, release].every((path) => paths[path]?.decision === decision);
        return isSo ? paths : undefined;
      },
    });
  }

  test("waits without a mark while nobody serves the other plane", async () => {
    const before = await identities();
    await move(main, other);
    await decided(main, "kept");
    expect(await identities()).toEqual(before);
  });

  test("changes hands object by object, also when its owner's agent is killed in between", async () => {
    const before = await identities();
    let passed = 0;
    await api.set({
      kind: "fatal",
      moment: "before",
      kill: armKill(platform.processes, owner).kill,
      // Those that are under way beside the fatal one do not come through either.
      isFatal: (asked) => {
        if (isPass(asked)) passed += 1;
        return isPass(asked) && passed > 1;
      },
    });
    await platform.startAgent(other);
    const handed = await decided(main, "handed");
    expect(handed[release]).toMatchObject({ handedTo: `data/${organization}/other` });
    await platform.processes.exited(owner);
    expect(passed).toBeGreaterThan(1);
    expect([...(await liveObjects(platform.cluster, main)).keys()].length).toBeGreaterThan(0);
    await api.set(undefined);
    await platform.processes.startAgain(owner);

    await waitUntilApplied(platform, other);
    await decided(main, "withdrawn");
    await waitUntilApplied(platform, main);
    expect(await identities()).toEqual(before);
    expect((await liveObjects(platform.cluster, main)).size).toBe(0);
    const deployment = await platform.cluster.get(`/apis/apps/v1/namespaces/${namespace}/deployments/api`);
    expect(JSON.stringify(deployment)).not.toContain(planeKey(main));
    const { plane, releases } = await readReceipts(platform, main);
    expect({ holds: plane?.holds, releases: [...releases.keys()] }).toEqual({ holds: undefined, releases: [] });
  });

  test("is nothing that the removal of the old plane would take along", async () => {
    const before = await identities();
    const plane = await platform.specs.read("platform/plane.yaml");
    const tombstone = '  name: main\n  annotations:\n    gitplane.dev/decommission: "true"\n';
    await platform.specs.write("platform/plane.yaml", plane.replace("  name: main\n", tombstone));
    const specs = await platform.specs.commit("Close the old plane");
    await platform.specs.push();
    await poll({
      what: "the tombstone to be applied",
      timeoutMs: 60_000,
      signal,
      probe: async () => {
        const repository = await platform.planeRepository(main);
        const tip = await repository.readRef(planeRef(main));
        const commit = tip === undefined ? undefined : await repository.readCommit(tip);
        const isOfSpecs = commit?.trailers.some(([key, value]) => key === "Specs-Commit" && value === specs);
        const { plane: about } = await readReceipts(platform, main);
        return isOfSpecs === true && about?.appliedRevision === tip ? true : undefined;
      },
    });
    expect(await identities()).toEqual(before);
  });

  test("goes on there as if it had never been elsewhere", async () => {
    const path = componentPath("api");
    await platform.specs.write(path, (await platform.specs.read(path)).replace("api:1", "api:2"));
    await platform.specs.commit("Change the image");
    await platform.specs.push();
    await poll({
      what: "the new image",
      timeoutMs: 60_000,
      signal,
      probe: async () => {
        const live = await platform.cluster.get(`/apis/apps/v1/namespaces/${namespace}/deployments/api`);
        return JSON.stringify(live).includes('"image":"example.test/api:2"') ? true : undefined;
      },
    });
    await waitUntilApplied(platform, other);
    const status = await runControl(platform.control, ["get", "releases"], signal);
    expect(status).not.toMatchObject({ stdout: expect.stringContaining("where it moved to") as string });
  });

  test.skipIf(sharedAuditLog === undefined)("and no agent ever deleted anything", async () => {
    const deletes = await readAudit({
      auditLogPath: sharedAuditLog ?? "",
      sinceBytes: auditedFrom ?? 0,
      userAgentPrefix: "gitplane-agent",
      verb: "delete",
    });
    expect(deletes.filter(({ userAgent }) => userAgent.includes(organization)).map(({ url }) => url)).toEqual([]);
  });
});

/** A patch that is no apply. */
function isPass({ method, url }: Asked): boolean {
  return method === "PATCH" && !url.includes("force=");
}
