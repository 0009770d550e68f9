/**
 * A process that dies at any await, or whose call has its effect and answers with an error: each call of the target and of
 * the repository in turn. A fresh process, or the same one, must then reach the same end state, orphan nothing and delete
 * nothing outside the plan. (To die after a call is to die before the next.)
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { NativeRepository } from "../git/native/open.ts";
import type { Oid } from "../git/repository.ts";
import { Life, spyOnDeletes, survive } from "./doomed-life.contract.ts";
import { MemoryTarget } from "./memory-target.ts";
import { type Manifest, PlaneBranch, type PlaneTree } from "./plane-branch.ts";
import { reconcile } from "./reconcile.ts";
import { openTestRepository, startAgent, testPlane } from "./testbed.ts";

const cellPath = "cells/shop/dev.yaml";
const webPath = "releases/shop/dev/web.yaml";
const apiPath = "releases/shop/dev/api.yaml";
const cronPath = "releases/shop/dev/cron.yaml";
const newPath = "releases/shop/dev/new.yaml";
const namespace: Manifest = { kind: "Namespace", name: "dev" };

function configMap(name: string, value = "1"): Manifest {
  return { kind: "ConfigMap", name, namespace: "dev", body: { data: { value } } };
}

const first: PlaneTree = {
  [cellPath]: [namespace],
  [webPath]: [configMap("kept"), configMap("changed"), configMap("dropped"), configMap("moved")],
  [apiPath]: [configMap("api"), configMap("api-two")],
  [cronPath]: [configMap("cron")],
};
/** Creates, changes, drops, moves to another path, and removes a whole path. */
const second: PlaneTree = {
  [cellPath]: [namespace, { kind: "ResourceQuota", name: "quota", namespace: "dev", body: { spec: { hard: {} } } }],
  [webPath]: [configMap("kept"), configMap("changed", "2"), configMap("added")],
  [apiPath]: [configMap("api", "2"), configMap("api-two", "2"), configMap("moved")],
  [newPath]: [configMap("new")],
};
/** Takes back half of the second: what it began must not be left behind. */
const third: PlaneTree = {
  [cellPath]: [namespace],
  [webPath]: [configMap("kept"), configMap("changed"), configMap("dropped")],
  [apiPath]: [configMap("api"), configMap("api-two", "2")],
};
/** Changes values only, and back: nothing that the record would be widened for. */
const valuesOnly: PlaneTree = {
  ...first,
  [webPath]: [configMap("kept", "2"), configMap("changed", "2"), configMap("dropped"), configMap("moved")],
};

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

function describeTarget(target: MemoryTarget): unknown {
  return target.listIds().map((id) => {
    const parts = id.split("/");
    const key = { group: "", version: "v1", kind: parts[0] ?? "", name: parts.at(-1) ?? "" };
    const object = target.liveObject(parts.length === 3 ? { ...key, namespace: parts[1] ?? "" } : key);
    return { id, data: object?.["data"], release: object?.metadata.labels?.["gitplane.dev/release-id"] };
  });
}

/** The trees on the plane's branch, one revision each. The agent only reads here, so one repository serves every death. */
async function publishAll(trees: readonly PlaneTree[]): Promise<readonly Oid[]> {
  const branch = new PlaneBranch(repository, testPlane);
  const revisions: Oid[] = [];
  for (const tree of trees) revisions.push(await branch.publish(tree));
  return revisions;
}

/** One whole life of a process for each revision. */
async function live(target: MemoryTarget, revisions: readonly Oid[]): Promise<void> {
  for (const revision of revisions) {
    await reconcile(startAgent({ repository, target }), revision, new AbortController().signal);
  }
}

const plans = [
  { name: "a revision", second, later: undefined, mayDelete: ["dropped", "cron"] },
  {
    name: "a later revision that takes half of it back",
    second,
    later: third,
    mayDelete: ["added", "cron", "dropped", "moved", "new", "quota"],
  },
  { name: "a revision of which the next takes all values back", second: valuesOnly, later: first, mayDelete: [] },
];

describe.each(plans)("on the way to $name", ({ second, later, mayDelete }) => {
  test.each(["dies", "stumbles"] as const)(
    "C54 a process that %s at any call converges",
    { timeout: 60_000 },
    async (end) => {
      const [start = "", next = "", last = next] = await publishAll([
        first,
        second,
        ...(later === undefined ? [] : [later]),
      ]);
      const expected = new MemoryTarget({ plane: testPlane });
      await live(expected, [start, next, last]);
      for (let fatal = 1, isOver = false; !isOver; fatal += 1) {
        const target = new MemoryTarget({ plane: testPlane });
        const deleted = spyOnDeletes(target);
        await live(target, [start]);
        const doomed = new Life(fatal, end);
        const agent = startAgent({ repository: doomed.wrap(repository), target: doomed.wrap(target), concurrency: 1 });
        await survive(agent, next);
        isOver = doomed.calls < fatal;
        if (end === "dies") await live(target, [last]);
        // The second try is for a call that stumbled in the first.
        else for (const _ of [1, 2]) await survive(agent, last);
        expect(describeTarget(target), `call ${fatal}`).toEqual(describeTarget(expected));
        expect(new Set(deleted).difference(new Set(mayDelete)), `call ${fatal}`).toEqual(new Set());
        await live(target, [last]);
        expect(describeTarget(target), `again after call ${fatal}`).toEqual(describeTarget(expected));
      }
    },
  );
});
