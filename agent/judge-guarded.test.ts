import { beforeEach, describe, expect, test } from "vitest";
import { openLog } from "../process/log.ts";
import { holdHash } from "../schemas/hold.ts";
import { type KubernetesObject, objectId, objectKey } from "../schemas/object-id.ts";
import { defaultPruneBudget } from "../schemas/plane-settings.ts";
import type { Approvals } from "./approvals.ts";
import { noApprovals } from "./approvals.ts";
import type { DesiredPath } from "./desired.ts";
import { type Judged, judgeGuarded } from "./judge-guarded.ts";
import { MemoryTarget } from "./memory-target.ts";
import { planSteps, type PlanRequest } from "./plan.ts";
import { type Manifest, renderManifest } from "./plane-branch.ts";
import { Slots } from "./slots.ts";
import { testPlane } from "./testbed.ts";

const path = "platform/base.yaml";
const signal = new AbortController().signal;
let target: MemoryTarget;

beforeEach(async () => {
  target = new MemoryTarget({ plane: testPlane });
});

/** What a Release that leaves the tree had applied. */
function gone(objects: readonly KubernetesObject[], at = path): DesiredPath {
  const oid = "a".repeat(40);
  const past = {
    oid,
    objects: new Map(
      objects.map((object) => {
        const key = objectKey(object);
        return [objectId(key), { id: objectId(key), key, object }] as const;
      }),
    ),
  };
  const next = { kind: "removed" } as const;
  return {
    path: at,
    next,
    completed: undefined,
    lastCompleted: undefined,
    doubts: [],
    past: [past],
    pastOids: [oid],
    blindness: undefined,
  };
}

async function apply(manifest: Manifest, at = path): Promise<KubernetesObject> {
  const object = renderManifest(testPlane, at, manifest);
  const outcome = await target.apply(object, { signal, dryRun: false });
  if (outcome.kind !== "applied") throw new Error(JSON.stringify(outcome));
  return object;
}

type Circumstances = Partial<PlanRequest> & {
  readonly approvals?: Approvals;
  readonly claimedIn?: readonly string[];
  readonly kinds?: readonly string[];
};

async function judge(desired: readonly DesiredPath[], circumstances: Circumstances = {}): Promise<Judged> {
  const { approvals = noApprovals, claimedIn = [], kinds = [], ...rest } = circumstances;
  const request: PlanRequest = {
    desired,
    claimants: () => [],
    gap: undefined,
    owners: new Map(),
    budget: defaultPruneBudget,
    planeSize: 1000,
    isEmptied: false,
    isDecommissioned: false,
    finished: {},
    handed: new Map(),
    ...rest,
  };
  const kind = { group: "", version: "v1", kind: "Any" };
  return await judgeGuarded({
    applier: {
      target,
      plane: testPlane,
      slots: new Slots(8),
      log: openLog({ level: "silent" }),
      signal,
      definitionWaitMs: 0,
      backoff: { baseMs: 1, capMs: 1 },
      retries: 1,
      random: () => 0.5,
    },
    plan: planSteps(request),
    prunes: request,
    inventory: { claimedIn: () => claimedIn, kinds: () => new Map(kinds.map((name) => [name, kind])) },
    approvals,
  });
}

function told({ plan }: Judged): readonly string[] {
  return plan.steps.map((step) => {
    const outcome = step.action === "skip" ? step.outcome : step.action;
    return `${outcome} ${step.id} (${step.reason})`;
  });
}

function approve({ holds }: Judged): Approvals {
  const steps = holds.flatMap((hold) => hold.steps).map(({ action, id, uid }) => JSON.stringify([action, id, uid]));
  return { steps: new Set(steps), ignored: [] };
}

const namespace: Manifest = { kind: "Namespace", name: "dev" };
const configMap = (name: string): Manifest => ({ kind: "ConfigMap", name, namespace: "dev" });

function annotated(manifest: Manifest, annotation: string): KubernetesObject {
  const object = renderManifest(testPlane, path, manifest);
  return { ...object, metadata: { ...object.metadata, annotations: { [annotation]: "true" } } };
}

/** Applies this very object, as its Release did. */
async function applyObject(object: KubernetesObject): Promise<KubernetesObject> {
  await target.apply(object, { signal, dryRun: false });
  return object;
}

describe("what deletes what cannot be rendered again", () => {
  test.each([
    { kind: "PersistentVolumeClaim", namespace: "dev" },
    { kind: "PersistentVolume" },
    { kind: "StatefulSet", apiVersion: "apps/v1", namespace: "dev" },
    { kind: "CustomResourceDefinition", apiVersion: "apiextensions.k8s.io/v1" },
    { kind: "Namespace" },
  ])("C14 a $kind is held, even under the budget, until exactly it is approved", async (what) => {
    await apply(namespace, "cells/shop/dev.yaml");
    const object = await apply({ ...what, name: "keep" });
    const id = objectId(objectKey(object));
    const held = await judge([gone([object])]);
    const [hold] = held.holds;
    expect(told(held)).toEqual([
      `held ${id} (deleting a ${what.kind} needs approval; to approve: gitplane approve ${hold?.hash.slice(0, 12) ?? ""})`,
    ]);
    const uid = target.liveObject(objectKey(object))?.metadata["uid"] as string;
    const steps = [{ action: "prune" as const, id, uid }];
    expect(held.holds).toEqual([
      { hash: holdHash(steps), reason: `${id}: deleting a ${what.kind} needs approval`, steps },
    ]);

    const approvals = approve(held);
    const approved = await judge([gone([object])], { approvals });
    expect(approved.plan.steps).toMatchObject([{ action: "prune", id, uid }]);
    expect(approved.holds).toEqual([]);

    target.remove(objectKey(object));
    await apply({ ...what, name: "keep" });
    const another = await judge([gone([object])], { approvals });
    expect(another.plan.steps).toMatchObject([{ action: "skip", outcome: "held" }]);
    expect(another.holds[0]?.hash).not.toBe(hold?.hash);
  });

  test("each Release has a Hold of its own", async () => {
    await apply(namespace, "cells/shop/dev.yaml");
    const claims = await Promise.all(
      ["a", "b", "c"].map(async (name) =>
        apply(
          { kind: "PersistentVolumeClaim", name, namespace: "dev" },
          `platform/${name === "c" ? "two" : "one"}.yaml`,
        ),
      ),
    );
    const judged = await judge([
      gone(claims.slice(0, 2), "platform/one.yaml"),
      gone(claims.slice(2), "platform/two.yaml"),
    ]);
    expect(judged.holds.map(({ steps }) => steps.map(({ id }) => id))).toEqual([
      ["PersistentVolumeClaim/dev/a", "PersistentVolumeClaim/dev/b"],
      ["PersistentVolumeClaim/dev/c"],
    ]);
  });

  test("what is gone, or is not ours any more, waits for nobody", async () => {
    await apply(namespace, "cells/shop/dev.yaml");
    const claim = await apply({ kind: "PersistentVolumeClaim", name: "moved", namespace: "dev" });
    const absent = renderManifest(testPlane, path, { kind: "PersistentVolume", name: "absent" });
    target.writeAs("other", {
      ...claim,
      metadata: { ...claim.metadata, labels: { "gitplane.dev/plane": "data.acme.west" } },
    });
    const judged = await judge([gone([claim, absent])]);
    expect(judged.holds).toEqual([]);
    expect(judged.plan.steps.map(({ action }) => action)).toEqual(["prune", "prune"]);
    expect(judged.plan.steps).toMatchObject([{ isUnlessOurs: true }, { isUnlessOurs: true }]);
  });

  test("what cannot be read stays held, and no Hold names it", async () => {
    const volume = await apply({ kind: "PersistentVolume", name: "keep" });
    target.fail({ operation: "read", times: 9, failure: { kind: "failed", class: "transient", reason: "503" } });
    const judged = await judge([gone([volume])]);
    expect(told(judged)).toEqual([
      "held PersistentVolume/keep (deleting a PersistentVolume needs approval; it cannot be read: 503)",
    ]);
    expect(judged.holds).toEqual([]);
  });

  test("a tombstone lets them go without a budget, but not what others put in", async () => {
    await apply(namespace);
    const objects = [
      await apply({ kind: "PersistentVolume", name: "a" }),
      await apply({ kind: "StatefulSet", apiVersion: "apps/v1", name: "b", namespace: "dev" }),
      ...(await Promise.all(Array.from({ length: 60 }, async (_, index) => apply(configMap(`c${index}`))))),
      renderManifest(testPlane, path, namespace),
    ];
    const clear = await judge([gone(objects)], { isDecommissioned: true, isEmptied: true });
    expect(new Set(clear.plan.steps.map(({ action }) => action))).toEqual(new Set(["prune"]));
    target.writeAs("somebody", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "theirs", namespace: "dev" } });
    const judged = await judge([gone(objects)], { isDecommissioned: true, isEmptied: true });
    expect(told(judged).filter((line) => !line.startsWith("prune"))).toEqual([
      expect.stringContaining(
        "held Namespace/dev (deleting a Namespace needs approval; along with it would go 1 object",
      ),
    ]);
  });
});

describe("a namespace", () => {
  test("C10 what is not ours in it is listed, cut after ten; what our objects own and every namespace has is not", async () => {
    const object = await apply(namespace);
    const deployment = await apply({ kind: "Deployment", apiVersion: "apps/v1", name: "web", namespace: "dev" });
    const uid = target.liveObject(objectKey(deployment))?.metadata["uid"];
    const write = (kind: string, name: string, more: object = {}): void =>
      target.writeAs("other", { apiVersion: "v1", kind, metadata: { name, namespace: "dev", ...more } });
    const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid, controller: true };
    write("Pod", "web-1", { labels: deployment.metadata.labels, ownerReferences: [owner] });
    write("ConfigMap", "kube-root-ca.crt");
    write("ServiceAccount", "default");
    const alone = await judge([gone([object])]);
    expect(told(alone)[0]).not.toContain("not ours");
    for (let index = 10; index < 22; index += 1) write("ConfigMap", `theirs-${index}`);
    const judged = await judge([gone([object])]);
    const names = Array.from({ length: 10 }, (_, index) => `ConfigMap/dev/theirs-${index + 10}`).join(", ");
    expect(judged.holds[0]?.reason).toBe(
      `Namespace/dev: deleting a Namespace needs approval; along with it would go 12 objects that are not ours: ${names} and 2 more`,
    );
    expect(judged.holds[0]?.hash).not.toBe(alone.holds[0]?.hash);
    expect(judged.holds[0]?.steps).toHaveLength(13);
  });

  test("C10 what came into it after it was approved is approved anew, or it stays", async () => {
    const object = await apply(namespace);
    const write = (kind: string, name: string, more: object = {}): void =>
      target.writeAs("other", { apiVersion: "v1", kind, metadata: { name, namespace: "dev", ...more } });
    const empty = approve(await judge([gone([object])]));
    write("ConfigMap", "database");
    const held = await judge([gone([object])], { approvals: empty });
    expect(told(held)).toEqual([
      expect.stringMatching(/^held Namespace\/dev .*ConfigMap\/dev\/database; to approve: /u),
    ]);
    const approvals = approve(held);
    const key = { group: "", version: "v1", kind: "ConfigMap", namespace: "dev", name: "database" };
    const uid = target.liveObject(key)?.metadata["uid"] as string;
    // Its own pods come and go.
    write("Pod", "database-1", { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "database", uid }] });
    const approved = await judge([gone([object])], { approvals });
    expect(approved.plan.steps).toMatchObject([{ action: "prune", id: "Namespace/dev", along: [uid] }]);
    target.remove(key);
    write("ConfigMap", "database");
    expect((await judge([gone([object])], { approvals })).plan.steps).toMatchObject([{ outcome: "held" }]);
  });

  test("C10 that was approved stays while nobody can tell what is in it", async () => {
    const object = await apply(namespace);
    const approvals = approve(await judge([gone([object])]));
    const failure = { kind: "failed", class: "transient", reason: "discovery of x/v1 is stale" } as const;
    target.fail({ operation: "list", times: 2, failure });
    const judged = await judge([gone([object])], { approvals });
    expect(judged.plan.steps).toMatchObject([{ action: "skip", outcome: "held", mayPass: true }]);
    expect((await judge([gone([object])], { approvals })).plan.steps).toMatchObject([{ action: "prune" }]);
  });

  test("with more in it than one Hold names must be emptied first", async () => {
    const object = await apply(namespace);
    for (let index = 0; index < 500; index += 1) {
      target.writeAs("other", { apiVersion: "v1", kind: "Secret", metadata: { name: `s${index}`, namespace: "dev" } });
    }
    const judged = await judge([gone([object])]);
    expect(told(judged)).toEqual([expect.stringContaining("too many to approve: empty it first")]);
    expect(judged.holds).toEqual([]);
  });

  test("C11 that is ephemeral goes while it holds only ours, and is held when others are in it or nobody can tell", async () => {
    const object = await applyObject(annotated(namespace, "gitplane.dev/ephemeral"));
    await apply(configMap("ours"));
    expect((await judge([gone([object])])).plan.steps).toMatchObject([{ action: "prune", id: "Namespace/dev" }]);
    const failure = { kind: "failed", class: "transient", reason: "discovery of x/v1 is stale" } as const;
    target.fail({ operation: "list", times: 2, failure });
    expect(told(await judge([gone([object])]))).toEqual([
      expect.stringContaining("what would go along cannot be listed: discovery of x/v1 is stale; to approve:"),
    ]);
    target.writeAs("other", { apiVersion: "v1", kind: "Secret", metadata: { name: "theirs", namespace: "dev" } });
    expect(told(await judge([gone([object])]))).toEqual([
      expect.stringContaining("1 object that is not ours: Secret/dev/theirs"),
    ]);
  });

  test("that was not always marked ephemeral is held", async () => {
    const object = await applyObject(annotated(namespace, "gitplane.dev/ephemeral"));
    const [now, before] = [gone([object]), gone([renderManifest(testPlane, path, namespace)])];
    const judged = await judge([{ ...now, past: [...now.past, ...before.past] }]);
    expect(judged.holds).toHaveLength(1);
  });

  test.each(["live object", "manifest"])("that is adopted, by its %s, is left and forgotten", async (where) => {
    const plain = renderManifest(testPlane, path, namespace);
    const marked = annotated(namespace, "gitplane.dev/adopted");
    await applyObject(where === "manifest" ? plain : marked);
    const judged = await judge([gone([where === "manifest" ? marked : plain])]);
    expect(judged.plan.steps).toMatchObject([{ action: "skip", outcome: "skipped", isForgotten: true }]);
    expect(judged.holds).toEqual([]);
  });

  test("that the tree still has objects in is held whatever was approved", async () => {
    const object = await apply(namespace);
    const approvals = approve(await judge([gone([object])]));
    const judged = await judge([gone([object])], { approvals, claimedIn: ["ConfigMap/dev/a", "ConfigMap/dev/b"] });
    expect(told(judged)).toEqual(["held Namespace/dev (the plane's tree still has ConfigMap/dev/a and 1 more in it)"]);
    expect(judged.holds).toEqual([]);
  });
});

describe("a definition", () => {
  const definition: Manifest = {
    kind: "CustomResourceDefinition",
    apiVersion: "apiextensions.k8s.io/v1",
    name: "widgets.example.test",
    body: { spec: { group: "example.test", names: { kind: "Widget" }, versions: [{ name: "v1", served: true }] } },
  };
  const widget = (name: string): Manifest => ({
    kind: "Widget",
    apiVersion: "example.test/v1",
    name,
    namespace: "dev",
  });

  beforeEach(async () => {
    target.serve({ group: "example.test", version: "v1", kind: "Widget", namespaced: true });
    await apply(namespace, "cells/shop/dev.yaml");
  });

  test("C09 is held with the number of its objects that are not ours", async () => {
    const object = await apply(definition);
    await apply(widget("ours"));
    for (const name of ["a", "b"]) {
      target.writeAs("other", { apiVersion: "example.test/v1", kind: "Widget", metadata: { name, namespace: "dev" } });
    }
    expect((await judge([gone([object])])).holds[0]?.reason).toContain(
      "along with it would go 2 objects that are not ours: example.test/Widget/dev/a, example.test/Widget/dev/b",
    );
  });

  test("of a kind that the tree still has is held whatever was approved", async () => {
    const object = await apply(definition);
    const approvals = approve(await judge([gone([object])]));
    const judged = await judge([gone([object])], { approvals, kinds: ["example.test/Widget"] });
    expect(told(judged)).toEqual([expect.stringContaining("(the plane's tree still has objects of this kind)")]);
  });
});

describe("deletes over the budget", () => {
  beforeEach(async () => {
    await apply(namespace, "cells/shop/dev.yaml");
  });

  const many = async (count: number): Promise<readonly KubernetesObject[]> =>
    Promise.all(
      Array.from({ length: count }, async (_, index) => apply(configMap(`c${String(index).padStart(4, "0")}`))),
    );

  test("C02 are held as one, whatever their Releases, and taken as one when approved", async () => {
    const objects = await many(60);
    const desired = [gone(objects.slice(0, 30), "platform/one.yaml"), gone(objects.slice(30))];
    for (const object of objects.slice(0, 30)) await apply(configMap(object.metadata.name), "platform/one.yaml");
    const held = await judge(desired);
    expect(held.holds).toMatchObject([{ reason: "deleting 60 objects is over the budget of 50" }]);
    expect(held.holds[0]?.steps).toHaveLength(60);
    const approved = await judge(desired, { approvals: approve(held) });
    expect(approved.plan.steps.every(({ action }) => action === "prune")).toBe(true);
  });

  test("that were approved do not count, and the rest is judged by itself", async () => {
    const objects = await many(60);
    const held = await judge([gone(objects)]);
    const more = [...objects, ...(await Promise.all(["x", "y"].map(async (name) => apply(configMap(name)))))];
    const approved = await judge([gone(more)], { approvals: approve(held) });
    expect(approved.plan.steps.map(({ action }) => action)).toEqual(Array.from({ length: 62 }, () => "prune"));
  });

  test("are held in parts that one file can approve", async () => {
    const objects = await many(501);
    const held = await judge([gone(objects)]);
    expect(held.holds.map(({ steps }) => steps.length)).toEqual([500, 1]);
  });

  test("C01 of a tree that emptied are held however few they are", async () => {
    const held = await judge([gone(await many(2))], { isEmptied: true });
    expect(held.holds).toMatchObject([
      { reason: "the plane's tree holds no Release any more; deleting 2 objects needs approval" },
    ]);
    expect(held.plan.steps.every(({ action }) => action === "skip")).toBe(true);
  });
});

test("a plan that holds nothing costs no request", async () => {
  await apply(namespace, "cells/shop/dev.yaml");
  const object = await apply(configMap("a"));
  const before = target.requests;
  const judged = await judge([gone([object])]);
  expect(judged.plan.steps).toMatchObject([{ action: "prune" }]);
  expect(target.requests).toBe(before);
});
