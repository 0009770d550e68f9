/** What a person would be told about the agent, one behaviour a test, on the in-memory target and a real repository. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { NativeRepository } from "../git/native/open.ts";
import type { Oid } from "../git/repository.ts";
import { receiptsRef } from "../schemas/layout.ts";
import type { PlaneReceipt, Receipt } from "../schemas/receipt.ts";
import { writeStateYaml } from "../schemas/state-yaml.ts";
import { MemoryTarget } from "./memory-target.ts";
import { type Manifest, PlaneBranch, type PlaneTree, renderManifest, writeRelease } from "./plane-branch.ts";
import { planRows } from "./print-plan.ts";
import { type Agent, preparePlan, reconcile, type Reconciled } from "./reconcile.ts";
import { openTestRepository, startAgent, testPlane } from "./testbed.ts";

const cellPath = "cells/shop/dev.yaml";
const webPath = "releases/shop/dev/web.yaml";
const apiPath = "releases/shop/dev/api.yaml";
const platformPath = "platform/base.yaml";
const namespace: Manifest = { kind: "Namespace", name: "dev" };

const routeManifest: Manifest = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  name: "a",
  namespace: "dev",
};
const policyManifest: Manifest = {
  apiVersion: "gateway.envoyproxy.io/v1alpha1",
  kind: "SecurityPolicy",
  name: "a",
  namespace: "dev",
};
const routeKind = { group: "gateway.networking.k8s.io", version: "v1", kind: "HTTPRoute", namespaced: true };
const policyKind = { group: "gateway.envoyproxy.io", version: "v1alpha1", kind: "SecurityPolicy", namespaced: true };

function configMap(name: string, value = "1"): Manifest {
  return { kind: "ConfigMap", name, namespace: "dev", body: { data: { value } } };
}

function configMaps(count: number): readonly Manifest[] {
  return Array.from({ length: count }, (_, index) => configMap(`c${index}`));
}

let repository: NativeRepository;
let cleanup: AsyncDisposable;
let branch: PlaneBranch;
let target: MemoryTarget;
let agent: Agent;

beforeEach(async () => {
  const opened = await openTestRepository();
  cleanup = opened;
  repository = opened.repository;
  branch = new PlaneBranch(repository, testPlane);
  target = new MemoryTarget({ plane: testPlane });
  agent = startAgent({ repository, target });
});
afterEach(async () => {
  await cleanup[Symbol.asyncDispose]();
});

async function bring(tree: PlaneTree, settings = {}): Promise<Reconciled> {
  return await bringRevision(await branch.publish(tree, { settings }));
}

async function bringRevision(revision: Oid): Promise<Reconciled> {
  const result = await reconcile(agent, revision, new AbortController().signal);
  if (result.kind !== "reconciled") throw new Error(result.reason);
  return result;
}

/** `outcome id (reason)` of every change but the unchanged. */
function told({ changes }: Reconciled): readonly string[] {
  return changes
    .filter(({ outcome }) => outcome !== "unchanged")
    .map(({ outcome, step, reason }) => `${outcome} ${step.id}${reason === undefined ? "" : ` (${reason})`}`);
}

function configMapIds(): readonly string[] {
  return target.listIds().filter((id) => id.startsWith("ConfigMap/"));
}

/** Resolves when the target holds a ConfigMap of this id. */
async function appears(id: string): Promise<void> {
  const stop = new AbortController();
  await target.watch({
    group: "",
    version: "v1",
    kind: "ConfigMap",
    reduce: () => undefined,
    onEvent: (event) => {
      if (event.kind === "changed" && event.object.id === id) stop.abort();
    },
    signal: stop.signal,
  });
}

function dataOf(name: string): unknown {
  return target.liveObject({ group: "", version: "v1", kind: "ConfigMap", namespace: "dev", name })?.["data"];
}

async function recordOf(): Promise<unknown> {
  const outcome = await target.readRecord({ signal: new AbortController().signal });
  return outcome.kind === "found" ? outcome.record : outcome.kind;
}

describe("isolated failure", () => {
  test("C03 C20 an invalid Release file fails its path alone and prunes nothing anywhere", async () => {
    await bring({
      [cellPath]: [namespace],
      [webPath]: [configMap("w1"), configMap("w2")],
      [apiPath]: [configMap("a1"), configMap("a2")],
    });
    const result = await bring({ [cellPath]: [namespace], [webPath]: "kind: [", [apiPath]: [configMap("a1", "2")] });
    expect(result.plan.invalid).toMatchObject([{ path: webPath }]);
    expect(told(result)).toEqual([
      "configured ConfigMap/dev/a1",
      expect.stringContaining("held ConfigMap/dev/a2 (something in the tree cannot be read"),
    ]);
    expect(configMapIds()).toEqual(["ConfigMap/dev/a1", "ConfigMap/dev/a2", "ConfigMap/dev/w1", "ConfigMap/dev/w2"]);
  });

  test("C20 the next good version of an invalid file recovers, and what waited is pruned", async () => {
    await bring({
      [cellPath]: [namespace],
      [webPath]: [configMap("w1"), configMap("w2")],
      [apiPath]: [configMap("a1"), configMap("a2")],
    });
    await bring({ [cellPath]: [namespace], [webPath]: "kind: [", [apiPath]: [configMap("a1")] });
    agent = startAgent({ repository, target });
    const result = await bring({
      [cellPath]: [namespace],
      [webPath]: [configMap("w1", "2")],
      [apiPath]: [configMap("a1")],
    });
    expect(told(result).toSorted()).toEqual([
      "configured ConfigMap/dev/w1",
      "pruned ConfigMap/dev/a2",
      "pruned ConfigMap/dev/w2",
    ]);
    expect(await recordOf()).toMatchObject({ exceptions: {} });
  });

  test("a new file that is invalid from the start is forgotten when it goes", async () => {
    await bring({ [cellPath]: [namespace], [webPath]: "x: 1" });
    expect(await recordOf()).toMatchObject({ exceptions: { [webPath]: [] } });
    await bring({ [cellPath]: [namespace] });
    expect(await recordOf()).toMatchObject({ exceptions: {} });
  });

  test("C37 C48 objects that name another path or plane, or reach into the engine's namespace, spoil their file", async () => {
    const foreign = writeRelease(testPlane, apiPath, [configMap("a")]);
    const inside = { kind: "ConfigMap", name: "a", namespace: "gitplane-system" };
    const result = await bring({ [webPath]: foreign, [apiPath]: [inside] });
    expect(result.plan.invalid.map(({ reason }) => reason)).toEqual([
      `${apiPath}: ConfigMap/gitplane-system/a stands in gitplane-system`,
      `${webPath}: ConfigMap/dev/a names another path`,
    ]);
    expect(result.changes).toEqual([]);
  });

  test("C63 a failing object stops what depends on it and nothing else", async () => {
    const service: Manifest = { kind: "Service", name: "web", namespace: "dev", body: { spec: {} } };
    const volumes = [{ configMap: { name: "bad" } }];
    const web: Manifest = {
      kind: "Deployment",
      apiVersion: "apps/v1",
      name: "web",
      namespace: "dev",
      body: { spec: { template: { spec: { volumes } } } },
    };
    const failure = { kind: "failed", class: "permanent", reason: "forbidden" } as const;
    target.fail({ operation: "apply", id: "ConfigMap/dev/bad", failure });
    const result = await bring({
      [cellPath]: [namespace],
      [webPath]: [configMap("bad"), service, web],
      [apiPath]: [configMap("api")],
    });
    expect(told(result).toSorted()).toEqual([
      "created ConfigMap/dev/api",
      "created Namespace/dev",
      "created Service/dev/web",
      "failed ConfigMap/dev/bad (forbidden)",
      "failed apps/Deployment/dev/web (waits for ConfigMap/dev/bad: forbidden)",
    ]);
    const again = await bringRevision(result.verified.revision);
    expect(told(again).toSorted()).toEqual([
      "configured ConfigMap/dev/bad",
      "configured Service/dev/web",
      "configured apps/Deployment/dev/web",
    ]);
  });

  test("C63 a cell that cannot be made keeps its own Releases waiting and no others", async () => {
    const failure = { kind: "failed", class: "permanent", reason: "forbidden" } as const;
    target.fail({ operation: "apply", id: "Namespace/dev", failure });
    const other = { ...configMap("other"), namespace: "prod" };
    const result = await bring({
      [cellPath]: [namespace],
      [webPath]: [configMap("a")],
      "cells/shop/prod.yaml": [{ kind: "Namespace", name: "prod" }],
      "releases/shop/prod/web.yaml": [other],
    });
    expect(told(result).toSorted()).toEqual([
      "created ConfigMap/prod/other",
      "created Namespace/prod",
      "failed ConfigMap/dev/a (waits for Namespace/dev: forbidden)",
      "failed Namespace/dev (forbidden)",
    ]);
  });

  test("transient failures are tried again at once", async () => {
    target.fail({ operation: "apply", times: 2, failure: { kind: "failed", class: "transient", reason: "429" } });
    expect(told(await bring({ [cellPath]: [namespace] }))).toEqual(["created Namespace/dev"]);
  });

  test("what waits to be tried again keeps nothing unrelated waiting", async () => {
    const patient = startAgent({ repository, target, concurrency: 1 });
    agent = { ...patient, applier: { ...patient.applier, backoff: { baseMs: 60_000, capMs: 60_000 } } };
    const id = "ConfigMap/dev/a";
    target.fail({ operation: "apply", id, failure: { kind: "failed", class: "transient", reason: "503" } });
    const tree = { [cellPath]: [namespace], [apiPath]: [configMap("a")], [webPath]: [configMap("b")] };
    const newer = new AbortController();
    const running = reconcile(agent, await branch.publish(tree), newer.signal);
    await appears("ConfigMap/dev/b");
    newer.abort();
    expect(told((await running) as Reconciled)).toEqual(
      expect.arrayContaining([`failed ${id} (503)`, "created ConfigMap/dev/b"]),
    );
  });

  test("what waits for its turn is let go when a newer revision is there", async () => {
    agent = startAgent({ repository, target, concurrency: 1 });
    const newer = new AbortController();
    const apply = target.apply.bind(target);
    let asked = 0;
    target.apply = async (object, options) => {
      asked += 1;
      if (object.kind === "ConfigMap") newer.abort();
      return await apply(object, options);
    };
    const bulk = Array.from({ length: 50 }, (_, index) => configMap(`bulk-${index}`));
    const revision = await branch.publish({ [cellPath]: [namespace], [webPath]: bulk });
    const result = (await reconcile(agent, revision, newer.signal)) as Reconciled;
    expect(asked).toBe(2);
    expect(told(result).filter((line) => line.endsWith("(a newer revision came first)"))).toHaveLength(49);
    expect(told(await bring({ [cellPath]: [namespace], [webPath]: bulk, [apiPath]: [configMap("urgent")] }))).toContain(
      "created ConfigMap/dev/urgent",
    );
  });

  test("C03 nothing is pruned of a Release whose new objects do not stand", async () => {
    await bring({ [cellPath]: [namespace], [webPath]: [configMap("old")] });
    target.fail({ operation: "apply", failure: { kind: "failed", class: "permanent", reason: "no" } });
    const result = await bring({ [cellPath]: [namespace], [webPath]: [configMap("new")] });
    expect(told(result)).toEqual([
      "failed ConfigMap/dev/new (no)",
      "failed ConfigMap/dev/old (waits until its Release's other objects are applied)",
    ]);
    expect(told(await bringRevision(result.verified.revision))).toEqual([
      "configured ConfigMap/dev/new",
      "pruned ConfigMap/dev/old",
    ]);
  });
});

describe("dry run", () => {
  const bad = (name: string): Manifest => ({ ...configMap(name, "2"), body: { data: {}, bogus: true } });

  test("a permanent refusal of one of two changed objects leaves the whole Release as it was", async () => {
    await bring({ [cellPath]: [namespace], [webPath]: [configMap("a"), configMap("b")] });
    const result = await bring({ [cellPath]: [namespace], [webPath]: [configMap("a", "2"), bad("b"), configMap("c")] });
    expect(told(result).toSorted()).toEqual([
      "failed ConfigMap/dev/a (not written, because a dry run refuses ConfigMap/dev/b: .bogus: field not declared in schema)",
      "failed ConfigMap/dev/b (.bogus: field not declared in schema)",
      "failed ConfigMap/dev/c (not written, because a dry run refuses ConfigMap/dev/b: .bogus: field not declared in schema)",
    ]);
    expect(dataOf("a")).toEqual({ value: "1" });
  });
});

describe("conflicts", () => {
  const theirs = (data: Record<string, string>): void =>
    target.writeAs("kubectl-edit", { ...renderManifest(testPlane, webPath, { ...configMap("a"), body: { data } }) });
  const both = (value: string): Manifest => ({ ...configMap("a"), body: { data: { value, other: value } } });

  test("a field that we applied before is taken back where the environment heals", async () => {
    await bring({ [cellPath]: [namespace], [webPath]: [configMap("a")] }, { drift: "heal" });
    theirs({ value: "theirs" });
    const result = await bring({ [cellPath]: [namespace], [webPath]: [configMap("a", "2")] }, { drift: "heal" });
    expect(told(result)).toEqual(["configured ConfigMap/dev/a (taken back: kubectl-edit owns .data.value)"]);
    expect(dataOf("a")).toEqual({ value: "2" });
  });

  test.each([
    { what: "only reports", settings: { drift: "report" } },
    {
      what: "only reports in that environment",
      settings: { drift: "heal", environments: { dev: { drift: "report" } } },
    },
  ] as const)("it is left to its owner where the plane $what, and the rest is applied", async ({ settings }) => {
    await bring({ [cellPath]: [namespace], [webPath]: [both("1")] }, settings);
    theirs({ value: "theirs" });
    const result = await bring({ [cellPath]: [namespace], [webPath]: [both("2")] }, settings);
    expect(told(result)).toEqual(["configured ConfigMap/dev/a (left alone: kubectl-edit owns .data.value)"]);
    expect(dataOf("a")).toEqual({ value: "theirs", other: "2" });
  });

  test("C56 a field that was never ours is left to its owner, now and by every later process", async () => {
    target.writeAs("kubectl-edit", { apiVersion: "v1", kind: "Namespace", metadata: { name: "dev" } });
    theirs({ value: "theirs" });
    const first = await bring({ [cellPath]: [namespace], [webPath]: [both("1")] }, { drift: "heal" });
    expect(told(first)).toContain("created ConfigMap/dev/a (left alone: kubectl-edit owns .data.value)");
    agent = startAgent({ repository, target });
    const later = await bring({ [cellPath]: [namespace], [webPath]: [both("2")] }, { drift: "heal" });
    expect(told(later)).toEqual(["configured ConfigMap/dev/a (left alone: kubectl-edit owns .data.value)"]);
    expect(dataOf("a")).toEqual({ value: "theirs", other: "2" });
  });

  test("a route waits for a guard that somebody else has changed", async () => {
    target.serve(policyKind);
    target.serve(routeKind);
    const guard = (value: string): Manifest => ({ ...policyManifest, body: { spec: { value } } });
    await bring({ [cellPath]: [namespace], [webPath]: [guard("shut")] });
    target.writeAs("kubectl-edit", { ...renderManifest(testPlane, webPath, guard("open")) });
    const result = await bring({ [cellPath]: [namespace], [webPath]: [guard("tight"), routeManifest] });
    expect(told(result)).toEqual([
      expect.stringContaining("configured gateway.envoyproxy.io/SecurityPolicy/dev/a (left alone: kubectl-edit owns"),
      expect.stringContaining("failed gateway.networking.k8s.io/HTTPRoute/dev/a (waits for gateway.envoyproxy.io/"),
    ]);
    expect(target.listIds()).not.toContain("gateway.networking.k8s.io/HTTPRoute/dev/a");
  });
});

describe("replacing", () => {
  const deployment = (app: string, annotations: Record<string, string> = {}): Manifest => ({
    kind: "Deployment",
    apiVersion: "apps/v1",
    name: "web",
    namespace: "dev",
    annotations,
    body: { spec: { selector: { matchLabels: { app } } } },
  });
  const allowed = { "gitplane.dev/replace": "allowed" };
  const uidOf = (): unknown =>
    target.liveObject({ group: "apps", version: "v1", kind: "Deployment", namespace: "dev", name: "web" })?.metadata[
      "uid"
    ];

  test("C57 a change of an immutable field is held", async () => {
    await bring({ [cellPath]: [namespace], [webPath]: [deployment("a"), configMap("c")] });
    const uid = uidOf();
    const result = await bring({ [cellPath]: [namespace], [webPath]: [deployment("b"), configMap("c", "2")] });
    expect(told(result).toSorted()).toEqual([
      "configured ConfigMap/dev/c",
      expect.stringContaining(
        "held apps/Deployment/dev/web (spec.selector cannot be changed in place; replacing a Deployment needs approval; to approve:",
      ),
    ]);
    expect(uidOf()).toBe(uid);
  });

  test("and carried out where the class allows it", async () => {
    await bring({ [cellPath]: [namespace], [webPath]: [deployment("a")] });
    const uid = uidOf();
    const result = await bring({ [cellPath]: [namespace], [webPath]: [deployment("b", allowed)] });
    expect(told(result)).toEqual(["replaced apps/Deployment/dev/web"]);
    expect(uidOf()).not.toBe(uid);
  });

  test("what only the target knows to be immutable is held when it refuses", async () => {
    const kind = { group: "example.test", version: "v1", kind: "Rock", namespaced: true, immutable: ["spec.weight"] };
    target.serve(kind);
    const rock = (weight: number): Manifest => ({
      kind: "Rock",
      apiVersion: "example.test/v1",
      name: "r",
      namespace: "dev",
      body: { spec: { weight } },
    });
    await bring({ [cellPath]: [namespace], [webPath]: [rock(1)] });
    const result = await bring({ [cellPath]: [namespace], [webPath]: [rock(2)] });
    expect(told(result)).toEqual([
      expect.stringContaining(
        "held example.test/Rock/dev/r (spec.weight: field is immutable; replacing a Rock needs approval; to approve:",
      ),
    ]);
  });

  test("C57 an object of somebody else is never replaced", async () => {
    await bring({ [cellPath]: [namespace], [webPath]: [deployment("a")] });
    target.writeAs("thief", { ...renderManifest(testPlane, apiPath, deployment("a")) });
    const result = await bring({ [cellPath]: [namespace], [webPath]: [deployment("b", allowed)] });
    expect(told(result)).toEqual([expect.stringContaining("its labels do not say that it was applied for")]);
  });
});

describe("explicit edges", () => {
  const after = (name: string, ids: string): Manifest => ({
    ...configMap(name),
    annotations: { "gitplane.dev/after": ids },
  });

  test("an object comes after what it names, in whatever Release", async () => {
    const lines: string[] = [];
    agent = startAgent({ repository, target, lines });
    await bring({
      [cellPath]: [namespace],
      [apiPath]: [after("third", "ConfigMap/dev/second")],
      [webPath]: [after("second", "Namespace/dev, ConfigMap/dev/first"), configMap("first")],
    });
    expect(lines).toEqual(
      ["Namespace/dev", "ConfigMap/dev/first", "ConfigMap/dev/second", "ConfigMap/dev/third"].map(
        (id) => `created ${id}`,
      ),
    );
  });

  test("and not at all when that fails", async () => {
    const failure = { kind: "failed", class: "permanent", reason: "forbidden" } as const;
    target.fail({ operation: "apply", id: "ConfigMap/dev/last", failure });
    const result = await bring({
      [cellPath]: [namespace],
      [apiPath]: [after("first", "ConfigMap/dev/last")],
      [webPath]: [configMap("last"), configMap("other")],
    });
    expect(told(result)).toContain("failed ConfigMap/dev/first (waits for ConfigMap/dev/last: forbidden)");
    expect(told(result)).toContain("created ConfigMap/dev/other");
  });

  test("what nothing holds is named, and what runs in a circle too", async () => {
    const result = await bring({
      [cellPath]: [namespace],
      [apiPath]: [after("lost", "ConfigMap/dev/nowhere"), after("a", "ConfigMap/dev/b")],
      [webPath]: [after("b", "ConfigMap/dev/a"), configMap("free")],
    });
    expect(told(result).toSorted()).toEqual([
      "created ConfigMap/dev/free",
      "created Namespace/dev",
      "failed ConfigMap/dev/a (waits for itself: ConfigMap/dev/a → ConfigMap/dev/b → ConfigMap/dev/a)",
      "failed ConfigMap/dev/b (waits for itself: ConfigMap/dev/b → ConfigMap/dev/a → ConfigMap/dev/b)",
      "failed ConfigMap/dev/lost (waits for ConfigMap/dev/nowhere, which no Release of the plane holds)",
    ]);
  });
});

describe("prune", () => {
  test("a route goes before its guard, and comes after it", async () => {
    target.serve(policyKind);
    target.serve(routeKind);
    const came = await bring({ [cellPath]: [namespace], [webPath]: [routeManifest, policyManifest, configMap("a")] });
    const went = await bring({ [cellPath]: [namespace], [webPath]: [configMap("a")] });
    const [guard, route] = ["gateway.envoyproxy.io/SecurityPolicy/dev/a", "gateway.networking.k8s.io/HTTPRoute/dev/a"];
    expect(told(came).slice(-2)).toEqual([`created ${guard}`, `created ${route}`]);
    expect(told(went)).toEqual([`pruned ${route}`, `pruned ${guard}`]);
  });

  test.each([
    { count: 50, kept: 1000, outcome: "pruned" },
    { count: 51, kept: 1000, outcome: "held" },
    { count: 21, kept: 20, outcome: "held" },
    { count: 20, kept: 20, outcome: "pruned" },
  ])("C02 $count deletes beside $kept objects that stay are $outcome", async ({ count, kept, outcome }) => {
    const rest = {
      [cellPath]: [namespace],
      [apiPath]: Array.from({ length: kept }, (_, index) => configMap(`k${index}`)),
    };
    await bring({ ...rest, [webPath]: configMaps(count) });
    const result = await bring(rest);
    expect(new Set(result.changes.map((change) => change.outcome))).toEqual(new Set([outcome]));
    expect(configMapIds()).toHaveLength(outcome === "pruned" ? kept : kept + count);
  });

  test("held prunes count again with later ones, and go when the budget allows", async () => {
    const strict = { pruneBudget: { objects: 1, shareFloor: 1, sharePercent: 100 } };
    await bring({ [cellPath]: [namespace], [webPath]: configMaps(4) });
    await bring({ [cellPath]: [namespace], [webPath]: configMaps(2) }, strict);
    agent = startAgent({ repository, target });
    const held = await bring({ [cellPath]: [namespace], [webPath]: configMaps(1) }, strict);
    expect(told(held)).toHaveLength(3);
    expect(configMapIds()).toHaveLength(4);
    await bring({ [cellPath]: [namespace], [webPath]: configMaps(1) });
    expect(configMapIds()).toEqual(["ConfigMap/dev/c0"]);
    expect(await recordOf()).toMatchObject({ exceptions: {} });
  });

  test("C01 a tree without any Release any more holds everything", async () => {
    await bring({ [cellPath]: [namespace], [webPath]: [configMap("a")], [apiPath]: [configMap("b")] });
    const result = await bring({});
    expect(told(result).toSorted()).toEqual([
      expect.stringContaining("held ConfigMap/dev/a (the plane's tree holds no Release any more"),
      expect.stringContaining("held ConfigMap/dev/b"),
      expect.stringContaining("held Namespace/dev"),
    ]);
  });

  test.each(["Namespace", "PersistentVolume", "PersistentVolumeClaim", "StatefulSet", "CustomResourceDefinition"])(
    "C14 a %s is held until it is approved",
    async (kind) => {
      const apiVersion = { StatefulSet: "apps/v1", CustomResourceDefinition: "apiextensions.k8s.io/v1" }[kind] ?? "v1";
      const isScoped = ["Namespace", "PersistentVolume", "CustomResourceDefinition"].includes(kind);
      const guarded = { kind, apiVersion, name: "keep", ...(isScoped ? {} : { namespace: "dev" }) };
      await bring({ [cellPath]: [namespace], [webPath]: [configMap("a")], [platformPath]: [guarded] });
      const result = await bring({ [cellPath]: [namespace], [webPath]: [configMap("a")] });
      expect(told(result)).toEqual([
        expect.stringContaining(`keep (deleting a ${kind} needs approval; to approve: gitplane approve `),
      ]);
      const later = await bring({ [cellPath]: [namespace], [webPath]: [configMap("a", "2")] });
      expect(told(later)).toHaveLength(2);
      expect(await recordOf()).toMatchObject({ exceptions: { [platformPath]: [expect.any(String) as string] } });
    },
  );

  test("C13 an object whose labels are not ours any more is left alone and forgotten", async () => {
    await bring({ [cellPath]: [namespace], [webPath]: [configMap("a"), configMap("b")] });
    const theirs = renderManifest(testPlane, webPath, configMap("a"));
    const labels = { ...theirs.metadata.labels, "app.kubernetes.io/managed-by": "Helm" };
    target.writeAs("helm", { ...theirs, metadata: { ...theirs.metadata, labels } });
    const result = await bring({ [cellPath]: [namespace], [webPath]: [configMap("b")] });
    expect(told(result)).toEqual([expect.stringContaining("skipped ConfigMap/dev/a (its labels do not say")]);
    expect(await recordOf()).toMatchObject({ exceptions: {} });
    expect(configMapIds()).toContain("ConfigMap/dev/a");
  });

  test("what is gone already counts as pruned", async () => {
    await bring({ [cellPath]: [namespace], [webPath]: [configMap("a"), configMap("b")] });
    target.remove({ group: "", version: "v1", kind: "ConfigMap", namespace: "dev", name: "a" });
    const result = await bring({ [cellPath]: [namespace], [webPath]: [configMap("b")] });
    expect(told(result)).toEqual(["pruned ConfigMap/dev/a (was absent already)"]);
  });

  test("policies are pruned after the workloads that they guard", async () => {
    const policy: Manifest = {
      kind: "NetworkPolicy",
      apiVersion: "networking.k8s.io/v1",
      name: "deny",
      namespace: "dev",
    };
    const service: Manifest = { kind: "Service", name: "web", namespace: "dev" };
    await bring({ [cellPath]: [namespace, policy], [webPath]: [configMap("a"), service] });
    const result = await bring({ [cellPath]: [namespace] });
    expect(told(result)).toEqual([
      "pruned Service/dev/web",
      "pruned ConfigMap/dev/a",
      "pruned networking.k8s.io/NetworkPolicy/dev/deny",
    ]);
  });
});

describe("two Releases and one object", () => {
  test.each([
    { from: webPath, to: apiPath },
    { from: apiPath, to: webPath },
  ])("C05 C06 a move from $from to $to deletes nothing", async ({ from, to }) => {
    await bring({ [cellPath]: [namespace], [from]: [configMap("moved"), configMap("f")], [to]: [configMap("t")] });
    const uid = target.liveObject({ group: "", version: "v1", kind: "ConfigMap", namespace: "dev", name: "moved" })
      ?.metadata["uid"];
    const result = await bring({
      [cellPath]: [namespace],
      [from]: [configMap("f")],
      [to]: [configMap("t"), configMap("moved")],
    });
    expect(told(result).toSorted()).toEqual([
      "created ConfigMap/dev/moved",
      `skipped ConfigMap/dev/moved (now belongs to ${to})`,
    ]);
    const moved = target.liveObject({ group: "", version: "v1", kind: "ConfigMap", namespace: "dev", name: "moved" });
    expect(moved?.metadata["uid"]).toBe(uid);
    expect(await recordOf()).toMatchObject({ exceptions: {} });
  });

  test("C06 a move whose new home fails is still pruned when it is given up", async () => {
    await bring({
      [cellPath]: [namespace],
      [webPath]: [configMap("moved"), configMap("w")],
      [apiPath]: [configMap("a")],
    });
    target.fail({
      operation: "apply",
      id: "ConfigMap/dev/moved",
      times: 10,
      failure: { kind: "failed", class: "permanent", reason: "no" },
    });
    await bring({
      [cellPath]: [namespace],
      [webPath]: [configMap("w")],
      [apiPath]: [configMap("a"), configMap("moved")],
    });
    agent = startAgent({ repository, target });
    await bring({ [cellPath]: [namespace], [webPath]: [configMap("w")], [apiPath]: [configMap("a")] });
    expect(configMapIds()).toEqual(["ConfigMap/dev/a", "ConfigMap/dev/w"]);
    expect(await recordOf()).toMatchObject({ exceptions: {} });
  });

  test("C62 the applied owner keeps it, the newcomer is held, and takes over when the owner lets go", async () => {
    await bring({ [cellPath]: [namespace], [webPath]: [configMap("one", "web")] });
    const held = await bring({
      [cellPath]: [namespace],
      [webPath]: [configMap("one", "web")],
      [apiPath]: [configMap("one", "api")],
    });
    expect(told(held)).toEqual([`held ConfigMap/dev/one (belongs to ${webPath}, which applied it first)`]);
    agent = startAgent({ repository, target });
    await bring({
      [cellPath]: [namespace],
      [webPath]: [configMap("one", "web2")],
      [apiPath]: [configMap("one", "api")],
    });
    expect(dataOf("one")).toEqual({ value: "web2" });
    const taken = await bring({ [cellPath]: [namespace], [apiPath]: [configMap("one", "api")] });
    expect(told(taken).toSorted()).toEqual([
      "configured ConfigMap/dev/one",
      `skipped ConfigMap/dev/one (now belongs to ${apiPath})`,
    ]);
    expect(dataOf("one")).toEqual({ value: "api" });
  });

  test("C62 when neither was applied, both are held", async () => {
    const result = await bring({
      [cellPath]: [namespace],
      [webPath]: [configMap("one")],
      [apiPath]: [configMap("one")],
    });
    expect(told(result)).toContain(`held ConfigMap/dev/one (also claimed by ${webPath}; neither was applied before)`);
    expect(told(result)).toContain(`held ConfigMap/dev/one (also claimed by ${apiPath}; neither was applied before)`);
    expect(configMapIds()).toEqual([]);
  });
});

test("C19 a branch that moves while a revision is applied changes nothing of it", async () => {
  const first = await branch.publish({ [cellPath]: [namespace], [webPath]: [configMap("a"), configMap("b")] });
  const apply = target.apply.bind(target);
  let second: Oid | undefined;
  target.apply = async (object, options) => {
    second ??= await branch.publish({ [cellPath]: [namespace], [webPath]: [configMap("a", "2")] });
    return await apply(object, options);
  };
  const result = await bringRevision(first);
  expect([dataOf("a"), dataOf("b")]).toEqual([{ value: "1" }, { value: "1" }]);
  expect(await recordOf()).toMatchObject({ revision: first, sequence: 1 });
  expect(result.verified.revision).toBe(first);
  if (second === undefined) throw new Error("the branch did not move");
  expect(told(await bringRevision(second))).toEqual(["configured ConfigMap/dev/a", "pruned ConfigMap/dev/b"]);
});

describe("the record", () => {
  const tree: PlaneTree = {
    [cellPath]: [namespace],
    [webPath]: [configMap("a"), configMap("b")],
    [apiPath]: [configMap("c")],
  };

  test("an unchanged revision costs nothing, a fresh process three reads", async () => {
    const { verified } = await bring(tree);
    const before = target.requests;
    await bringRevision(verified.revision);
    expect(target.requests - before).toBe(0);
    agent = startAgent({ repository, target });
    await bringRevision(verified.revision);
    expect(target.requests - before).toBe(2);
  });

  test("C19 only changed blobs are read", async () => {
    await bring(tree);
    const readBlob = repository.readBlob.bind(repository);
    const read: string[] = [];
    repository.readBlob = async (oid) => {
      read.push(oid);
      return readBlob(oid);
    };
    await bring({ ...tree, [apiPath]: [configMap("c", "2")] });
    // Both versions of the path, and plane.yaml.
    expect(new Set(read).size).toBe(3);
  });

  test("C12 C17 a record of another cluster is not believed: all is applied, nothing pruned", async () => {
    await bring(tree);
    const other = new MemoryTarget({ plane: testPlane, uid: "other" });
    const record = await target.readRecord({ signal: new AbortController().signal });
    if (record.kind !== "found") throw new Error("no record");
    await other.writeRecord(record.record, { version: undefined, signal: new AbortController().signal });
    agent = startAgent({ repository, target: other });
    target = other;
    const result = await bring({ [cellPath]: [namespace], [webPath]: [configMap("a")] });
    expect(told(result).toSorted()).toEqual(["created ConfigMap/dev/a", "created Namespace/dev"]);
    expect(await recordOf()).toMatchObject({ clusterUid: "other", revision: result.verified.revision });
  });

  test("C03 C12 a record that cannot be read is not an absent one", async () => {
    await bring(tree);
    agent = startAgent({ repository, target });
    target.fail({ operation: "readRecord", failure: { kind: "failed", class: "transient", reason: "503" } });
    const revision = await branch.publish({ [cellPath]: [namespace] });
    const result = await reconcile(agent, revision, new AbortController().signal);
    expect(result).toEqual({ kind: "stuck", reason: "the applied record cannot be read: 503" });
    expect(configMapIds()).toHaveLength(3);
  });

  test("C12 a lost record is stood in for by the receipts of the same cluster", async () => {
    const { verified } = await bring(tree);
    await writeReceipts(verified.revision, "memory-cluster");
    const sameObjects = new Proxy(target, {
      get: (inner, name): unknown => {
        if (name === "readRecord") return async () => await Promise.resolve({ kind: "absent" });
        const value: unknown = Reflect.get(inner, name, inner);
        return typeof value === "function" ? (value.bind(inner) as unknown) : value;
      },
    });
    agent = startAgent({ repository, target: sameObjects });
    const revision = await branch.publish({ [cellPath]: [namespace], [webPath]: [configMap("a")] });
    const planned = await preparePlan(agent, revision);
    if (planned.kind !== "planned") throw new Error(planned.reason);
    expect(planRows(planned.plan).map(({ action, id }) => `${action} ${id}`)).toEqual([
      "prune ConfigMap/dev/c",
      "prune ConfigMap/dev/b",
    ]);
  });

  test("C12 receipts of another cluster stand in for nothing", async () => {
    const { verified } = await bring(tree);
    await writeReceipts(verified.revision, "another");
    target = new MemoryTarget({ plane: testPlane });
    agent = startAgent({ repository, target });
    const result = await bring({ [cellPath]: [namespace] });
    expect(told(result)).toEqual(["created Namespace/dev"]);
  });

  test("C55 somebody else's write of the record is a conflict, after which it is read again", async () => {
    const { record } = await bring(tree);
    const signal = new AbortController().signal;
    const found = await target.readRecord({ signal });
    if (found.kind !== "found") throw new Error("no record");
    await target.writeRecord(record, { version: found.version, signal });
    const revision = await branch.publish({ ...tree, [apiPath]: [configMap("c", "2")] });
    expect(await reconcile(agent, revision, signal)).toMatchObject({ kind: "stuck" });
    expect((await bringRevision(revision)).record.revision).toBe(revision);
  });

  async function writeReceipts(revision: Oid, clusterUid: string): Promise<void> {
    const { tree } = await repository.readCommit(revision);
    const about: PlaneReceipt = {
      format: 1,
      agentVersion: "0",
      instance: "x",
      clusterUid,
      servedApis: [],
      appliedRevision: revision,
      sequence: branch.sequence,
      lastSeen: "2026-01-01T00:00:00Z",
    };
    const changes = new Map<string, Uint8Array>([["plane.yaml", Buffer.from(writeStateYaml(about))]]);
    for (const { path, oid } of await repository.listFiles(tree)) {
      if (path === "plane.yaml") continue;
      const receipt: Receipt = { release: oid, result: "created", health: "Unknown", objects: [] };
      changes.set(path, Buffer.from(writeStateYaml(receipt)));
    }
    const person = { name: "agent", mail: "agent@example.test" };
    const next = await repository.commit({
      parent: undefined,
      changes,
      message: "r",
      author: person,
      committer: person,
      committedAtSeconds: 1,
    });
    await repository.push(receiptsRef(testPlane), { expect: undefined, next });
  }
});

describe("definitions", () => {
  const definition: Manifest = {
    kind: "CustomResourceDefinition",
    apiVersion: "apiextensions.k8s.io/v1",
    name: "widgets.example.test",
    body: { spec: { group: "example.test", names: { kind: "Widget" }, versions: [{ name: "v1", served: true }] } },
  };
  const widget: Manifest = { kind: "Widget", apiVersion: "example.test/v1", name: "w", namespace: "dev" };

  test("objects of a new kind wait until it is served", async () => {
    setTimeout(() => target.serve({ group: "example.test", version: "v1", kind: "Widget", namespaced: true }), 300);
    const result = await bring({ [platformPath]: [definition], [cellPath]: [namespace], [webPath]: [widget] });
    expect(told(result).toSorted()).toEqual([
      "created Namespace/dev",
      "created apiextensions.k8s.io/CustomResourceDefinition/widgets.example.test",
      "created example.test/Widget/dev/w",
    ]);
  });

  test("a newer revision ends the wait", async () => {
    const newer = new AbortController();
    agent = { ...agent, applier: { ...agent.applier, definitionWaitMs: 60_000 } };
    const serves = target.serves.bind(target);
    target.serves = async (key, options) => {
      newer.abort();
      return await serves(key, options);
    };
    const revision = await branch.publish({ [platformPath]: [definition] });
    const result = await reconcile(agent, revision, newer.signal);
    if (result.kind !== "reconciled") throw new Error(result.reason);
    expect(told(result)).toEqual([
      expect.stringContaining(
        "failed apiextensions.k8s.io/CustomResourceDefinition/widgets.example.test (Widget is not served yet)",
      ),
    ]);
  });
});
