/** The main line, whole: a person pushes to the specs repository and a real cluster follows. */
import { readFile, watch } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { cellNamespace } from "../schemas/names.ts";
import { planePath, planeRef, type PlaneId, specsRef } from "../schemas/layout.ts";
import type { Receipt } from "../schemas/receipt.ts";
import { readTrailers } from "../schemas/trailers.ts";
import { auditOffset, readAudit } from "./clusters/audit.ts";
import { poll } from "./clusters/poll.ts";
import { runCommand } from "./clusters/run-command.ts";
import { programEnvironment, sourcePath } from "./platform/node-program.ts";
import { liveObjects, type LiveObject } from "./platform/live-objects.ts";
import { componentFile, componentPath, smallPlatform } from "./platform/small-specs.ts";
import {
  openTestPlatform,
  readReceipts,
  sharedAuditLog,
  sharedKubeconfig,
  testAuthor,
  type TestPlatform,
  waitForStateCommit,
  waitUntilApplied,
} from "./platform/test-platform.ts";

const organization = "mainline";
const plane: PlaneId = { kind: "data", organization, name: "main" };
const namespace = cellNamespace({ organization, project: "shop", environment: "development" });
const Fleet = z.object({
  planes: z.array(z.object({ reason: z.string().optional() })),
  releases: z.array(z.object({ component: z.string().optional(), state: z.string() })),
});
const Deployment = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        containers: z.array(
          z.object({ image: z.string(), env: z.array(z.object({ name: z.string(), value: z.string() })).default([]) }),
        ),
      }),
    }),
  }),
});

describe.skipIf(sharedKubeconfig === undefined)("from push to receipt", () => {
  let platform: TestPlatform;

  beforeAll(async () => {
    platform = await openTestPlatform();
    for (const [path, text] of smallPlatform(organization)) await platform.specs.write(path, text);
    await platform.specs.write(
      componentPath("api"),
      componentFile(organization, { name: "api", image: "example.test/api:1", connectsTo: "store" }),
    );
    await platform.specs.write(
      componentPath("store"),
      componentFile(organization, { name: "store", image: "example.test/store:1" }),
    );
    await platform.specs.write(
      componentPath("extra"),
      componentFile(organization, { name: "extra", image: "example.test/extra:1" }),
    );
    await platform.specs.write(
      componentPath("keeper", "ops"),
      componentFile(organization, { name: "keeper", image: "example.test/keeper:1", project: "ops" }),
    );
    await platform.specs.commit("Add the shop");
    await platform.specs.push();
    await platform.startAgent(plane);
    await waitUntilApplied(platform, plane);
  });
  afterAll(async () => platform[Symbol.asyncDispose]());

  const pushChange = async (message: string): Promise<string> => {
    const revision = await platform.specs.commit(message);
    await platform.specs.push();
    return revision;
  };
  const idsAndVersions = (objects: ReadonlyMap<string, LiveObject>): ReadonlyMap<string, number | string> =>
    new Map([...objects].map(([id, { metadata }]) => [id, metadata.generation ?? metadata.uid]));

  test("an image change reaches exactly that Deployment, by one state commit that names its cause", async () => {
    const before = await liveObjects(platform.cluster, plane);
    const tipBefore = await (await platform.planeRepository(plane)).readRef(planeRef(plane));
    const audited = sharedAuditLog === undefined ? undefined : await auditOffset(sharedAuditLog);
    const text = await platform.specs.read(componentPath("api"));
    await platform.specs.write(componentPath("api"), text.replace("example.test/api:1", "example.test/api:2"));
    const revision = await platform.specs.commit("Release api 2");

    const timing = measure(platform, revision);
    await platform.specs.push();
    const { stateMs, changedMs } = await timing;
    await waitUntilApplied(platform, plane);

    const commit = await waitForStateCommit(platform, plane, revision);
    expect(commit.parents).toEqual([tipBefore]);
    expect(readTrailers(commit.trailers)).toEqual({
      specsCommit: revision,
      specsAuthors: [`${testAuthor.name} <${testAuthor.mail}>`],
      sequence: 2,
      renderer: expect.any(Number),
      reason: "Release api 2",
    });
    const repository = await platform.planeRepository(plane);
    const parent = await repository.readCommit(commit.parents[0] ?? "");
    expect((await repository.diffTrees(parent.tree, commit.tree)).map(({ action, path }) => [action, path])).toEqual([
      ["modified", "releases/shop/development/api.yaml"],
    ]);

    const after = await liveObjects(platform.cluster, plane);
    const changed = [...after].filter(
      ([id, { metadata }]) =>
        metadata.generation !== before.get(id)?.metadata.generation || metadata.uid !== before.get(id)?.metadata.uid,
    );
    expect(changed.map(([id]) => id)).toEqual([`apps/Deployment/${namespace}/api`]);
    expect([...after.keys()].toSorted()).toEqual([...before.keys()].toSorted());
    expect(await imageOf("api")).toBe("example.test/api:2");

    const { releases, plane: agent } = await readReceipts(platform, plane);
    expect(agent?.appliedRevision).toBe(commit.oid);
    expect(releases.get("releases/shop/development/api.yaml")).toMatchObject({
      health: "Healthy",
      result: "configured",
    });

    const sent = await verbsOfAgent(audited);
    const requests = sent === undefined ? "API REQUESTS NOT COUNTED: no audit log here" : `${sent.length} API requests`;
    process.stderr.write(
      `image change: specs ref moved → state commit ${stateMs} ms, → Deployment changed ${changedMs} ms; ${requests}\n`,
    );
    // One apply and one write of the applied record.
    expect(sent?.toSorted()).toEqual(audited === undefined ? undefined : ["patch", "update"]);
  });

  test("C20 a syntax error in a component's file prunes nothing and delays nobody else", async () => {
    const before = idsAndVersions(await liveObjects(platform.cluster, plane));
    const good = await platform.specs.read(componentPath("extra"));
    await platform.specs.write(componentPath("extra"), good.replace("spec:\n", "spec: [\n"));
    const store = await platform.specs.read(componentPath("store"));
    await platform.specs.write(componentPath("store"), store.replace("example.test/store:1", "example.test/store:2"));
    await waitForStateCommit(platform, plane, await pushChange("Break extra, release store 2"));
    await waitUntilApplied(platform, plane);
    const after = idsAndVersions(await liveObjects(platform.cluster, plane));
    expect([...after.keys()].toSorted()).toEqual([...before.keys()].toSorted());
    expect(after.get(`apps/Deployment/${namespace}/extra`)).toBe(before.get(`apps/Deployment/${namespace}/extra`));
    expect(await imageOf("store")).toBe("example.test/store:2");
    await platform.specs.write(componentPath("extra"), good);
    await pushChange("Mend extra");
  });

  test("removing a component's file prunes exactly its objects", async () => {
    const before = await liveObjects(platform.cluster, plane);
    await platform.specs.remove(componentPath("extra"));
    await waitForStateCommit(platform, plane, await pushChange("Remove extra"));
    await waitUntilApplied(platform, plane);
    const after = await liveObjects(platform.cluster, plane);
    const gone = [...before.keys()].filter((id) => !after.has(id));
    expect(gone.toSorted()).toEqual([`Service/${namespace}/extra`, `apps/Deployment/${namespace}/extra`]);
    for (const [id, { metadata }] of after) expect(metadata.uid).toBe(before.get(id)?.metadata.uid);
    expect((await readReceipts(platform, plane)).releases.has("releases/shop/development/extra.yaml")).toBe(false);
  });

  test("a project that empties keeps its namespace, held for a person to approve", async () => {
    for (const name of ["api", "store"]) await platform.specs.remove(componentPath(name));
    await waitForStateCommit(platform, plane, await pushChange("Remove the shop"));
    const inShop = async (): Promise<readonly string[]> =>
      [...(await liveObjects(platform.cluster, plane)).keys()].filter((id) => id.includes(namespace));
    await poll({
      what: "the workloads to go",
      timeoutMs: 30_000,
      signal: new AbortController().signal,
      probe: async () => ((await inShop()).join() === `Namespace/${namespace}` ? true : undefined),
    });
    const cell = await waitForReceipt("cells/shop/development.yaml", "held");
    expect(cell.reason).toContain("approval");
  });

  test("C01 a plane whose tree empties keeps everything", async () => {
    const before = idsAndVersions(await liveObjects(platform.cluster, plane));
    await platform.specs.remove(componentPath("keeper", "ops"));
    await waitForStateCommit(platform, plane, await pushChange("Remove the last component"));
    const held = await waitForReceipt("releases/ops/development/keeper.yaml", "held");
    expect(held.reason).toContain("approval");
    expect(idsAndVersions(await liveObjects(platform.cluster, plane))).toEqual(before);
    const { planes, releases } = await status();
    expect(releases.map(({ component, state }) => [component, state])).toContainEqual(["keeper", "held"]);
    expect(planes.map(({ reason }) => reason)).toEqual([expect.stringContaining("Holds wait for approval")]);
  });

  /** The fleet as the user's command shows it. */
  async function status(): Promise<z.infer<typeof Fleet>> {
    const result = await runCommand({
      command: process.execPath,
      arguments: [sourcePath("control/main.ts"), "status", "-o", "json", "--data", platform.control.dataDir],
      environment: { ...programEnvironment(), XDG_CACHE_HOME: platform.folder },
      signal: AbortSignal.timeout(30_000),
    });
    const [fleet] = z.array(Fleet).parse(JSON.parse(result.kind === "exited" ? result.stdout : "[]"));
    if (fleet === undefined) throw new Error("status said nothing");
    return fleet;
  }

  async function waitForReceipt(path: string, result: string): Promise<Receipt> {
    return poll({
      what: `a receipt of ${path} that says ${result}`,
      timeoutMs: 30_000,
      signal: new AbortController().signal,
      probe: async () => {
        const receipt = (await readReceipts(platform, plane)).releases.get(path);
        return receipt?.result === result ? receipt : undefined;
      },
    });
  }

  /** The verbs of all requests of this plane's agent but the long watches; undefined where the cluster keeps no audit log. */
  async function verbsOfAgent(sinceBytes: number | undefined): Promise<readonly string[] | undefined> {
    if (sinceBytes === undefined || sharedAuditLog === undefined) return undefined;
    const requests = await readAudit({ auditLogPath: sharedAuditLog, sinceBytes, userAgentPrefix: "gitplane-agent" });
    // On a busy machine a rollout may take so long that the agent asks its pods why.
    const isOfPods = (url: string): boolean => /\/(pods|events)\?/u.test(url);
    return requests
      .filter(({ verb, userAgent, url }) => verb !== "watch" && !isOfPods(url) && userAgent.includes(organization))
      .map(({ verb }) => verb);
  }

  async function imageOf(name: string): Promise<string | undefined> {
    const deployment = Deployment.parse(
      await platform.cluster.get(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`),
    );
    return deployment.spec.template.spec.containers[0]?.image;
  }
});

/** Milliseconds from the moment the specs ref is at `revision` to the plane's next commit and to the Deployment's next event. */
async function measure(
  platform: TestPlatform,
  revision: string,
): Promise<{ readonly stateMs: number; readonly changedMs: number }> {
  const repositories = join(platform.control.dataDir, "repositories");
  const done = new AbortController();
  const planeTip = join(repositories, "planes", `${planePath(plane)}.git`, planeRef(plane));
  const before = await readFile(planeTip, "utf8").catch(() => "");
  const moved = fileSays(join(repositories, "specs.git", specsRef), (text) => text.trim() === revision, done.signal);
  const published = fileSays(planeTip, (text) => text !== before && text !== "", done.signal);
  const changed = nextDeploymentEvent(platform, done.signal);
  const [movedAt, publishedAt, changedAt] = await Promise.all([moved, published, changed]);
  done.abort();
  return { stateMs: Math.round(publishedAt - movedAt), changedMs: Math.round(changedAt - movedAt) };
}

/** When the file first says so, by the clock of this process. */
async function fileSays(path: string, says: (text: string) => boolean, signal: AbortSignal): Promise<number> {
  const isThere = async (): Promise<boolean> => says(await readFile(path, "utf8").catch(() => ""));
  const events = watch(join(path, ".."), { signal });
  if (await isThere()) return performance.now();
  for await (const _event of events) if (await isThere()) return performance.now();
  throw new Error(`${path} never changed`);
}

async function nextDeploymentEvent(platform: TestPlatform, signal: AbortSignal): Promise<number> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  const List = z.object({ metadata: z.object({ resourceVersion: z.string() }) });
  const { metadata } = List.parse(await platform.cluster.get(path));
  for await (const { type } of platform.cluster.watch(`${path}?resourceVersion=${metadata.resourceVersion}`, signal))
    if (type === "MODIFIED") return performance.now();
  throw new Error("no Deployment changed");
}
