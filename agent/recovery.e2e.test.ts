/** After a restored backup: what is applied stays and follows the branch again, and nothing goes that nobody took away. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type NativeRepository, openNativeRepository } from "../git/native/open.ts";
import type { Oid } from "../git/repository.ts";
import { planeRef } from "../schemas/layout.ts";
import { MemoryTarget } from "./memory-target.ts";
import { type Manifest, PlaneBranch, type PlaneTree } from "./plane-branch.ts";
import { reconcile } from "./reconcile.ts";
import { startAgent, testPlane } from "./testbed.ts";

const cellPath = "cells/shop/dev.yaml";
const webPath = "releases/shop/dev/web.yaml";
const apiPath = "releases/shop/dev/api.yaml";

const configMap = (name: string, value: string): Manifest => ({
  kind: "ConfigMap",
  name,
  namespace: "dev",
  body: { data: { value } },
});

const tree = (web: string, ...more: readonly Manifest[]): PlaneTree => ({
  [cellPath]: [{ kind: "Namespace", name: "dev" }],
  [webPath]: [configMap("web", web)],
  ...(more.length === 0 ? {} : { [apiPath]: more }),
});

let folder: string;
let remote: NativeRepository;
let branch: PlaneBranch;
let target: MemoryTarget;
const open: NativeRepository[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gitplane-recovery-"));
  remote = await openNativeRepository({ path: join(folder, "state.git"), create: true });
  branch = new PlaneBranch(remote, testPlane);
  target = new MemoryTarget({ plane: testPlane });
});
afterEach(async () => {
  for (const clone of open.splice(0)) await clone[Symbol.asyncDispose]();
  await remote[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function openClone(name: string): Promise<NativeRepository> {
  const options = { path: join(folder, `${name}.git`), create: true, remote: { url: join(folder, "state.git") } };
  const clone = await openNativeRepository(options);
  open.push(clone);
  return clone;
}

/** Reconciles the branch as the remote has it; answers what was done to each object. */
async function follow(agent: ReturnType<typeof startAgent>): Promise<readonly string[] | string> {
  const tip = (await agent.repository.fetch([planeRef(testPlane)])).get(planeRef(testPlane)) ?? "";
  const result = await reconcile(agent, tip, new AbortController().signal);
  if (result.kind !== "reconciled") return result.reason;
  return result.changes.map(({ outcome, step }) => `${outcome} ${step.id}`);
}

/** As a restored backup: the branch is back where it was, and what came after is gone from the server. */
async function restore(kept: Oid): Promise<void> {
  execFileSync("git", ["-C", join(folder, "state.git"), "update-ref", planeRef(testPlane), kept]);
  execFileSync("git", ["-C", join(folder, "state.git"), "gc", "--quiet", "--prune=now"]);
}

async function publishOn(
  parent: Oid,
  content: PlaneTree,
  given: { sequence: number; recovers?: readonly Oid[] },
): Promise<Oid> {
  const next = await branch.commit(content, { parent, ...given });
  await remote.push(planeRef(testPlane), { expect: parent, next });
  return next;
}

const valueOf = (name: string): unknown =>
  target.liveObject({ group: "", version: "v1", kind: "ConfigMap", namespace: "dev", name })?.["data"];

test("C15 refuses a restored branch, then goes on from a recovery and deletes nothing", async () => {
  const agent = startAgent({ repository: await openClone("agent"), target });
  const kept = await branch.publish(tree("1"));
  await follow(agent);
  const applied = await branch.publish(tree("2", configMap("api", "1")));
  await follow(agent);
  await restore(kept);
  expect(await follow(agent)).toBe(`it does not descend from ${applied}`);
  const newer = await publishOn(kept, tree("3", configMap("api", "1")), { sequence: 2 });
  expect(await follow(agent)).toBe(`it does not descend from ${applied}`);
  const recovery = await publishOn(newer, tree("3", configMap("api", "1")), { sequence: 3, recovers: [applied] });
  expect(await follow(agent)).toEqual(["configured ConfigMap/dev/web"]);
  expect([valueOf("web"), valueOf("api")]).toEqual([{ value: "3" }, { value: "1" }]);
  await publishOn(recovery, tree("3"), { sequence: 4 });
  expect(await follow(agent)).toEqual(["pruned ConfigMap/dev/api"]);
});

test("what was begun on the lost line is put right, also by a process that does not remember it", async () => {
  const repository = await openClone("agent");
  const agent = startAgent({ repository, target });
  const kept = await branch.publish(tree("1"));
  const applied = await branch.publish(tree("2"));
  await follow(agent);
  await branch.publish(tree("begun"));
  const failure = { kind: "failed", class: "transient", reason: "scripted" } as const;
  target.fail({ operation: "writeRecord", failure });
  expect(await follow(agent)).toContain("scripted");
  expect(valueOf("web")).toEqual({ value: "begun" });
  await restore(kept);
  await publishOn(kept, tree("2"), { sequence: 3, recovers: [applied] });
  expect(await follow(startAgent({ repository, target }))).toContain("configured ConfigMap/dev/web");
  expect(valueOf("web")).toEqual({ value: "2" });
});

test("C12 a clone that lacks what was applied applies the tree and prunes nothing of what it cannot know", async () => {
  const kept = await branch.publish(tree("1"));
  const applied = await branch.publish(tree("2", configMap("api", "1")));
  await follow(startAgent({ repository: await openClone("agent"), target }));
  await restore(kept);
  await publishOn(kept, tree("3"), { sequence: 3, recovers: [applied] });
  const agent = startAgent({ repository: await openClone("other"), target });
  expect((await follow(agent)).length).toBe(2);
  expect([valueOf("web"), valueOf("api")]).toEqual([{ value: "3" }, { value: "1" }]);
});
