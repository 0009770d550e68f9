/** Two planes of one cluster, one of which hands a Release to the other: on the in-memory target and on a real API server. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { NativeRepository } from "../git/native/open.ts";
import type { Oid } from "../git/repository.ts";
import { type PlaneId, planePath } from "../schemas/layout.ts";
import { objectKey } from "../schemas/object-id.ts";
import { writeStateYaml } from "../schemas/state-yaml.ts";
import { Life, spyOnDeletes, survive } from "./doomed-life.contract.ts";
import { type MemoryCluster, openMemoryCluster } from "./memory-cluster.ts";
import { MemoryTarget } from "./memory-target.ts";
import { type Manifest, PlaneBranch, type PlaneTree, renderManifest } from "./plane-branch.ts";
import { bring as bringReal, openRealCluster, type RealCluster, reported, told } from "./real-cluster.contract.ts";
import { receiptOf } from "./receipt-of.ts";
import { type Agent, reconcile, type Reconciled } from "./reconcile.ts";
import type { LiveMetadata } from "./target.ts";
import { openTestRepository, startAgent } from "./testbed.ts";

const east: PlaneId = { kind: "data", organization: "acme", name: "east" };
const west: PlaneId = { kind: "data", organization: "acme", name: "west" };
const cellPath = "cells/shop/dev.yaml";
const webPath = "releases/shop/dev/web.yaml";
const stayPath = "platform/base.yaml";
const kubeconfig = process.env["GITPLANE_TEST_KUBECONFIG"];

/** What a tree says that hands these paths over. */
function handing(to: PlaneId, ...paths: readonly string[]): PlaneTree {
  const handed = { decision: "handed", handedTo: planePath(to), clusterUid: "u", receipts: "a".repeat(40) };
  const entries = paths.map((path) => [path, handed] as const);
  return { "admissions.yaml": writeStateYaml({ format: 1, paths: Object.fromEntries(entries) }) };
}

function configMap(name: string, data: Record<string, string> = { value: "1" }): Manifest {
  return { kind: "ConfigMap", name, namespace: "dev", body: { data } };
}

const stays: PlaneTree = { [stayPath]: [{ kind: "Namespace", name: "other" }] };
const moving: PlaneTree = {
  [cellPath]: [{ kind: "Namespace", name: "dev" }],
  [webPath]: [configMap("a"), configMap("b", { value: "1", old: "x" }), configMap("leftover")],
};
/** The new plane renders a field less, and an object less. */
const arriving: PlaneTree = {
  [cellPath]: [{ kind: "Namespace", name: "dev" }],
  [webPath]: [configMap("a", { value: "2" }), configMap("b")],
};

describe("on the in-memory target", () => {
  let repository: NativeRepository;
  let cleanup: AsyncDisposable;
  beforeEach(async () => {
    const opened = await openTestRepository();
    cleanup = opened;
    repository = opened.repository;
  });
  afterEach(async () => {
    await cleanup[Symbol.asyncDispose]();
  });

  /** One plane's branch and its view of the cluster. */
  function openPlane(plane: PlaneId, cluster: MemoryCluster) {
    const target = new MemoryTarget({ plane, cluster });
    const branch = new PlaneBranch(repository, plane);
    const start = (): Agent => startAgent({ repository, target, plane });
    const bringRevision = async (revision: Oid): Promise<Reconciled> => {
      const result = await reconcile(start(), revision, new AbortController().signal);
      if (result.kind !== "reconciled") throw new Error(result.reason);
      return result;
    };
    return {
      target,
      branch,
      start,
      bringRevision,
      deleted: spyOnDeletes(target),
      bring: async (tree: PlaneTree): Promise<Reconciled> => await bringRevision(await branch.publish(tree)),
    };
  }
  type Plane = ReturnType<typeof openPlane>;

  function openBoth(): { from: Plane; to: Plane } {
    const cluster = openMemoryCluster();
    return { from: openPlane(east, cluster), to: openPlane(west, cluster) };
  }

  /** Whose each object is, by its label, and what is in it. */
  function standing({ target }: Plane): unknown {
    return ["a", "b", "leftover"].map((name) => {
      const object = target.liveObject({ group: "", version: "v1", kind: "ConfigMap", namespace: "dev", name });
      return { name, plane: object?.metadata.labels?.["gitplane.dev/plane"], data: object?.["data"] };
    });
  }
  const asHanded = [
    { name: "a", plane: "data.acme.west", data: { value: "2" } },
    { name: "b", plane: "data.acme.west", data: { value: "1" } },
  ];
  const leftover = { name: "leftover", plane: "data.acme.east", data: { value: "1" } };
  const gone = { name: "leftover", plane: undefined, data: undefined };

  test("the newcomer takes what is handed, and the owner forgets it without a delete of anything taken", async () => {
    const { from, to } = openBoth();
    await from.bring({ ...stays, ...moving });
    const uid = uidOf(from, "a");
    const handed = await from.bring({ ...stays, ...moving, ...handing(west, cellPath, webPath) });
    expect(told(handed)).toEqual([
      "handed ConfigMap/dev/a (passed to data/acme/west)",
      "handed ConfigMap/dev/b (passed to data/acme/west)",
      "handed ConfigMap/dev/leftover (passed to data/acme/west)",
      "handed Namespace/dev (passed to data/acme/west)",
    ]);
    await to.bring(arriving);
    expect(standing(to)).toEqual([...asHanded, leftover]);
    expect(uidOf(to, "a")).toBe(uid);
    const forgotten = await from.bring(stays);
    expect(forgotten.record.exceptions).toEqual({});
    // What the newcomer did not take is still the owner's, and goes as it would have without a move.
    expect(from.deleted).toEqual(["leftover"]);
    expect(standing(to)).toEqual([...asHanded, gone]);
    expect(await to.bring({ ...arriving, [stayPath]: [{ kind: "Namespace", name: "more" }] }).then(told)).toEqual([
      "created Namespace/more",
    ]);
  });

  function uidOf({ target }: Plane, name: string): unknown {
    return target.liveObject({ group: "", version: "v1", kind: "ConfigMap", namespace: "dev", name })?.metadata["uid"];
  }

  test("an object that its owner's tree does not hand over stays, and the newcomer waits for it", async () => {
    const { from, to } = openBoth();
    await from.bring({ ...stays, ...moving });
    await from.bring({ ...stays, ...moving, ...handing(west, cellPath) });
    const before = standing(from);
    const result = await to.bring(arriving);
    expect(told(result)).toEqual([
      "created Namespace/dev",
      "failed ConfigMap/dev/a (belongs to the plane data.acme.east)",
      "failed ConfigMap/dev/b (belongs to the plane data.acme.east)",
    ]);
    expect(result.changes.filter(({ outcome }) => outcome === "failed").map((change) => change.class)).toEqual([
      "blocked",
      "blocked",
    ]);
    expect(standing(from)).toEqual(before);
  });

  test("only the plane that it is handed to can take it", async () => {
    const { from, to } = openBoth();
    await from.bring(moving);
    await from.bring({ ...moving, ...handing({ ...west, name: "third" }, cellPath, webPath) });
    expect(told(await to.bring(arriving))).toContainEqual(
      "failed Namespace/dev (belongs to the plane data.acme.third)",
    );
    expect(standing(from)).toContainEqual(leftover);
  });

  test("what another plane has is not the owner's to hand over, whatever its tree says", async () => {
    const cluster = openMemoryCluster();
    const third = openPlane({ ...west, name: "third" }, cluster);
    const from = openPlane(east, cluster);
    const to = openPlane(west, cluster);
    await third.bring({ ...stays, ...moving });
    await from.bring(moving);
    expect(told(await from.bring({ ...moving, ...handing(west, cellPath, webPath) }))).toContainEqual(
      "handed ConfigMap/dev/a (its labels are another's)",
    );
    expect(told(await to.bring(arriving))).toContainEqual(
      "failed Namespace/dev (belongs to the plane data.acme.third)",
    );
    expect(standing(third)).toMatchObject([{ plane: "data.acme.third" }, { plane: "data.acme.third" }, {}]);
  });

  test.each([
    { what: "another organization", to: { ...west, organization: "rival" } },
    { what: "another kind", to: { ...west, kind: "build" as const } },
    { what: "the owner itself", to: east },
  ])("a tree hands nothing to a plane of $what", async ({ to }) => {
    const { from } = openBoth();
    await from.bring(moving);
    const result = await from.bring({ ...moving, [stayPath]: [], ...handing(to, cellPath, webPath) });
    expect(told(result)).toEqual([]);
  });

  test("nothing of what is handed is changed any more", async () => {
    const { from } = openBoth();
    await from.bring(moving);
    const before = standing(from);
    await from.bring({
      ...moving,
      [webPath]: [configMap("a", { value: "3" }), configMap("new")],
      ...handing(west, cellPath, webPath),
    });
    expect(standing(from)).toEqual(before);
    expect(from.target.listIds()).not.toContain("ConfigMap/dev/new");
    expect(from.deleted).toEqual([]);
  });

  test("the receipt says whose it is going to be, and nothing of how it fares", async () => {
    const { from } = openBoth();
    await from.bring({ [cellPath]: moving[cellPath] ?? [] });
    const { changes, desired } = await from.bring({
      [cellPath]: moving[cellPath] ?? [],
      ...handing(west, cellPath),
    });
    const [path] = desired;
    if (path === undefined) throw new Error("nothing is in question");
    const receipt = receiptOf({
      desired: path,
      changes,
      previous: undefined,
      healthOf: () => ({ health: "Missing" }),
      driftOf: () => undefined,
    });
    expect(receipt).toMatchObject({
      result: "handed",
      health: "Unknown",
      reason: "Namespace/dev: passed to data/acme/west",
    });
  });

  describe("when it moves back", () => {
    test("before anybody took it, it is the owner's as it was", async () => {
      const { from, to } = openBoth();
      await from.bring(moving);
      await from.bring({ ...moving, ...handing(west, cellPath, webPath) });
      const back = await from.bring(moving);
      expect(back.record.exceptions).toEqual({});
      expect(told(await to.bring(arriving))).toContainEqual(
        "failed Namespace/dev (belongs to the plane data.acme.east)",
      );
      const dropped = await from.bring({
        ...moving,
        [webPath]: [configMap("a"), configMap("b"), configMap("leftover")],
      });
      expect(told(dropped)).toEqual(["configured ConfigMap/dev/b"]);
      expect(standing(from)).toContainEqual({ name: "b", plane: "data.acme.east", data: { value: "1" } });
    });

    test("what was taken comes back when the other hands it over", async () => {
      const { from, to } = openBoth();
      await from.bring(moving);
      await from.bring({ ...moving, ...handing(west, cellPath, webPath) });
      await to.bring(arriving);
      expect(told(await from.bring(moving))).toContainEqual(
        "failed Namespace/dev (belongs to the plane data.acme.west)",
      );
      await to.bring({ ...arriving, ...handing(east, cellPath, webPath) });
      await from.bring(moving);
      await to.bring(stays);
      expect(standing(from)).toMatchObject(["a", "b", "leftover"].map((name) => ({ name, plane: "data.acme.east" })));
      expect([...from.deleted, ...to.deleted]).toEqual([]);
    });
  });

  describe.each(["dies", "stumbles"] as const)("a process that %s at any call", (end) => {
    /** The life of the owner until its tree hands over, then a doomed one, and what follows. */
    async function suffer(doomedTree: PlaneTree, follow: (planes: { from: Plane; to: Plane }) => Promise<void>) {
      for (let fatal = 1, isOver = false; !isOver; fatal += 1) {
        const planes = openBoth();
        const { from } = planes;
        await from.bring({ ...stays, ...moving });
        const revision = await from.branch.publish(doomedTree);
        const doomed = new Life(fatal, end);
        const agent = startAgent({
          repository: doomed.wrap(repository),
          target: doomed.wrap(from.target),
          plane: east,
          concurrency: 1,
        });
        await survive(agent, revision);
        isOver = doomed.calls < fatal;
        if (end === "stumbles") await survive(agent, revision);
        await follow(planes);
        // The repository outlives the cluster; the next one begins with a branch of its own.
        await dropBranches();
      }
    }
    async function dropBranches(): Promise<void> {
      await cleanup[Symbol.asyncDispose]();
      const opened = await openTestRepository();
      cleanup = opened;
      repository = opened.repository;
    }

    const doomedTree = { ...stays, ...moving, ...handing(west, cellPath, webPath) };

    test("C54 while it hands over, does the rest when it is started again", { timeout: 120_000 }, async () => {
      await suffer(doomedTree, async ({ from, to }) => {
        await from.bring(doomedTree);
        await to.bring(arriving);
        await from.bring(stays);
        expect(standing(to)).toEqual([...asHanded, gone]);
        expect([...from.deleted, ...to.deleted]).toEqual(["leftover"]);
      });
    });

    test("C54 while it hands over, and is to keep everything after all, keeps it", { timeout: 120_000 }, async () => {
      await suffer(doomedTree, async ({ from, to }) => {
        await from.bring({ ...stays, ...moving });
        expect(told(await to.bring(arriving))).toContainEqual(
          "failed Namespace/dev (belongs to the plane data.acme.east)",
        );
        expect(to.target.listIds().filter((id) => isOffered(from, id))).toEqual([]);
        expect([...from.deleted, ...to.deleted]).toEqual([]);
      });
    });
  });

  /** Whether another plane owns fields of an object of ours. */
  function isOffered({ target }: Plane, id: string): boolean {
    const [kind = "", ...rest] = id.split("/");
    const [namespace, name = ""] = rest.length === 2 ? rest : [undefined, rest[0]];
    const key = { group: "", version: "v1", kind, name, ...(namespace === undefined ? {} : { namespace }) };
    return JSON.stringify(target.liveObject(key)?.metadata["managedFields"]).includes("gitplane.data.acme.west");
  }
});

type Named = { readonly metadata: { readonly uid: string } };

describe.skipIf(kubeconfig === undefined)("on a real API server", () => {
  let from: RealCluster;
  let to: RealCluster;
  beforeEach(async () => {
    from = await openRealCluster(kubeconfig ?? "");
    to = await openRealCluster(kubeconfig ?? "");
  });
  afterEach(async () => {
    await from[Symbol.asyncDispose]();
    await to[Symbol.asyncDispose]();
  });

  const cell = (): readonly Manifest[] => [{ kind: "Namespace", name: from.namespace }];
  const deployment = (image: string, env: readonly object[] = []): Manifest => ({
    kind: "Deployment",
    apiVersion: "apps/v1",
    name: "web",
    namespace: from.namespace,
    body: {
      spec: {
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: { containers: [{ name: "main", image, env }] },
        },
      },
    },
  });
  const liveDeployment = async () => {
    const key = objectKey(renderManifest(from.plane, webPath, deployment("web:1")));
    const read = await from.target.read(key, { signal: new AbortController().signal });
    if (read.kind !== "found") throw new Error(read.kind);
    return read.metadata;
  };
  const planesIn = ({ managedFields }: LiveMetadata): readonly string[] =>
    managedFields.map(({ manager }) => manager).filter((name) => name.startsWith("gitplane."));
  const other = { [stayPath]: [{ kind: "ConfigMap", name: "stays", namespace: "default" } as const] };

  test("a Deployment changes hands as it is: same uid, same generation, one owner of its fields", async () => {
    const tree = { ...other, [cellPath]: cell(), [webPath]: [deployment("web:1", [{ name: "A", value: "1" }])] };
    await bringReal(from, tree);
    const before = await liveDeployment();
    expect(told(await bringReal(to, { [cellPath]: cell(), [webPath]: [deployment("web:1")] }))).toEqual([
      expect.stringMatching(/^failed Namespace\/.* \(belongs to the plane data\.acme\./u),
      expect.stringMatching(/^failed apps\/Deployment\/.* \(waits for Namespace\//u),
    ]);
    await bringReal(from, { ...tree, ...handing(to.plane, cellPath, webPath) });
    await bringReal(to, { [cellPath]: cell(), [webPath]: [deployment("web:1", [{ name: "A", value: "1" }])] });
    const after = await liveDeployment();
    expect(after).toMatchObject({ uid: before.uid, generation: before.generation });
    expect(after.labels["gitplane.dev/plane"]).toBe(`data.acme.${to.plane.name}`);
    expect(planesIn(after)).toEqual([`gitplane.data.acme.${to.plane.name}`]);
    const forgotten = await bringReal(from, other);
    expect(told(forgotten).filter((line) => !line.includes("(its labels do not say"))).toEqual([]);
    expect(forgotten.record.exceptions).toEqual({});
    expect((await liveDeployment()).resourceVersion).toBe(after.resourceVersion);
    // What it was applied with before is the new owner's to take away.
    await bringReal(to, { [cellPath]: cell(), [webPath]: [deployment("web:1")] });
    const live = await from.other.send("get", `/apis/apps/v1/namespaces/${from.namespace}/deployments/web`);
    expect(JSON.stringify(live)).not.toContain('"name":"A"');
  });

  test("nothing of what is handed is kept true any more, and the receipt says whose it is going to be", async () => {
    const config = (name: string, namespace = from.namespace): Manifest => ({ kind: "ConfigMap", name, namespace });
    const own = { "platform/base.yaml": [config("own")] };
    const tree = { [cellPath]: cell(), ...own, [webPath]: [config("web"), deployment("web:1")] };
    const settings = { drift: "heal" } as const;
    await from.branch.publish(tree, { settings });
    await from.run();
    await reported(from, ({ byPath }) => byPath.get(webPath)?.result === "created");
    await from.branch.publish({ ...tree, ...handing(to.plane, webPath) }, { settings });
    const { byPath } = await reported(from, (receipts) => receipts.byPath.get(webPath)?.result === "handed");
    expect(byPath.get(webPath)).toMatchObject({
      health: "Unknown",
      reason: expect.stringContaining(`passed to data/acme/${to.plane.name}`) as string,
    });
    const at = (name: string): string => `/api/v1/namespaces/${from.namespace}/configmaps/${name}`;
    const { metadata } = (await from.other.send("get", at("own"))) as Named;
    // The agent sees that it stands, and then that it does not.
    const note = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "web" }, data: { note: "x" } };
    await from.other.send("apply", `${at("web")}?fieldManager=somebody`, note);
    await from.other.send("delete", at("web"));
    await from.other.send("delete", at("own"));
    // What was deleted after it is back.
    await vi.waitFor(
      async () => {
        const back = (await from.other.send("get", at("own"))) as Named;
        expect(back.metadata.uid).not.toBe(metadata.uid);
      },
      { timeout: 30_000 },
    );
    await expect(from.other.send("get", at("web"))).rejects.toThrow("not found");
  });

  test("what moves back before anybody took it is applied and kept true again", async () => {
    const tree = { ...other, [cellPath]: cell(), [webPath]: [deployment("web:1")] };
    await bringReal(from, tree);
    const before = await liveDeployment();
    await bringReal(from, { ...tree, ...handing(to.plane, cellPath, webPath) });
    await bringReal(from, tree);
    const after = await liveDeployment();
    expect(after).toMatchObject({ uid: before.uid, generation: before.generation, labels: before.labels });
    expect(planesIn(after)).toEqual([`gitplane.data.acme.${from.plane.name}`]);
  });
});
