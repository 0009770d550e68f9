import { afterEach, beforeEach, expect, test } from "vitest";
import type { Repository } from "../git/repository.ts";
import { MemoryTarget } from "./memory-target.ts";
import { type Manifest, PlaneBranch } from "./plane-branch.ts";
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
