import { beforeEach, expect, test } from "vitest";
import { openLog } from "../process/log.ts";
import { type KubernetesObject, objectId, objectKey } from "../schemas/object-id.ts";
import type { Applier } from "./applier.ts";
import { MemoryTarget } from "./memory-target.ts";
import { type Manifest, renderManifest } from "./plane-branch.ts";
import { pruneObjects } from "./prune.ts";
import { Slots } from "./slots.ts";
import type { PruneStep } from "./step.ts";
import { testPlane } from "./testbed.ts";

const path = "platform/base.yaml";
const signal = new AbortController().signal;
const widgetKind = { group: "example.test", version: "v1", kind: "Widget", namespaced: true };
let target: MemoryTarget;

beforeEach(async () => {
  target = new MemoryTarget({ plane: testPlane });
  target.serve(widgetKind);
  await apply({ kind: "Namespace", name: "dev" });
});

async function apply(manifest: Manifest, metadata: object = {}): Promise<KubernetesObject> {
  const plain = renderManifest(testPlane, path, manifest);
  const object = { ...plain, metadata: { ...plain.metadata, ...metadata } };
  const outcome = await target.apply(object, { signal, dryRun: false });
  if (outcome.kind !== "applied") throw new Error(JSON.stringify(outcome));
  return object;
}

async function prune(objects: readonly KubernetesObject[], more: Partial<PruneStep> = {}): Promise<readonly string[]> {
  const applier: Applier = {
    target,
    plane: testPlane,
    slots: new Slots(4),
    log: openLog({ level: "silent" }),
    signal,
    newer: signal,
    definitionWaitMs: 0,
    heals: () => false,
    mayReplace: () => false,
    deletionWaitMs: 0,
    backoff: { baseMs: 1, capMs: 1 },
    retries: 1,
    random: () => 0.5,
  };
  const steps = objects.map((object): PruneStep => {
    const key = objectKey(object);
    return { action: "prune", id: objectId(key), key, path, reason: "", ...more };
  });
  const changes = await pruneObjects(applier, steps, new Set());
  return changes.map(
    ({ outcome, step, reason }) => `${outcome} ${step.id}${reason === undefined ? "" : ` (${reason})`}`,
  );
}

const configMap = (name: string): Manifest => ({ kind: "ConfigMap", name, namespace: "dev" });
const widget: Manifest = { kind: "Widget", apiVersion: "example.test/v1", name: "w", namespace: "dev" };
const finalizers = ["widgets.example.test/cleanup"];

test("C58 a delete that waits for a finalizer names it and whose it is, until it is taken off", async () => {
  const object = await apply(configMap("a"), { finalizers });
  const waiting =
    "failed ConfigMap/dev/a (is being deleted; waits for finalizer widgets.example.test/cleanup (a controller of widgets.example.test must take it off; does it still run?))";
  expect(await prune([object])).toEqual([waiting]);
  expect(await prune([object])).toEqual([waiting]);
  await apply(configMap("a"));
  expect(await prune([object])).toEqual(["pruned ConfigMap/dev/a (was absent already)"]);
});

test("C58 a namespace waits for what is left in it", async () => {
  const held = await apply(configMap("a"), { finalizers });
  const namespace = renderManifest(testPlane, path, { kind: "Namespace", name: "dev" });
  expect(await prune([held, namespace])).toEqual([
    expect.stringContaining("failed ConfigMap/dev/a (is being deleted; waits for finalizer"),
    "failed Namespace/dev (waits for ConfigMap/dev/a to be pruned)",
  ]);
  expect(target.liveObject(objectKey(namespace))).toBeDefined();
});

test("C08 a definition waits for the finalizers of its objects, and other objects do not", async () => {
  const definition = await apply({
    kind: "CustomResourceDefinition",
    apiVersion: "apiextensions.k8s.io/v1",
    name: "widgets.example.test",
  });
  const role = await apply({ kind: "ClusterRole", apiVersion: "rbac.authorization.k8s.io/v1", name: "reader" });
  const object = await apply(widget, { finalizers });
  expect(await prune([definition, object, role])).toEqual([
    expect.stringContaining("failed example.test/Widget/dev/w (is being deleted; waits for finalizer"),
    "pruned rbac.authorization.k8s.io/ClusterRole/reader",
    "failed apiextensions.k8s.io/CustomResourceDefinition/widgets.example.test (waits for example.test/Widget/dev/w to be pruned)",
  ]);
  await apply(widget);
  expect(await prune([definition, object])).toEqual([
    "pruned example.test/Widget/dev/w (was absent already)",
    "pruned apiextensions.k8s.io/CustomResourceDefinition/widgets.example.test",
  ]);
});

test("C13 an object that a controller has charge of is not ours, whatever labels it inherited", async () => {
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-7", uid: "x", controller: true };
  const child = await apply(configMap("a"), { ownerReferences: [owner] });
  expect(await prune([child])).toEqual([
    "skipped ConfigMap/dev/a (ReplicaSet/web-7 has charge of it, whatever its labels say)",
  ]);
  expect(target.liveObject(objectKey(child))).toBeDefined();
});

test("only the object that was looked at is deleted", async () => {
  const object = await apply(configMap("a"));
  expect(await prune([object], { uid: "another" })).toEqual([
    "failed ConfigMap/dev/a (another object took its name meanwhile)",
  ]);
  expect(target.liveObject(objectKey(object))).toBeDefined();
});

test("a namespace that needed no approval stays when others came into it since the plan", async () => {
  const namespace = renderManifest(testPlane, path, { kind: "Namespace", name: "dev" });
  target.writeAs("somebody", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "theirs", namespace: "dev" } });
  expect(await prune([namespace], { isUnlessForeign: true })).toEqual([
    "failed Namespace/dev (others put something into it meanwhile: 1 object that is not ours: ConfigMap/dev/theirs)",
  ]);
  target.remove({ group: "", version: "v1", kind: "ConfigMap", namespace: "dev", name: "theirs" });
  expect(await prune([namespace], { isUnlessForeign: true })).toEqual(["pruned Namespace/dev"]);
});
