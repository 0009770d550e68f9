/** What runs once runs once: whoever deletes it, whatever is killed, and however the record is lost. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type NativeRepository, openNativeRepository } from "../git/native/open.ts";
import { openLog } from "../process/log.ts";
import { MemoryTarget } from "./memory-target.ts";
import { type Manifest, PlaneBranch } from "./plane-branch.ts";
import { readReceipts } from "./receipts.ts";
import { runAgent } from "./run.ts";
import { startAgent, testPlane } from "./testbed.ts";

const cell: Manifest = { kind: "Namespace", name: "dev" };
const jobId = "batch/Job/dev/migrate";
const jobKey = { group: "batch", version: "v1", kind: "Job", namespace: "dev", name: "migrate" };
const path = "releases/shop/dev/web.yaml";

function job(image: string): Manifest {
  return {
    kind: "Job",
    apiVersion: "batch/v1",
    name: "migrate",
    namespace: "dev",
    body: { spec: { template: { image } } },
  };
}

function settings(value: string): Manifest {
  return { kind: "ConfigMap", name: "settings", namespace: "dev", body: { data: { value } } };
}

let folder: string;
let host: NativeRepository;
let branch: PlaneBranch;
let target: MemoryTarget;
let lives = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gitplane-finished-"));
  host = await openNativeRepository({ path: join(folder, "host.git"), create: true });
  branch = new PlaneBranch(host, testPlane);
  target = new MemoryTarget({ plane: testPlane });
});
afterEach(async () => {
  await host[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** An agent process that remembers nothing. */
async function start(): Promise<() => Promise<void>> {
  lives += 1;
  const clonePath = join(folder, `${lives}.git`);
  const clone = await openNativeRepository({
    path: clonePath,
    create: true,
    remote: { url: join(folder, "host.git") },
  });
  const controller = new AbortController();
  const running = runAgent({
    agent: startAgent({ repository: clone, target, signal: controller.signal }),
    agentVersion: "0.0.1",
    instance: `life-${lives}`,
    log: openLog({ level: "silent" }),
    now: () => new Date(),
    random: () => 0.5,
    pollMs: 20,
    wake: undefined,
    pace: { gatherMs: 5, shortestGapMs: 10 },
    retry: { soon: { baseMs: 10, capMs: 50 }, later: { baseMs: 20, capMs: 50 } },
  });
  return async () => {
    controller.abort();
    await running;
    await clone[Symbol.asyncDispose]();
  };
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}

function isThere(id: string): true | undefined {
  return target.listIds().includes(id) ? true : undefined;
}

function endAs(type: string): void {
  const status = { conditions: [{ type, status: "True" }] };
  target.writeAs("job-controller", {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "migrate", namespace: "dev" },
    status,
  });
}

async function finished(): Promise<unknown> {
  const found = await target.readRecord({ signal: new AbortController().signal });
  return found.kind === "found" ? found.record.finished[jobId]?.result : undefined;
}

/** The health and result of the Job, once its receipt is of the plane's newest revision. */
async function told(revision: string): Promise<unknown> {
  return await until(async () => {
    const { byPath, plane } = await readReceipts(host, testPlane);
    const object = byPath.get(path)?.objects.find(({ id }) => id === jobId);
    if (plane?.appliedRevision !== revision || object === undefined) return undefined;
    return object.health === "Healthy" || object.health === "Degraded" ? [object.result, object.health] : undefined;
  });
}

test.each([
  ["Complete", "Healthy"],
  ["Failed", "Degraded"],
])("C54 a Job that ended as %s and went is not made again by an agent that remembers nothing", async (type, health) => {
  await branch.publish({ "cells/shop/dev.yaml": [cell], [path]: [job("a"), settings("1")] });
  const first = await start();
  await until(async () => isThere(jobId));
  endAs(type);
  expect(await until(finished)).toBe(type);
  await first();
  target.remove(jobKey);
  const second = await start();
  const same = await branch.publish({ "cells/shop/dev.yaml": [cell], [path]: [job("a"), settings("2")] });
  expect(await told(same)).toEqual(["unchanged", health]);
  const changed = await branch.publish({ "cells/shop/dev.yaml": [cell], [path]: [job("b"), settings("2")] });
  expect(await told(changed)).toEqual(["skipped", health]);
  expect(isThere(jobId)).toBeUndefined();
  await second();
});

test("C12 a Job that ended is not made again when the record is lost, since a receipt tells", async () => {
  const revision = await branch.publish({ "cells/shop/dev.yaml": [cell], [path]: [job("a")] });
  const first = await start();
  await until(async () => isThere(jobId));
  endAs("Complete");
  await told(revision);
  await first();
  target = new MemoryTarget({ plane: testPlane });
  target.writeAs("restored", { apiVersion: "v1", kind: "Namespace", metadata: { name: "dev" } });
  const second = await start();
  const changed = await branch.publish({ "cells/shop/dev.yaml": [cell], [path]: [job("b")] });
  expect(await told(changed)).toEqual(["skipped", "Healthy"]);
  expect(isThere(jobId)).toBeUndefined();
  await second();
});

test("a Job under another name runs, beside one that has ended", async () => {
  await branch.publish({ "cells/shop/dev.yaml": [cell], [path]: [job("a")] });
  const first = await start();
  await until(async () => isThere(jobId));
  endAs("Complete");
  await until(finished);
  await branch.publish({ "cells/shop/dev.yaml": [cell], [path]: [job("a"), { ...job("a"), name: "migrate-2" }] });
  await until(async () => isThere("batch/Job/dev/migrate-2"));
  await first();
});
