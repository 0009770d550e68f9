import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Repository } from "../git/repository.ts";
import { writeStateYaml } from "../schemas/state-yaml.ts";
import { MemoryTarget } from "./memory-target.ts";
import { type Manifest, PlaneBranch, type PlaneTree } from "./plane-branch.ts";
import { trialName } from "./replace-object.ts";
import { openTestRepository, reconcileTip, startAgent, testPlane } from "./testbed.ts";

const cellPath = "cells/shop/dev.yaml";
const webPath = "releases/shop/dev/web.yaml";
const cell: readonly Manifest[] = [{ kind: "Namespace", name: "dev" }];

function configMap(name: string, value = "1"): Manifest {
  return { kind: "ConfigMap", name, namespace: "dev", body: { data: { value } } };
}

let repository: Repository;
let cleanup: AsyncDisposable;
let branch: PlaneBranch;
let target: MemoryTarget;

beforeEach(async () => {
  const opened = await openTestRepository();
  cleanup = opened;
  repository = opened.repository;
  branch = new PlaneBranch(repository, testPlane);
  target = new MemoryTarget({ plane: testPlane });
});

afterEach(async () => {
  await cleanup[Symbol.asyncDispose]();
});

function ids(): readonly string[] {
  return target.listIds().filter((id) => !["Namespace/default", "Namespace/kube-system"].includes(id));
}

test("applies a cell and a release, and prunes what leaves the tree", async () => {
  const lines: string[] = [];
  const agent = startAgent({ repository, target, lines });
  await branch.publish({ [cellPath]: cell, [webPath]: [configMap("a"), configMap("b")] });
  await reconcileTip(agent);
  expect(ids()).toEqual(["ConfigMap/dev/a", "ConfigMap/dev/b", "Namespace/dev"]);
  await branch.publish({ [cellPath]: cell, [webPath]: [configMap("a", "2")] });
  await reconcileTip(agent);
  expect(ids()).toEqual(["ConfigMap/dev/a", "Namespace/dev"]);
  expect(lines).toEqual([
    "created Namespace/dev",
    "created ConfigMap/dev/a",
    "created ConfigMap/dev/b",
    "configured ConfigMap/dev/a",
    "pruned ConfigMap/dev/b",
  ]);
});

test("a one-line change costs one apply and one write of the record", async () => {
  const agent = startAgent({ repository, target });
  await branch.publish({ [cellPath]: cell, [webPath]: [configMap("a"), configMap("b")] });
  await reconcileTip(agent);
  const before = target.requests;
  await branch.publish({ [cellPath]: cell, [webPath]: [configMap("a", "2"), configMap("b")] });
  await reconcileTip(agent);
  expect(target.requests - before).toBe(2);
});

const deployment = (app: string, may = "asks"): Manifest => ({
  kind: "Deployment",
  apiVersion: "apps/v1",
  name: "web",
  namespace: "dev",
  annotations: { "gitplane.dev/replace": may },
  body: { spec: { selector: { matchLabels: { app } } } },
});

test("Releases that have begun stand before others begin, when they are new and when all change", async () => {
  const lines: string[] = [];
  const agent = startAgent({ repository, target, lines, concurrency: 1 });
  const app = (name: string, value: string): readonly Manifest[] => [
    configMap(name, value),
    { kind: "Deployment", apiVersion: "apps/v1", name, namespace: "dev", body: { spec: { replicas: Number(value) } } },
  ];
  const apply = target.apply.bind(target);
  target.apply = async (object, options) => {
    // As long as a real target: until everything that a previous answer brings about has been done.
    await new Promise((resolve) => setImmediate(resolve));
    return await apply(object, options);
  };
  const names = ["a", "b", "c", "d", "e"];
  for (const value of ["1", "2"]) {
    const releases = names.map((name) => [`releases/shop/dev/${name}.yaml`, app(name, value)] as const);
    await branch.publish({ [cellPath]: cell, ...Object.fromEntries(releases) });
    await reconcileTip(agent);
    const order = lines.splice(0).map((line) => line.replace(/^\S+ /u, ""));
    // While one hands its slot on, another takes it: two are under way with one slot.
    for (const [index, name] of names.slice(0, -2).entries())
      expect(order.indexOf(`apps/Deployment/dev/${name}`)).toBeLessThan(
        order.indexOf(`ConfigMap/dev/${names[index + 2]}`),
      );
  }
});

test("prunes nothing of a Release of which the plan holds a replacement", async () => {
  const agent = startAgent({ repository, target });
  await branch.publish({ [cellPath]: cell, [webPath]: [configMap("config-1"), deployment("a")] });
  await reconcileTip(agent);
  await branch.publish({ [cellPath]: cell, [webPath]: [configMap("config-2"), deployment("b")] });
  const held = await reconcileTip(agent);
  expect(held.kind === "reconciled" && held.changes.map(({ outcome, step }) => `${outcome} ${step.id}`)).toEqual([
    "created ConfigMap/dev/config-2",
    "held ConfigMap/dev/config-1",
    "held apps/Deployment/dev/web",
  ]);
  expect(ids()).toContain("ConfigMap/dev/config-1");
  await branch.publish({ [cellPath]: cell, [webPath]: [configMap("config-2"), deployment("a")] });
  await reconcileTip(agent);
  expect(ids()).not.toContain("ConfigMap/dev/config-1");
});

test("prunes nothing of a Release of which the target refuses a change that a person must allow", async () => {
  target.serve({ group: "example.test", version: "v1", kind: "Rock", namespaced: true, immutable: ["spec.weight"] });
  const rock = (weight: number): Manifest => ({
    kind: "Rock",
    apiVersion: "example.test/v1",
    name: "r",
    namespace: "dev",
    body: { spec: { weight } },
  });
  const agent = startAgent({ repository, target });
  await branch.publish({ [cellPath]: cell, [webPath]: [configMap("config-1"), rock(1)] });
  await reconcileTip(agent);
  await branch.publish({ [cellPath]: cell, [webPath]: [configMap("config-2"), rock(2)] });
  await reconcileTip(agent);
  expect(ids()).toContain("ConfigMap/dev/config-1");
});

test("an object is not deleted for one that the target would refuse", async () => {
  const agent = startAgent({ repository, target });
  await branch.publish({ [cellPath]: cell, [webPath]: [deployment("a", "allowed")] });
  await reconcileTip(agent);
  const key = { group: "apps", version: "v1", kind: "Deployment", namespace: "dev", name: "web" };
  const uid = String(target.liveObject(key)?.metadata["uid"]);
  const trial = `apps/Deployment/dev/${trialName("web", uid)}`;
  const refusal = { kind: "failed", class: "permanent", reason: "spec.ports: 70000" } as const;
  target.fail({ operation: "apply", id: trial, failure: refusal });
  await branch.publish({ [cellPath]: cell, [webPath]: [deployment("b", "allowed")] });
  const refused = await reconcileTip(agent);
  expect(refused.kind === "reconciled" && refused.changes).toMatchObject([
    { outcome: "failed", class: "permanent", reason: expect.stringMatching(/is not replaced.*70000$/u) as string },
  ]);
  expect(target.liveObject(key)?.metadata["uid"]).toBe(uid);
  await reconcileTip(agent);
  expect(target.liveObject(key)?.metadata["uid"]).not.toBe(uid);
  expect(target.listIds()).not.toContain(trial);
});

test.each([
  { name: "web", is: /^web-[0-9a-f]{8}$/u },
  { name: "w".repeat(52), is: /^w{43}-[0-9a-f]{8}$/u },
  { name: "w".repeat(253), is: /^w{244}-[0-9a-f]{8}$/u },
  { name: `${"w".repeat(42)}-.${"x".repeat(9)}`, is: /^w{42}-[0-9a-f]{8}$/u },
])("the name to try $name under is valid wherever that is", ({ name, is }) => {
  expect(trialName(name, "uid")).toMatch(is);
});

describe("replacements over the budget", () => {
  const strict = { settings: { pruneBudget: { objects: 2, shareFloor: 2, sharePercent: 100 } } };
  const names = ["a", "b", "c"];
  const kind = { group: "example.test", version: "v1", kind: "Rock", namespaced: true, immutable: ["spec.weight"] };
  const uids = (): readonly unknown[] =>
    target
      .listIds()
      .filter((id) => /(Deployment|Rock)\//u.test(id))
      .map((id) => {
        const [group = "", named = "", namespace = "", name = ""] = id.split("/");
        return target.liveObject({ group, version: "v1", kind: named, namespace, name })?.metadata["uid"];
      });
  const outcomes = (result: Awaited<ReturnType<typeof reconcileTip>>): readonly string[] =>
    result.kind === "reconciled" ? result.changes.map(({ outcome, reason = "" }) => `${outcome} ${reason}`) : [];
  const rock = (name: string, weight: number): Manifest => ({
    kind: "Rock",
    apiVersion: "example.test/v1",
    name,
    namespace: "dev",
    annotations: { "gitplane.dev/replace": "allowed" },
    body: { spec: { weight } },
  });

  test("C02 are held by the plan as one, and go when they are approved", async () => {
    const agent = startAgent({ repository, target });
    const tree = (app: string): PlaneTree => ({
      [cellPath]: cell,
      ...Object.fromEntries(
        names.map((name) => [`releases/shop/dev/${name}.yaml`, [{ ...deployment(app, "allowed"), name }]]),
      ),
    });
    await branch.publish(tree("a"), strict);
    await reconcileTip(agent);
    const before = uids();
    await branch.publish(tree("b"), strict);
    const held = await reconcileTip(agent);
    if (held.kind !== "reconciled") throw new Error(held.kind);
    expect(held.holds).toMatchObject([{ reason: "deleting 3 objects is over the budget of 2" }]);
    expect(held.holds[0]?.steps.map(({ action }) => action)).toEqual(["replace", "replace", "replace"]);
    expect(outcomes(held).filter((line) => line.startsWith("held"))).toHaveLength(3);
    expect(uids()).toEqual(before);
    await branch.publish({ ...tree("b"), "platform/other.yaml": [configMap("other")] }, strict);
    expect(outcomes(await reconcileTip(agent)).filter((line) => line.startsWith("held"))).toHaveLength(3);
    expect(uids()).toEqual(before);
    const [hold] = held.holds;
    const approval = writeStateYaml({
      apiVersion: "openchoreo.dev/v1alpha1",
      kind: "Approval",
      plane: "data/acme/east",
      steps: hold?.steps ?? [],
    });
    await branch.publish({ ...tree("b"), [`approvals/${hold?.hash ?? ""}.yaml`]: approval }, strict);
    expect(outcomes(await reconcileTip(agent)).filter((line) => line.startsWith("replaced"))).toHaveLength(3);
    expect(uids().some((uid) => before.includes(uid))).toBe(false);
  });

  test("C02 that only the target asks for are held from the one on that is too many", async () => {
    target.serve(kind);
    const agent = startAgent({ repository, target, concurrency: 1 });
    await branch.publish({ [cellPath]: cell, [webPath]: names.map((name) => rock(name, 1)) }, strict);
    await reconcileTip(agent);
    const before = uids();
    await branch.publish({ [cellPath]: cell, [webPath]: names.map((name) => rock(name, 2)) }, strict);
    const result = outcomes(await reconcileTip(agent));
    expect(result.filter((line) => line.startsWith("replaced"))).toHaveLength(2);
    expect(result.filter((line) => line.startsWith("held"))).toEqual([
      expect.stringMatching(
        /field is immutable; deleting 3 objects is over the budget of 2; to approve: gitplane approve/u,
      ),
    ]);
    expect(uids().filter((uid) => before.includes(uid))).toHaveLength(1);
  });
});
