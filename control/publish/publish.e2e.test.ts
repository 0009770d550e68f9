/** Publishing on real repositories: what a plane's branch says after each thing that can happen to the specs. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openNativeRepository } from "../../git/native/open.ts";
import { GitError, type Oid, type Person, type Repository } from "../../git/repository.ts";
import { compareText } from "../../schemas/compare.ts";
import { guestGatewaysPlace, type PlaneId, planeRef, receiptsRef, specsRef, statePath } from "../../schemas/layout.ts";
import type { PlaneReceipt, Receipt } from "../../schemas/receipt.ts";
import { readStateYaml, writeStateYaml } from "../../schemas/state-yaml.ts";
import { readTrailers } from "../../schemas/trailers.ts";
import { load } from "../load/load.ts";
import { rendererVersion } from "../render/render.ts";
import { publish, type Publication, type PublishContext } from "./publish.ts";
import { LiveSpecs } from "../engine/live-specs.ts";
import { PlaneBranch, PlaneBranches } from "./plane-branch.ts";
import { type ReconcileContext, reconcile } from "../reconcile.ts";
import { renderSpecs } from "../render-specs.ts";
import { doc, endpointOf, owner, service, surroundings } from "../specs-fixture.contract.ts";
import { listGitFiles } from "../load/specs-files.ts";

const eu: PlaneId = { kind: "data", organization: "default", name: "eu" };
const us: PlaneId = { kind: "data", organization: "default", name: "us" };
const ann: Person = { name: "Ann", mail: "ann@example.org" };
const ben: Person = { name: "Ben", mail: "ben@example.org" };

let folder: string;
let specs: Repository;
let state: Repository;
let seconds = 1_700_000_000;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "publish-"));
  specs = await openNativeRepository({ path: join(folder, "specs.git"), create: true });
  state = await openNativeRepository({ path: join(folder, "state.git"), create: true });
});

afterEach(async () => {
  await specs[Symbol.asyncDispose]();
  await state[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function commit(
  changes: Readonly<Record<string, string | null>>,
  { author = ann, message = "Change specs", repository = specs, ref = specsRef } = {},
): Promise<Oid> {
  const parent = (await repository.fetch([ref])).get(ref);
  const next = await repository.commit({
    parent,
    changes: new Map(Object.entries(changes).map(([path, text]) => [path, text === null ? null : Buffer.from(text)])),
    message,
    author,
    committer: author,
    committedAtSeconds: seconds++,
  });
  const pushed = await repository.push(ref, { expect: parent, next });
  if (pushed.kind !== "pushed") throw new Error(`the test could not push: ${pushed.kind}`);
  return next;
}

const base = { "platform.yaml": surroundings.join("---\n"), "cart.yaml": service("cart").join("---\n") };

type Overrides = { readonly repositoryOf?: (plane: PlaneId) => Promise<Repository> };

/** Of a control plane that has just started. */
function context({ repositoryOf = () => Promise.resolve(state) }: Overrides = {}): ReconcileContext {
  return {
    specs,
    live: new LiveSpecs(specs),
    branches: new PlaneBranches(repositoryOf),
    onPublished: () => {},
    settled: {},
    machineCommits: "off",
    nowSeconds: () => seconds++,
    signal: new AbortController().signal,
  };
}

async function reconcileAll(
  overrides: Overrides = {},
  by = context(overrides),
): Promise<Readonly<Record<string, Publication | { kind: "failed"; error: unknown }>>> {
  const result = await reconcile(by);
  return Object.fromEntries((result?.planes ?? []).map(({ plane, publication }) => [plane.name, publication]));
}

async function tip(plane: PlaneId): Promise<Oid> {
  const oid = await state.readRef(planeRef(plane));
  if (oid === undefined) throw new Error("the branch is not there");
  return oid;
}

async function filesOf(plane: PlaneId): Promise<readonly string[]> {
  const { tree } = await state.readCommit(await tip(plane));
  return (await state.listFiles(tree)).map(({ path }) => path);
}

async function textAt(plane: PlaneId, path: string): Promise<string> {
  const { tree } = await state.readCommit(await tip(plane));
  const file = (await state.listFiles(tree)).find((one) => one.path === path);
  return file === undefined ? "" : Buffer.from(await state.readBlob(file.oid)).toString("utf8");
}

/** Publishes a revision as a control plane would that read it then and is late now. */
async function publishRevision(revision: Oid, overrides: Partial<PublishContext> = {}): Promise<Publication> {
  const { tree } = await specs.readCommit(revision);
  const rendered = renderSpecs(await load([await listGitFiles(specs, tree)], new Map()));
  return publish(new PlaneBranch(eu, state), rendered, {
    ...context(),
    specsHead: () => Promise.resolve(revision),
    repositoryOf: () => Promise.resolve(state),
    revision,
    ...overrides,
  });
}

test("does nothing while the specs have no commit", async () => {
  expect(await reconcile(context())).toBeUndefined();
});

test("the first commit holds the plane, its Cell and its Releases, and says what made it", async () => {
  const revision = await commit(base, { message: "Add the cart\n\nIt is needed." });
  const { eu: publication } = await reconcileAll();
  const commitOid = await tip(eu);
  const paths = ["cells/shop/dev.yaml", "plane.yaml", "releases/shop/dev/cart.yaml"];
  expect(publication).toEqual({ kind: "published", revision: commitOid, written: paths, removed: [], kept: new Map() });
  expect(await filesOf(eu)).toEqual(paths);
  const { parents, trailers, author, committer, message } = await state.readCommit(commitOid);
  expect({ parents, trailers, author, committer, message }).toEqual({
    parents: [],
    trailers: [
      ["Specs-Commit", revision],
      ["Specs-Author", "Ann <ann@example.org>"],
      ["Sequence", "1"],
      ["Renderer", String(rendererVersion)],
      ["Reason", "Add the cart"],
    ],
    author: { name: "Gitplane", mail: "gitplane@gitplane.invalid" },
    committer: { name: "Gitplane", mail: "gitplane@gitplane.invalid" },
    message: `Render: write 3, remove 0 files for specs ${revision.slice(0, 10)}\n\nSpecs-Commit: ${revision}\nSpecs-Author: Ann <ann@example.org>\nSequence: 1\nRenderer: ${rendererVersion}\nReason: Add the cart\n`,
  });
});

test("makes no commit when the tree stays the same, whoever asks and however often", async () => {
  await commit(base);
  await reconcileAll();
  const before = await tip(eu);
  await commit({ "README.md": "words" });
  expect(await reconcileAll()).toEqual({ eu: { kind: "unchanged", revision: before, kept: new Map() } });
  expect(await reconcileAll()).toEqual({ eu: { kind: "unchanged", revision: before, kept: new Map() } });
  expect(await tip(eu)).toBe(before);
});

test("C22 folds commits that came together and names each of their authors once", async () => {
  await commit(base);
  await reconcileAll();
  await commit({ "README.md": "words" }, { author: ben });
  await commit({ "a.yaml": service("a").join("---\n") }, { author: ann });
  await commit({ "b.yaml": service("b").join("---\n") }, { author: ben });
  const head = await commit({ "c.yaml": service("c").join("---\n") }, { author: ann, message: "Add c" });
  await reconcileAll();
  const { trailers, parents } = await state.readCommit(await tip(eu));
  expect(parents).toHaveLength(1);
  expect(readTrailers(trailers)).toEqual({
    specsCommit: head,
    specsAuthors: ["Ann <ann@example.org>", "Ben <ben@example.org>"],
    sequence: 2,
    renderer: rendererVersion,
    reason: "Add c",
  });
});

test("a subject that reads like a trailer adds none", async () => {
  await commit(base, { message: "Sequence: 99\n\nRenderer: 7\n" });
  await reconcileAll();
  expect(readTrailers((await state.readCommit(await tip(eu))).trailers)).toMatchObject({
    sequence: 1,
    renderer: rendererVersion,
    reason: "Sequence: 99",
  });
});

test("writes only the blobs that changed", async () => {
  await commit({ ...base, "pay.yaml": service("pay").join("---\n") });
  await reconcileAll();
  const before = await state.readCommit(await tip(eu));
  await commit({ "cart.yaml": service("cart").join("---\n").replace("app:1", "app:2") });
  const { eu: publication } = await reconcileAll();
  const after = await state.readCommit(await tip(eu));
  const changes = await state.diffTrees(before.tree, after.tree);
  expect(changes.map(({ action, path }) => ({ action, path }))).toEqual([
    { action: "modified", path: "releases/shop/dev/cart.yaml" },
  ]);
  expect(publication).toMatchObject({ kind: "published", written: ["releases/shop/dev/cart.yaml"], removed: [] });
});

test("removes a component when all of its documents go, and its Cell with the last one", async () => {
  await commit({ ...base, "pay.yaml": service("pay").join("---\n") });
  await reconcileAll();
  await commit({ "pay.yaml": null });
  expect(await reconcileAll()).toMatchObject({
    eu: { kind: "published", written: [], removed: ["releases/shop/dev/pay.yaml"] },
  });
  await commit({ "cart.yaml": null });
  await reconcileAll();
  expect(await filesOf(eu)).toEqual(["plane.yaml"]);
});

const binding = (releaseState: string): string =>
  doc(
    "ServiceBinding",
    "cart-dev",
    `${owner("cart")}  environment: dev\n  releaseState: ${releaseState}\n  workloadSpec:\n    containers:\n      main:\n        image: registry.example/app:0\n`,
  );

test("Undeploy takes the Release away, Suspend leaves it with no replicas, both beside an auto-deployed claim", async () => {
  await commit(base);
  await reconcileAll();
  expect(await textAt(eu, "releases/shop/dev/cart.yaml")).toContain("replicas: 2\n");
  await commit({ "binding.yaml": binding("Suspend") });
  await reconcileAll();
  const suspended = await textAt(eu, "releases/shop/dev/cart.yaml");
  expect({
    replicas: suspended.includes("replicas: 0\n"),
    image: suspended.includes("registry.example/app:1\n"),
  }).toEqual({ replicas: true, image: true });
  await commit({ "binding.yaml": binding("Undeploy") });
  await reconcileAll();
  expect(await filesOf(eu)).toEqual(["plane.yaml"]);
});

test("a broken Suspend or a broken claim changes nothing: neither resumes nor rolls back", async () => {
  await commit({ ...base, "binding.yaml": binding("Suspend") });
  await reconcileAll();
  const before = await tip(eu);
  await commit({ "binding.yaml": binding("Suspend").replace("workloadSpec", "workloadSpc") });
  expect(await reconcileAll()).toMatchObject({ eu: { kind: "unchanged" } });
  await commit({ "binding.yaml": binding("Suspend"), "cart.yaml": `${base["cart.yaml"]}\n}: [\n` });
  expect(await reconcileAll()).toMatchObject({ eu: { kind: "unchanged" } });
  await commit({ "cart.yaml": base["cart.yaml"].replace("workloadName: cart", "workloadName: crt") });
  expect(await reconcileAll()).toMatchObject({ eu: { kind: "unchanged" } });
  expect(await tip(eu)).toBe(before);
});

type Told = Pick<Receipt, "health" | "result"> &
  Partial<Pick<Receipt, "objects">> & {
    readonly of: string;
    readonly by?: PlaneId;
    readonly about?: Partial<PlaneReceipt>;
  };

async function reportFrom(
  appliedRevision: Oid,
  { health, of, result, by = us, objects = [], about: more = {} }: Told,
): Promise<Oid> {
  const { tree } = await state.readCommit(await tip(by));
  const blob = (await state.listFiles(tree)).find(({ path }) => path === of)?.oid ?? "";
  const receipt: Receipt = { release: blob, result, health, objects };
  const about: PlaneReceipt = {
    format: 1,
    agentVersion: "1",
    instance: "a",
    servedApis: [],
    appliedRevision,
    sequence: 1,
    lastSeen: "2026-01-01T00:00:00Z",
    ...more,
  };
  const files = { [of]: writeStateYaml(receipt), "plane.yaml": writeStateYaml(about) };
  return await commit(files, { repository: state, ref: receiptsRef(by) });
}

const twoPlanes = { ...base, "us.yaml": doc("DataPlane", "us", "  {}") };

describe("an environment that moves to another plane", () => {
  const cell = "cells/shop/dev.yaml";
  const release = "releases/shop/dev/cart.yaml";
  const [before, after] = ["eu", "us"].map((name) =>
    base["platform.yaml"].replace("name: dev\nspec:\n  dataPlaneRef: eu", `name: dev\nspec:\n  dataPlaneRef: ${name}`),
  ) as [string, string]; // one for each name

  beforeEach(async () => {
    await commit(twoPlanes);
    await reconcileAll();
    await commit({ "platform.yaml": after });
  });

  /** What the agent of `us` says of what it has applied. */
  async function report(health: Receipt["health"], of = release, result: Receipt["result"] = "created"): Promise<Oid> {
    return await reportFrom(await tip(us), { health, of, result });
  }

  const kept = {
    format: 1,
    paths: {
      [cell]: { decision: "kept", movedTo: "data/default/us" },
      [release]: { decision: "kept", movedTo: "data/default/us" },
    },
  };
  const admissions = async (): Promise<unknown> => readStateYaml(await textAt(eu, "admissions.yaml"));

  test("stays on the first until the second reports it healthy, and waiting makes no commits", async () => {
    const { eu: publication } = await reconcileAll();
    expect(publication).toMatchObject({
      isAwaiting: true,
      kept: new Map([
        [cell, "waits for data/default/us, where it moved to, to report it healthy"],
        [release, "waits for data/default/us, where it moved to, to report it healthy"],
      ]),
    });
    expect(await filesOf(us)).toEqual([cell, "plane.yaml", release]);
    expect(await filesOf(eu)).toEqual(["admissions.yaml", cell, "plane.yaml", release]);
    expect(await admissions()).toEqual(kept);
    const waiting = await tip(eu);
    await report("Unknown", cell);
    for (const health of ["Unknown", "Progressing", "Degraded", "Missing"] as const) {
      await report(health);
      expect(await reconcileAll()).toMatchObject({ eu: { kind: "unchanged", isAwaiting: true } });
    }
    await report("Healthy", release, "failed");
    await reconcileAll();
    expect(await tip(eu)).toBe(waiting);
  });

  test("is on both when it names both, and leaves the one that it no longer names when the other reports it", async () => {
    await commit({ "platform.yaml": after.replace("dataPlaneRef: us", "dataPlaneRefs: [eu, us]") });
    await reconcileAll();
    for (const plane of [eu, us]) expect(await filesOf(plane)).toEqual([cell, "plane.yaml", release]);
    await commit({ "platform.yaml": after });
    expect(await reconcileAll()).toMatchObject({ eu: { kind: "published", removed: [], isAwaiting: true } });
    expect(await admissions()).toEqual(kept);
    await report("Unknown", cell);
    await report("Healthy");
    expect(await reconcileAll()).toMatchObject({ eu: { removed: [cell, release] }, us: { kind: "unchanged" } });
  });

  test("leaves the first when the second has, with the receipts that said so", async () => {
    await reconcileAll();
    await report("Unknown", cell);
    const receipts = await report("Healthy");
    expect(await reconcileAll()).toMatchObject({ eu: { kind: "published", removed: [cell, release] } });
    expect(await filesOf(eu)).toEqual(["admissions.yaml", "plane.yaml"]);
    const withdrawn = { decision: "withdrawn", movedTo: "data/default/us", receipts };
    expect(await admissions()).toEqual({ format: 1, paths: { [cell]: withdrawn, [release]: withdrawn } });
    // Noted for as long as it is true, whatever the other plane says next.
    await report("Degraded");
    expect(await reconcileAll()).toMatchObject({ eu: { kind: "unchanged" } });
    await commit({ "cart.yaml": null });
    await reconcileAll();
    expect(await filesOf(eu)).toEqual(["plane.yaml"]);
  });

  describe("whose hosts stand in a certificate", () => {
    const gateways = "platform/gateways.yaml";
    const manage = "manage: {external: {https: {issuer: {name: ca}}}}";
    const withGateways = (text: string, more = ""): string => {
      const own = doc("DataPlane", "eu", `  gateway: {publicVirtualHost: apps.example, ${manage}${more}}`);
      return text
        .split("---\n")
        .map((one) => (one.includes("kind: DataPlane\n") ? own : one))
        .join("---\n");
    };

    test("keeps it there until it has left, also when more than that is rendered otherwise", async () => {
      await commit({ "platform.yaml": withGateways(before) });
      await reconcileAll();
      const served = await textAt(eu, gateways);
      expect(served).toContain("- dev.apps.example");
      await commit({ "platform.yaml": withGateways(after) });
      const reason = "dev left the plane and is still served here by names that stand in a certificate";
      expect((await reconcileAll())["eu"]).toMatchObject({ written: ["admissions.yaml"], isAwaiting: true });
      expect(await textAt(eu, gateways)).toBe(served);
      const one = context();
      const again = await reconcileAll({}, one);
      expect(again).toMatchObject({ eu: { kind: "unchanged" } });
      expect((again["eu"] as { kept: ReadonlyMap<string, string> }).kept.get(gateways)).toBe(reason); // it is unchanged
      await report("Unknown", cell);
      await report("Healthy");
      // The same control plane, which has compared the gateways before.
      expect(await reconcileAll({}, one)).toMatchObject({ eu: { removed: [cell, release] } });
      expect(await textAt(eu, gateways)).not.toContain("- dev.apps.example");
      expect(await textAt(eu, gateways)).toContain("- prod.apps.example");
    });
  });

  test("stays while the second tells of an earlier stay only", async () => {
    const earlier = await reconcileAll().then(() => tip(us));
    await commit({ "platform.yaml": before });
    await reconcileAll();
    for (const of of [cell, release]) {
      await reportFrom(await tip(eu), { health: "Healthy", of, result: "created", by: eu });
    }
    await reconcileAll();
    expect(await filesOf(us)).not.toContain(release);
    await commit({ "platform.yaml": after });
    await reconcileAll();
    await reportFrom(earlier, { health: "Unknown", of: cell, result: "created" });
    await reportFrom(earlier, { health: "Healthy", of: release, result: "created" });
    expect(await reconcileAll()).toMatchObject({ eu: { kind: "unchanged", isAwaiting: true } });
    expect(await filesOf(eu)).toContain(release);
    await report("Healthy");
    await reconcileAll();
    expect(await filesOf(eu)).not.toContain(release);
  });

  describe("in the same cluster", () => {
    const about = { clusterUid: "one" };
    const objects: Receipt["objects"] = [{ id: "Service/dev/cart", result: "failed", health: "Missing" }];
    const refused = { health: "Missing" as const, result: "failed" as const, objects, about };

    beforeEach(async () => {
      await reconcileAll();
      await reportFrom(await tip(eu), { health: "Healthy", of: release, result: "created", by: eu, about });
    });

    test("is handed over once the second's agent has tried it, which stands until it arrives", async () => {
      const receipts = await reportFrom(await tip(us), { of: release, ...refused });
      expect(await reconcileAll()).toMatchObject({ eu: { kind: "published", written: ["admissions.yaml"] } });
      const handed = { decision: "handed", handedTo: "data/default/us", clusterUid: "one", receipts };
      expect(await admissions()).toEqual({ format: 1, paths: { ...kept.paths, [release]: handed } });
      expect(await filesOf(eu)).toContain(release);
      // Another Release is rendered now, and the second's agent has not seen it; some objects may have passed already.
      await commit({ "cart.yaml": base["cart.yaml"].replace("app:1", "app:2") });
      expect(await reconcileAll()).toMatchObject({ eu: { kind: "unchanged", isAwaiting: true } });
      await reportFrom(await tip(us), { of: cell, health: "Unknown", result: "created", about });
      const arrived = await reportFrom(await tip(us), { of: release, health: "Healthy", result: "configured", about });
      expect(await reconcileAll()).toMatchObject({ eu: { kind: "published", removed: [cell, release] } });
      expect(await admissions()).toMatchObject({ paths: { [release]: { decision: "withdrawn", receipts: arrived } } });
    });

    test("is not handed over any more when it moves back", async () => {
      await reportFrom(await tip(us), { of: release, ...refused });
      await reconcileAll();
      await commit({ "platform.yaml": before });
      await reconcileAll();
      expect(await filesOf(eu)).toEqual([cell, "plane.yaml", release]);
    });

    test.each([
      { what: "is in another cluster", told: { ...refused, about: { clusterUid: "two" } } },
      { what: "does not know its cluster", told: { ...refused, about: {} } },
      { what: "ended on purpose", told: { ...refused, about: { ...about, ended: true as const } } },
      { what: "could not even read the Release", told: { ...refused, objects: [] } },
    ])("is not handed over while the second's agent $what", async ({ told }) => {
      const waiting = await tip(eu);
      await reportFrom(await tip(us), { of: release, ...told });
      expect(await reconcileAll()).toMatchObject({ eu: { kind: "unchanged", isAwaiting: true } });
      expect(await tip(eu)).toBe(waiting);
    });

    test("is not handed over by a receipt of an earlier commit", async () => {
      const earlier = await state.readCommit(await tip(us));
      await reportFrom(earlier.parents[0] ?? earlier.oid, { of: release, ...refused });
      expect(await reconcileAll()).toMatchObject({ eu: { kind: "unchanged", isAwaiting: true } });
    });
  });

  describe("of two that serve it, and the other stays", () => {
    const zz: PlaneId = { kind: "data", organization: "default", name: "zz" };
    const about = { clusterUid: "one" };
    const away = { clusterUid: "two" };
    const [both, left, renamed] = ["[eu, us]", "[us]", "[us, zz]"].map((names) =>
      after.replace("dataPlaneRef: us", `dataPlaneRefs: ${names}`),
    ) as [string, string, string]; // one for each list

    /** Its Cell and Release are well on the plane, as its branch has them. */
    async function settle(by: PlaneId, told: Partial<PlaneReceipt>): Promise<Oid> {
      await reportFrom(await tip(by), { of: cell, health: "Unknown", result: "created", by, about: told });
      return await reportFrom(await tip(by), { of: release, health: "Healthy", result: "created", by, about: told });
    }

    beforeEach(async () => {
      await commit({ "platform.yaml": both });
      await reconcileAll();
      await settle(eu, about);
      await settle(us, away);
    });

    test("leaves the one that it is taken from while the other is healthy", async () => {
      await commit({ "platform.yaml": left });
      expect(await reconcileAll()).toMatchObject({ eu: { removed: [cell, release] }, us: { kind: "unchanged" } });
    });

    test("is handed to the new name of its cluster, and leaves once it has arrived there too", async () => {
      await commit({ "platform.yaml": renamed, "zz.yaml": doc("DataPlane", "zz", "  {}") });
      expect(await reconcileAll()).toMatchObject({ eu: { kind: "published", removed: [], isAwaiting: true } });
      const movedTo = ["data/default/us", "data/default/zz"];
      const waiting = { decision: "kept", movedTo };
      expect(await admissions()).toEqual({ format: 1, paths: { [cell]: waiting, [release]: waiting } });
      expect(await reconcileAll()).toMatchObject({
        eu: {
          kept: new Map([cell, release].map((path) => [path, expect.stringContaining("waits for data/default/zz,")])),
        },
      });
      const objects: Receipt["objects"] = [{ id: "Service/dev/cart", result: "failed", health: "Missing" }];
      const refused = { of: release, health: "Missing", result: "failed", by: zz, objects, about } as const;
      const tried = await reportFrom(await tip(zz), refused);
      expect(await reconcileAll()).toMatchObject({ eu: { kind: "published", written: ["admissions.yaml"] } });
      const handed = { decision: "handed", handedTo: "data/default/zz", clusterUid: "one", receipts: tried };
      expect(await admissions()).toEqual({ format: 1, paths: { [cell]: waiting, [release]: handed } });
      const arrived = await settle(zz, about);
      expect(await reconcileAll()).toMatchObject({ eu: { kind: "published", removed: [cell, release] } });
      const receipts = [expect.any(String), arrived];
      expect(await admissions()).toMatchObject({ paths: { [release]: { decision: "withdrawn", movedTo, receipts } } });
      expect(await reconcileAll()).toMatchObject({ eu: { kind: "unchanged" } });
    });
  });

  test("keeps its Cell while one of its Releases stays", async () => {
    await commit({ "platform.yaml": before, "till.yaml": service("till").join("---\n") });
    await reconcileAll();
    await commit({ "platform.yaml": after });
    await reconcileAll();
    await report("Unknown", cell);
    await report("Healthy");
    await reconcileAll();
    expect(await filesOf(eu)).toEqual(["admissions.yaml", cell, "plane.yaml", "releases/shop/dev/till.yaml"]);
  });

  test("leaves after what connects to it, and waiting for that makes no commits either", async () => {
    const web = "releases/shop/dev/web.yaml";
    const to = "{type: api, params: {componentName: cart, endpoint: api}, inject: {env: []}}";
    await commit({
      "platform.yaml": before,
      "cart.yaml": service("cart", { workload: endpointOf("api", "REST", 80) }).join("---\n"),
      "web.yaml": service("web", { workload: `  connections: {cart: ${to}}\n` }).join("---\n"),
    });
    await reconcileAll();
    await commit({ "platform.yaml": after });
    await reconcileAll();
    const waiting = { decision: "kept", movedTo: "data/default/us" };
    expect(await admissions()).toEqual({
      format: 1,
      paths: { [cell]: waiting, [release]: { ...waiting, caller: web }, [web]: waiting },
    });
    await report("Unknown", cell);
    await report("Healthy");
    expect(await reconcileAll()).toMatchObject({
      eu: {
        kind: "unchanged",
        isAwaiting: true,
        kept: new Map([
          [release, "waits for web of project shop, which connects to it, to leave first"],
          [web, "waits for data/default/us, where it moved to, to report it healthy"],
          [cell, "a Release of the Cell stays"],
        ]),
      },
    });
    await report("Healthy", web);
    expect(await reconcileAll()).toMatchObject({ eu: { kind: "published", removed: [cell, release, web] } });
  });

  test("is healthy only as it is rendered now", async () => {
    await reconcileAll();
    await report("Unknown", cell);
    await report("Healthy");
    await commit({ "cart.yaml": base["cart.yaml"].replace("app:1", "app:2") });
    await reconcileAll();
    expect(await filesOf(eu)).toContain(release);
  });

  test("and back before it arrived leaves nothing behind", async () => {
    await reconcileAll();
    await commit({ "platform.yaml": before });
    await reconcileAll();
    expect(await filesOf(eu)).toEqual([cell, "plane.yaml", release]);
  });

  test("stays on both while the second's receipts cannot be read", async () => {
    await reconcileAll();
    await report("Healthy");
    const error = new GitError("unreachable", "state is not there");
    const blind: Repository = Object.create(state, {
      readCommit: { value: (oid: Oid) => state.readCommit(oid) },
      fetch: {
        value: (...args: Parameters<Repository["fetch"]>) =>
          args[0].includes(receiptsRef(us)) ? Promise.reject(error) : state.fetch(...args),
      },
    }) as Repository; // the rest is inherited
    const result = await reconcileAll({
      repositoryOf: (plane) => Promise.resolve(plane.name === "us" ? blind : state),
    });
    expect(result).toMatchObject({ eu: { kind: "failed", error } });
    expect(await filesOf(eu)).toContain(release);
  });
});

describe("an environment that leaves a plane which uses another organization's gateways", () => {
  const theirs: PlaneId = { kind: "data", organization: "guest", name: "theirs" };
  const far: PlaneId = { ...theirs, name: "far" };
  const gateways = "platform/gateways.yaml";
  const path = statePath(guestGatewaysPlace("guest"));
  const cell = "cells/shop/dev.yaml";
  const release = "releases/shop/dev/cart.yaml";
  const secret = "name: gateway-external-tls-guest-";
  const ours = (https = ""): string => {
    const manage = `manage: {external: {https: {issuer: {name: ca}${https}}}, sharedWith: [guest]}`;
    const plane = doc("DataPlane", "eu", `  gateway: {publicVirtualHost: apps.example, ${manage}}`);
    return surroundings.map((text) => (text.includes("kind: DataPlane\n") ? plane : text)).join("---\n");
  };
  const guests = (plane: string, ...more: readonly string[]): string => {
    const host = "publicVirtualHost: guest.example, sharedFrom: {organization: default, name: eu}";
    const documents = [
      doc("DataPlane", "theirs", `  gateway: {${host}}`),
      doc("DataPlane", "far", ""),
      doc("Environment", "dev", `  dataPlaneRef: ${plane}`),
      ...more.map((name) => doc("Environment", name, "  dataPlaneRef: theirs")),
      doc("DeploymentPipeline", "line", "  promotionPaths: [{sourceEnvironmentRef: dev, targetEnvironmentRefs: []}]"),
      doc("ServiceClass", "default", ""),
      doc("Project", "shop", "  deploymentPipelineRef: line"),
      ...service("cart"),
    ].map((text) => text.replace("metadata:\n", "metadata:\n  namespace: guest\n"));
    const organization = "apiVersion: openchoreo.dev/v1alpha1\nkind: Organization\nmetadata:\n  name: guest\n";
    return [organization, ...documents].join("---\n");
  };
  const reason =
    "environments that left data/guest/theirs may still be served there by names that stand in a certificate";
  const noted = { format: 1, paths: { [path]: { decision: "served", by: "data/guest/theirs" } } };

  /** The other plane's agent has it, and what follows is published. */
  async function arrive(by: ReconcileContext): Promise<void> {
    for (const [of, health] of [[cell, "Unknown"] as const, [release, "Healthy"] as const])
      await reportFrom(await tip(far), { of, health, result: "created", by: far });
    for (let round = 0; round < 2; round += 1) await reconcileAll({}, by);
    expect(await filesOf(theirs)).not.toContain(release);
  }

  test("has its hosts in the certificate there until it has left, and waiting makes no commits", async () => {
    await commit({ "platform.yaml": ours(), "guest.yaml": guests("theirs", "qa") });
    const one = context();
    await reconcileAll({}, one);
    const before = await textAt(eu, path);
    expect(before).toContain("- dev.guest.example");
    await commit({ "guest.yaml": guests("far", "qa") });
    expect(await reconcileAll({}, one)).toMatchObject({
      eu: { kind: "published", written: ["admissions.yaml"], removed: [], isAwaiting: true },
      theirs: { isAwaiting: true },
    });
    expect(await textAt(eu, path)).toBe(before);
    expect(readStateYaml(await textAt(eu, "admissions.yaml"))).toEqual(noted);
    for (const by of [one, context()]) {
      const kept = new Map([[path, reason]]);
      expect(await reconcileAll({}, by)).toMatchObject({ eu: { kind: "unchanged", kept, isAwaiting: true } });
    }
    await arrive(one);
    expect(await textAt(eu, path)).not.toContain("- dev.guest.example");
    expect(await textAt(eu, path)).toContain("- qa.guest.example");
    expect(await filesOf(eu)).not.toContain("admissions.yaml");
    expect(await reconcileAll({}, one)).toMatchObject({ eu: { kind: "unchanged", kept: new Map() } });
  });

  test("has them presented too, though no other environment is left and the gateways change meanwhile", async () => {
    await commit({ "platform.yaml": ours(), "guest.yaml": guests("theirs") });
    const one = context();
    await reconcileAll({}, one);
    const before = await textAt(eu, path);
    expect(await textAt(eu, gateways)).toContain(secret);
    await commit({ "guest.yaml": guests("far") });
    await reconcileAll({}, one);
    await commit({ "platform.yaml": ours(", minTLSVersion: '1.3'") });
    expect(await reconcileAll({}, one)).toMatchObject({ eu: { written: [gateways], removed: [] } });
    expect(await textAt(eu, path)).toBe(before);
    expect(await textAt(eu, gateways)).toContain(secret);
    expect(await reconcileAll()).toMatchObject({ eu: { kind: "unchanged" } });
    await arrive(one);
    expect(await filesOf(eu)).toEqual(["plane.yaml", gateways]);
    expect(await textAt(eu, gateways)).not.toContain(secret);
    expect(await textAt(eu, gateways)).toContain("1.3");
  });

  test("is gone from it at once when it is gone altogether, and a new one is in it at once", async () => {
    await commit({ "platform.yaml": ours(), "guest.yaml": guests("theirs", "qa") });
    await reconcileAll();
    await commit({ "guest.yaml": guests("theirs", "prod") });
    expect(await reconcileAll()).toMatchObject({ eu: { kind: "published", written: [path] } });
    expect(await textAt(eu, path)).not.toContain("- qa.guest.example");
    expect(await textAt(eu, path)).toContain("- prod.guest.example");
  });

  test("while the branch that it left cannot be read, only its own certificate waits", async () => {
    await commit({ "platform.yaml": ours(), "guest.yaml": guests("theirs") });
    await reconcileAll();
    const before = await textAt(eu, path);
    await commit({ "platform.yaml": ours(", minTLSVersion: '1.3'"), "guest.yaml": guests("far") });
    const error = new GitError("unreachable", "state is not there");
    const result = await reconcileAll({
      repositoryOf: (plane) => (plane.name === "theirs" ? Promise.reject(error) : Promise.resolve(state)),
    });
    expect(result).toMatchObject({
      theirs: { kind: "failed" },
      eu: { kind: "published", kept: new Map([[path, reason]]) },
    });
    expect(await textAt(eu, path)).toBe(before);
    expect(await textAt(eu, gateways)).toContain("1.3");
    expect(await textAt(eu, gateways)).toContain(secret);
  });
});

test("while a file of an organization at shared gateways cannot be read, its certificates stay and the gateways follow", async () => {
  const places = ["ours/default", "theirs/guest"].map((pair) => {
    const [path, organization] = pair.split("/");
    return `  - {path: ${path}, organizations: [${organization}], kinds: ['*']}\n`;
  });
  const ours = (https: string): string => {
    const manage = `manage: {external: {https: {issuer: {name: ca}${https}}}, sharedWith: [guest]}`;
    const plane = doc("DataPlane", "eu", `  gateway: {publicVirtualHost: apps.example, ${manage}}`);
    return surroundings.map((text) => (text.includes("kind: DataPlane\n") ? plane : text)).join("---\n");
  };
  const theirs = [
    doc(
      "DataPlane",
      "theirs",
      "  gateway: {publicVirtualHost: guest.example, sharedFrom: {organization: default, name: eu}}",
    ),
    doc("Environment", "dev", "  dataPlaneRef: theirs"),
  ].map((text) => text.replace("metadata:\n", "metadata:\n  namespace: guest\n"));
  const organization = "apiVersion: openchoreo.dev/v1alpha1\nkind: Organization\nmetadata:\n  name: guest\n";
  const path = statePath(guestGatewaysPlace("guest"));
  await commit({
    "gitplane.yaml": `apiVersion: openchoreo.dev/v1alpha1\nkind: Places\nplaces:\n${places.join("")}`,
    "ours/platform.yaml": ours(""),
    "theirs/platform.yaml": [organization, ...theirs].join("---\n"),
  });
  const one = context();
  expect(await reconcileAll({}, one)).toMatchObject({ eu: { kind: "published" } });
  const before = await textAt(eu, path);
  expect(before).toContain("dev.guest.example");
  await commit({ "theirs/platform.yaml": [organization, ...theirs, "}: ["].join("---\n") });
  const kept = new Map([
    [
      path,
      expect.stringMatching(
        /^theirs\/platform.yaml cannot be used and may hold a DataPlane whose hosts stand in a certificate: yaml-syntax in /,
      ),
    ],
  ]);
  expect(await reconcileAll({}, one)).toMatchObject({ eu: { kind: "unchanged", kept } });
  await commit({ "ours/platform.yaml": ours(", minTLSVersion: '1.3'") });
  for (const by of [one, context()]) {
    expect((await reconcileAll({}, by))["eu"]).toMatchObject({ kept });
    expect(await textAt(eu, "platform/gateways.yaml")).toContain("1.3");
    expect(await textAt(eu, path)).toBe(before);
  }
  await commit({ "theirs/platform.yaml": organization });
  expect(await reconcileAll({}, one)).toMatchObject({ eu: { removed: [path] } });
});

test("a plane whose repository fails delays no other", async () => {
  await commit(twoPlanes);
  const error = new GitError("unreachable", "state is not there");
  const result = await reconcileAll({
    repositoryOf: (plane) => (plane.name === "eu" ? Promise.reject(error) : Promise.resolve(state)),
  });
  expect(result).toMatchObject({ eu: { kind: "failed", error }, us: { kind: "published" } });
  expect(await reconcileAll()).toMatchObject({ eu: { kind: "published" }, us: { kind: "unchanged" } });
});

test("C61 of two control planes that publish at once one writes and the other finds it written", async () => {
  await commit(base);
  for (let round = 0; round < 4; round += 1) {
    await commit({ "cart.yaml": base["cart.yaml"].replace("app:1", `app:${round + 2}`) });
    const results = await Promise.all([reconcileAll(), reconcileAll(), reconcileAll()]);
    const kinds = results.map(({ eu: publication }) => publication?.kind ?? "none").toSorted(compareText);
    expect(kinds).toEqual(["published", "unchanged", "unchanged"]);
  }
  const { trailers } = await state.readCommit(await tip(eu));
  expect(readTrailers(trailers)?.sequence).toBe(4);
  const line = await state.log({ to: await tip(eu), limit: 100 });
  expect(line.map(({ parents }) => parents.length)).toEqual([1, 1, 1, 0]);
  expect(await textAt(eu, "releases/shop/dev/cart.yaml")).toContain("registry.example/app:5\n");
});

test("C61 begins anew when another moved the branch between reading and pushing", async () => {
  const revision = await commit(base);
  let pushes = 0;
  const racing: Repository = Object.create(state, {
    push: {
      value: async (...[ref, move, options]: Parameters<Repository["push"]>) => {
        pushes += 1;
        if (pushes === 1) await publishRevision(revision);
        return state.push(ref, move, options);
      },
    },
    fetch: { value: (...args: Parameters<Repository["fetch"]>) => state.fetch(...args) },
    readCommit: { value: (oid: Oid) => state.readCommit(oid) },
    listFiles: { value: (oid: Oid) => state.listFiles(oid) },
    commit: { value: (next: Parameters<Repository["commit"]>[0]) => state.commit(next) },
  });
  const result = await reconcileAll({ repositoryOf: () => Promise.resolve(racing) });
  expect({ kind: result["eu"]?.kind, pushes }).toEqual({ kind: "unchanged", pushes: 1 });
});

test("C61 gives up when the specs moved meanwhile", async () => {
  const old = await commit(base);
  const publication = await publishRevision(old, { specsHead: () => commit({ "README.md": "words" }) });
  expect(publication).toEqual({ kind: "superseded" });
  expect(await state.readRef(planeRef(eu))).toBeUndefined();
});

test("a control plane that read the specs too early gives way in silence", async () => {
  const old = await commit(base);
  const next = await commit({ "cart.yaml": base["cart.yaml"].replace("app:1", "app:2") });
  await reconcileAll();
  expect(await publishRevision(old, { specsHead: () => Promise.resolve(next) })).toEqual({ kind: "superseded" });
});

test("a specs branch that was turned back stops publishing, with what to do", async () => {
  const old = await commit(base);
  const next = await commit({ "cart.yaml": base["cart.yaml"].replace("app:1", "app:2") });
  await reconcileAll();
  expect(await publishRevision(old)).toEqual({
    kind: "refused",
    reason: `the tip was rendered from specs ${next}, which are not in the past of ${old} any more: the specs branch was rewritten or turned back; push the lost commits again, or go on from here with \`gitplane recover\``,
  });
});

test.for([
  {
    case: "a newer renderer",
    trailers: (specsCommit: Oid) => [
      ["Specs-Commit", specsCommit],
      ["Sequence", "1"],
      ["Renderer", String(rendererVersion + 1)],
    ],
    reason: new RegExp(`rendered by rules ${rendererVersion + 1}, this control plane has ${rendererVersion}`),
  },
  {
    case: "specs that the repository does not have",
    trailers: () => [
      ["Specs-Commit", "1".repeat(40)],
      ["Sequence", "1"],
      ["Renderer", String(rendererVersion)],
    ],
    reason: /does not have at .* stale .* or the specs branch was rewritten; .*`gitplane recover`/,
  },
  { case: "nobody we know", trailers: () => [["Signed-off-by", "Ann"]], reason: /was not written by a control plane/ },
] as const)("does not follow on a tip by $case", async ({ trailers, reason }) => {
  const revision = await commit(base);
  await state.push(planeRef(eu), {
    expect: undefined,
    next: await state.commit({
      parent: undefined,
      changes: new Map([["plane.yaml", Buffer.from("x")]]),
      message: "Render",
      trailers: trailers(revision).map(([key = "", value = ""]) => [key, value] as const),
      author: ann,
      committer: ann,
      committedAtSeconds: seconds,
    }),
  });
  const before = await tip(eu);
  const { eu: publication } = await reconcileAll();
  expect(publication).toMatchObject({ kind: "refused" });
  expect(publication?.kind === "refused" ? publication.reason : "").toMatch(reason);
  expect(await tip(eu)).toBe(before);
});

test("leaves what it does not render where it stands", async () => {
  await commit(base);
  await reconcileAll();
  const approval = { "approvals/abc.yaml": "x\n", "builds/shop/cart/first.yaml": "y\n" };
  await state.push(planeRef(eu), {
    expect: await tip(eu),
    next: await state.commit({
      parent: await tip(eu),
      changes: new Map(Object.entries(approval).map(([path, text]) => [path, Buffer.from(text)])),
      message: "Approve",
      trailers: (await state.readCommit(await tip(eu))).trailers,
      author: ann,
      committer: ann,
      committedAtSeconds: seconds,
    }),
  });
  await commit({ "cart.yaml": null });
  await reconcileAll();
  expect(await filesOf(eu)).toEqual(["approvals/abc.yaml", "builds/shop/cart/first.yaml", "plane.yaml"]);
});

test("a spoiled file of places stops publishing, also when it is ignored, and says where", async () => {
  await commit(base);
  await reconcileAll();
  const before = await tip(eu);
  await commit({ "gitplane.yaml": "shop: {}\n", ".gitplaneignore": "gitplane.yaml\n", "cart.yaml": null });
  const result = await reconcile(context());
  expect(result).toMatchObject({ stop: expect.stringContaining("gitplane.yaml:1:1"), planes: [] });
  expect(new Set(result?.problems.map(({ code }) => code))).toEqual(new Set(["invalid-places"]));
  expect(await tip(eu)).toBe(before);
});

test("stops between planes when told to", async () => {
  await commit(base);
  const signal = AbortSignal.abort(new Error("told to stop"));
  await expect(reconcile({ ...context(), signal })).rejects.toThrow(/stop|abort/);
});
