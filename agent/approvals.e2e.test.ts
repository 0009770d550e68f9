/** Holds and approvals through the whole agent, on the in-memory target and a real repository. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { carriedApprovalPath } from "../schemas/approval.ts";
import { type Hold, holdHash } from "../schemas/hold.ts";
import { writeStateYaml } from "../schemas/state-yaml.ts";
import { MemoryTarget } from "./memory-target.ts";
import { type Manifest, PlaneBranch, type PlaneTree } from "./plane-branch.ts";
import { type Agent, reconcile, type Reconciled } from "./reconcile.ts";
import { openTestRepository, startAgent, testPlane } from "./testbed.ts";

const cellPath = "cells/shop/dev.yaml";
const webPath = "releases/shop/dev/web.yaml";
const apiPath = "releases/shop/dev/api.yaml";
const namespace: Manifest = { kind: "Namespace", name: "dev" };
const claim: Manifest = { kind: "PersistentVolumeClaim", name: "data", namespace: "dev" };
const signal = new AbortController().signal;

function configMap(name: string, value = "1"): Manifest {
  return { kind: "ConfigMap", name, namespace: "dev", body: { data: { value } } };
}

let cleanup: AsyncDisposable;
let branch: PlaneBranch;
let target: MemoryTarget;
let agent: Agent;
let restart: () => void;

beforeEach(async () => {
  const opened = await openTestRepository();
  cleanup = opened;
  const { repository } = opened;
  branch = new PlaneBranch(repository, testPlane);
  target = new MemoryTarget({ plane: testPlane });
  restart = () => (agent = startAgent({ repository, target }));
  restart();
});
afterEach(async () => {
  await cleanup[Symbol.asyncDispose]();
});

async function bring(tree: PlaneTree): Promise<Reconciled> {
  const result = await reconcile(agent, await branch.publish(tree), signal);
  if (result.kind !== "reconciled") throw new Error(result.reason);
  return result;
}

function told({ changes }: Reconciled): readonly string[] {
  return changes.filter(({ outcome }) => outcome !== "unchanged").map(({ outcome, step }) => `${outcome} ${step.id}`);
}

type Change = { readonly plane?: string; readonly name?: string; readonly text?: string };

function approve(hold: Hold | undefined, { plane = "data/acme/east", name, text }: Change = {}): PlaneTree {
  if (hold === undefined) throw new Error("there is no Hold");
  const { hash, steps } = hold;
  const approval = { apiVersion: "openchoreo.dev/v1alpha1", kind: "Approval", plane, steps };
  return { [carriedApprovalPath(name ?? hash)]: text ?? writeStateYaml(approval) };
}

async function recordOf(): Promise<unknown> {
  const outcome = await target.readRecord({ signal });
  return outcome.kind === "found" ? outcome.record : outcome.kind;
}

const rest: PlaneTree = { [cellPath]: [namespace], [webPath]: [configMap("a")] };

describe("a Hold", () => {
  test("is the same after a restart and after commits that have to do with other objects", async () => {
    await bring({ ...rest, [apiPath]: [claim] });
    const [hold] = (await bring(rest)).holds;
    restart();
    const later = await bring({ ...rest, [webPath]: [configMap("a", "2")] });
    expect(later.holds).toEqual([hold]);
    expect(hold?.hash).toBe(holdHash(hold?.steps ?? []));
  });

  test("goes when its steps are approved, and is forgotten", async () => {
    await bring({ ...rest, [apiPath]: [claim] });
    const [hold] = (await bring(rest)).holds;
    const taken = await bring({ ...rest, ...approve(hold) });
    expect(told(taken)).toEqual(["pruned PersistentVolumeClaim/dev/data"]);
    expect(taken.holds).toEqual([]);
    expect(await recordOf()).toMatchObject({ exceptions: {} });
    // The approval stands there for ever, and unlocks nothing that came after.
    await bring({ ...rest, ...approve(hold), [apiPath]: [claim] });
    const again = await bring({ ...rest, ...approve(hold) });
    expect(told(again)).toEqual(["held PersistentVolumeClaim/dev/data"]);
    expect(again.holds[0]?.hash).not.toBe(hold?.hash);
  });

  test.each<{ readonly what: string; readonly change: Change; readonly says: RegExp }>([
    { what: "another plane", change: { plane: "data/acme/west" }, says: /is for another plane$/ },
    { what: "another name", change: { name: "0".repeat(32) }, says: /does not name the steps that its file name/ },
    { what: "a short name", change: { name: "0".repeat(8) }, says: /is not called as an approval is$/ },
    { what: "other words", change: { text: "kind: Approval\n" }, says: /cannot be read as an approval$/ },
    { what: "no YAML", change: { text: "kind: [" }, says: /cannot be read as an approval$/ },
    { what: "too many words", change: { text: `# ${"x".repeat(600_000)}\n` }, says: /cannot be read as an approval$/ },
  ])("stays when its approval has $what, which is said", async ({ change, says }) => {
    await bring({ ...rest, [apiPath]: [claim] });
    const [hold] = (await bring(rest)).holds;
    const held = await bring({ ...rest, ...approve(hold, change) });
    expect(held.holds).toEqual([hold]);
    expect(held.approvals.ignored).toEqual([expect.stringMatching(says)]);
  });

  test("goes when the object comes back into the tree", async () => {
    await bring({ ...rest, [apiPath]: [claim] });
    await bring(rest);
    expect((await bring({ ...rest, [apiPath]: [claim] })).holds).toEqual([]);
  });
});

describe("a replacement", () => {
  test("that the plan holds is carried out when it is approved, once", async () => {
    const deployment = (app: string): Manifest => ({
      kind: "Deployment",
      apiVersion: "apps/v1",
      name: "web",
      namespace: "dev",
      body: { spec: { selector: { matchLabels: { app } } } },
    });
    await bring({ ...rest, [apiPath]: [deployment("a")] });
    const [hold] = (await bring({ ...rest, [apiPath]: [deployment("b")] })).holds;
    expect(hold?.steps).toMatchObject([{ action: "replace", id: "apps/Deployment/dev/web" }]);
    const tree = { ...rest, ...approve(hold), [apiPath]: [deployment("b")] };
    expect(told(await bring(tree))).toEqual(["replaced apps/Deployment/dev/web"]);
    const next = await bring({ ...tree, [apiPath]: [deployment("c")] });
    expect(told(next)).toEqual(["held apps/Deployment/dev/web"]);
  });

  test("that the target asks for is carried out when it is approved", async () => {
    target.serve({ group: "example.test", version: "v1", kind: "Rock", namespaced: true, immutable: ["spec.weight"] });
    const rock = (weight: number): Manifest => ({
      kind: "Rock",
      apiVersion: "example.test/v1",
      name: "r",
      namespace: "dev",
      body: { spec: { weight } },
    });
    await bring({ ...rest, [apiPath]: [rock(1)] });
    const held = await bring({ ...rest, [apiPath]: [rock(2)] });
    expect(held.holds[0]?.steps).toMatchObject([{ action: "replace", id: "example.test/Rock/dev/r" }]);
    expect(held.changes.map(({ reason }) => reason)).toContainEqual(
      expect.stringContaining("; to approve: gitplane approve "),
    );
    const taken = await bring({ ...rest, ...approve(held.holds[0]), [apiPath]: [rock(2)] });
    expect(told(taken)).toEqual(["replaced example.test/Rock/dev/r"]);
    expect(taken.holds).toEqual([]);
  });
});

test("a delete that failed is remembered over restarts until it is done", async () => {
  await bring({ ...rest, [apiPath]: [configMap("b")] });
  const failure = { kind: "failed", class: "permanent", reason: "forbidden" } as const;
  target.fail({ operation: "delete", id: "ConfigMap/dev/b", failure, times: 2 });
  expect(told(await bring(rest))).toEqual(["failed ConfigMap/dev/b"]);
  restart();
  expect(told(await bring({ ...rest, [webPath]: [configMap("a", "2")] }))).toContain("failed ConfigMap/dev/b");
  restart();
  expect(told(await bring(rest))).toContain("pruned ConfigMap/dev/b");
  expect(await recordOf()).toMatchObject({ exceptions: {} });
});

test("an adopted namespace is left, forgotten, and never asked about", async () => {
  const adopted = { ...namespace, annotations: { "gitplane.dev/adopted": "true" } };
  await bring({ ...rest, [apiPath]: [{ ...adopted, name: "theirs" }] });
  const result = await bring(rest);
  expect(told(result)).toEqual(["skipped Namespace/theirs"]);
  expect(result.holds).toEqual([]);
  expect(await recordOf()).toMatchObject({ exceptions: {} });
  expect(target.listIds()).toContain("Namespace/theirs");
});
