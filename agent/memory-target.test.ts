import { expect, test } from "vitest";
import type { PlaneId } from "../schemas/layout.ts";
import type { KubernetesObject } from "../schemas/object-id.ts";
import { MemoryTarget } from "./memory-target.ts";
import { describeTargetContract } from "./target.contract.ts";

const plane: PlaneId = { kind: "data", organization: "acme", name: "eu" };
const signal = new AbortController().signal;
const object: KubernetesObject = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "default" } };

describeTargetContract("memory", async () => {
  const target = new MemoryTarget({ plane });
  return {
    target,
    plane,
    namespace: "default",
    writeAs: async (manager, written) => target.writeAs(manager, written),
    remove: async (key) => target.remove(key),
    [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
  };
});

test("a scripted failure comes as often as asked, for the object asked", async () => {
  await using target = new MemoryTarget({ plane });
  const failure = { kind: "failed", class: "transient", reason: "scripted" } as const;
  target.fail({ operation: "apply", id: "ConfigMap/default/a", times: 2, failure });
  const other = { ...object, metadata: { ...object.metadata, name: "b" } };
  const outcomes = [];
  for (const each of [other, object, object, object]) {
    outcomes.push((await target.apply(each, { signal, dryRun: false })).kind);
  }
  expect(outcomes).toEqual(["applied", "failed", "failed", "applied"]);
});

test("a deleted namespace takes its objects along", async () => {
  await using target = new MemoryTarget({ plane });
  const namespace = { group: "", version: "v1", kind: "Namespace", name: "default" };
  await target.apply(object, { signal, dryRun: false });
  expect(target.listIds()).toEqual(["ConfigMap/default/a", "Namespace/default", "Namespace/kube-system"]);
  target.remove(namespace);
  expect(target.listIds()).toEqual(["Namespace/kube-system"]);
});

test("a field left out of an apply goes unless somebody else owns it too", async () => {
  await using target = new MemoryTarget({ plane });
  const key = { group: "", version: "v1", kind: "ConfigMap", namespace: "default", name: "a" };
  await target.apply({ ...object, data: { mine: "1", shared: "1" } }, { signal, dryRun: false });
  target.writeAs("other", { ...object, data: { shared: "1" } });
  await target.apply({ ...object, data: {} }, { signal, dryRun: false });
  expect(target.liveObject(key)?.["data"]).toEqual({ shared: "1" });
});
