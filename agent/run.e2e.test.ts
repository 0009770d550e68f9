import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type NativeRepository, openNativeRepository } from "../git/native/open.ts";
import { openLog } from "../process/log.ts";
import type { Ceiling } from "../schemas/ceiling.ts";
import { planeRef, receiptsRef } from "../schemas/layout.ts";
import type { Receipt } from "../schemas/receipt.ts";
import type { EncryptionReport } from "../schemas/transport-encryption.ts";
import { MemoryTarget } from "./memory-target.ts";
import { type Manifest, PlaneBranch } from "./plane-branch.ts";
import { readReceipts, type Receipts } from "./receipts.ts";
import { runAgent } from "./run.ts";
import type { Waiting, WatchRequest } from "./target.ts";
import { startAgent, testPlane } from "./testbed.ts";

const cellPath = "cells/shop/dev.yaml";
const webPath = "releases/shop/dev/web.yaml";
const cell: readonly Manifest[] = [{ kind: "Namespace", name: "dev" }];

function configMap(name: string, value = "1"): Manifest {
  return { kind: "ConfigMap", name, namespace: "dev", body: { data: { value } } };
}

const deployment: Manifest = {
  kind: "Deployment",
  apiVersion: "apps/v1",
  name: "web",
  namespace: "dev",
  body: { spec: { replicas: 1 } },
};

let folder: string;
let host: NativeRepository;
let branch: PlaneBranch;
let target: MemoryTarget;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gitplane-run-"));
  host = await openNativeRepository({ path: join(folder, "host.git"), create: true });
  branch = new PlaneBranch(host, testPlane);
  target = new MemoryTarget({ plane: testPlane });
});
afterEach(async () => {
  await host[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

type Life = { readonly lines: string[]; stop(): Promise<void> };

/** An agent process with a clone in `data`, the volume that outlives it. */
async function start(
  options: {
    readonly instance?: string;
    readonly data?: string;
    readonly url?: string;
    readonly pollMs?: number;
    readonly random?: () => number;
    readonly ceiling?: Ceiling;
    readonly encryptionFreshMs?: number;
  } = {},
): Promise<Life> {
  const { instance = "one", data = "data", url = join(folder, "host.git"), pollMs = 50, random = () => 0.5 } = options;
  const powers = options.ceiling === undefined ? {} : { ceiling: options.ceiling };
  const clone = await openNativeRepository({ path: join(folder, `${data}.git`), create: true, remote: { url } });
  const controller = new AbortController();
  const lines: string[] = [];
  const write = (line: string): void => void lines.push((JSON.parse(line) as { message: string }).message);
  const running = runAgent({
    agent: startAgent({ repository: clone, target, signal: controller.signal, lines, ...powers }),
    agentVersion: "0.0.1",
    instance,
    log: openLog({ level: "info", pretty: false, write }),
    now: () => new Date("2026-01-02T03:04:05.678Z"),
    random,
    pollMs,
    wake: undefined,
    pace: { gatherMs: 5, shortestGapMs: 10, retry: { baseMs: 5, capMs: 20 } },
    retry: { soon: { baseMs: 10, capMs: 50 }, later: { baseMs: 20, capMs: 50 } },
    encryptionFreshMs: options.encryptionFreshMs,
  });
  return {
    lines,
    stop: async () => {
      controller.abort();
      await running;
      await clone[Symbol.asyncDispose]();
    },
  };
}

/** Looks until it is so; the test's own time limit is the bound. */
async function until<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function receipts(): Promise<Receipts> {
  return await readReceipts(host, testPlane);
}

async function receiptWhere(path: string, is: (receipt: Receipt) => boolean): Promise<Receipt> {
  return await until(async () => {
    const receipt = (await receipts()).byPath.get(path);
    return receipt !== undefined && is(receipt) ? receipt : undefined;
  });
}

test("tells what becomes of the encryption between nodes, without a revision and not sooner than it may ask", async () => {
  let asked = 0;
  let found: EncryptionReport = { state: "on" };
  target.readEncryption = async () => {
    asked += 1;
    return await Promise.resolve(found);
  };
  const said = async (wanted: EncryptionReport | undefined): Promise<void> =>
    void (await until(async () => {
      const { plane } = await receipts();
      return plane !== null && plane !== undefined && isDeepStrictEqual(plane.encryption, wanted) ? true : undefined;
    }));
  await branch.publish({ [cellPath]: cell }, { settings: { transportEncryption: "WireGuard" } });
  const rare = await start({ pollMs: 5 });
  await said({ state: "on" });
  found = { state: "off", reason: "1 of 2 nodes have no WireGuard key: b" };
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(asked).toBe(1);
  await rare.stop();
  found = { state: "on" };
  const life = await start({ pollMs: 5, encryptionFreshMs: 50 });
  await until(() => (asked > 1 ? true : undefined));
  await said({ state: "on" });
  found = { state: "off", reason: "1 of 2 nodes have no WireGuard key: b" };
  await said(found);
  await branch.publish({ [cellPath]: cell });
  await said(undefined);
  await life.stop();
});

test("applies what is published and reports it", async () => {
  const first = await branch.publish({ [cellPath]: cell, [webPath]: [configMap("a"), deployment] });
  const life = await start();
  const receipt = await receiptWhere(webPath, ({ health }) => health === "Progressing");
  expect(receipt).toMatchObject({
    result: "created",
    objects: [
      { id: "ConfigMap/dev/a", result: "created", health: "Unknown" },
      { id: "apps/Deployment/dev/web", result: "created", health: "Progressing" },
    ],
  });
  const about = await until(async () => {
    const { plane } = await receipts();
    return plane?.appliedRevision === first ? plane : undefined;
  });
  expect(about).toMatchObject({
    agentVersion: "0.0.1",
    instance: "one",
    clusterUid: "memory-cluster",
    sequence: 1,
    lastSeen: "2026-01-02T03:04:05Z",
  });
  expect(life.lines).toContain("applied the revision");
  expect(about.servedApis).toContain("apps/v1/Deployment");
  await branch.publish({ [cellPath]: cell });
  await until(async () => ((await receipts()).byPath.has(webPath) ? undefined : true));
  expect(target.listIds()).toContain("Namespace/dev");
  expect(target.listIds()).not.toContain("ConfigMap/dev/a");
  await life.stop();
});

test("health follows the watch", async () => {
  await branch.publish({ [cellPath]: cell, [webPath]: [deployment] });
  const life = await start();
  await receiptWhere(webPath, ({ health }) => health === "Progressing");
  const key = { group: "apps", version: "v1", kind: "Deployment", namespace: "dev", name: "web" };
  const live = target.liveObject(key);
  if (live === undefined) throw new Error("the Deployment is missing");
  const conditions = [{ type: "Available", status: "True" }];
  const status = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1, conditions };
  target.writeAs("deployment-controller", {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "dev" },
    status,
  });
  await receiptWhere(webPath, ({ health }) => health === "Healthy");
  target.remove(key);
  await receiptWhere(webPath, ({ health }) => health === "Missing");
  await life.stop();
});

test("an object that goes while its round is under way is Missing and not awaited", async () => {
  await branch.publish({ [cellPath]: cell, [webPath]: [deployment] });
  const life = await start();
  await receiptWhere(webPath, ({ health }) => health === "Progressing");
  const answered = Promise.withResolvers<void>();
  const apply = target.apply.bind(target);
  target.apply = async (object, options) => {
    const outcome = await apply(object, options);
    if (object.metadata?.name === "brief") setImmediate(answered.resolve);
    if (object.metadata?.name === "late") {
      await answered.promise;
      target.remove({ group: "apps", version: "v1", kind: "Deployment", namespace: "dev", name: "brief" });
      await new Promise((resolve) => setImmediate(resolve));
    }
    return outcome;
  };
  const named = (name: string): Manifest => ({ ...deployment, name });
  await branch.publish({ [cellPath]: cell, [webPath]: [deployment, named("brief"), named("late")] });
  const receipt = await receiptWhere(webPath, ({ objects }) => objects.length === 3);
  expect(receipt.objects.find(({ id }) => id === "apps/Deployment/dev/brief")).toMatchObject({ health: "Missing" });
  await life.stop();
});

test("an idle agent asks the target nothing, however often it polls", async () => {
  await branch.publish({ [cellPath]: cell, [webPath]: [configMap("a"), deployment] });
  let polls = 0;
  const random = (): number => {
    polls += 1;
    return 0.5;
  };
  const life = await start({ pollMs: 10, random });
  await receiptWhere(webPath, () => true);
  // Once it has looked through what stands.
  await until(async () => {
    const [requests, before] = [target.requests, polls];
    await until(() => (polls >= before + 10 ? true : undefined));
    return target.requests === requests ? true : undefined;
  });
  await life.stop();
});

test("a branch that is gone freezes the plane, and says so", async () => {
  const revision = await branch.publish({ [cellPath]: cell, [webPath]: [configMap("a")] });
  const first = await start();
  await receiptWhere(webPath, () => true);
  await first.stop();
  const other = await openNativeRepository({ path: join(folder, "empty.git"), create: true });
  await other[Symbol.asyncDispose]();
  const second = await start({ instance: "two", url: join(folder, "empty.git") });
  await until(() => second.lines.find((line) => line.includes("branch is gone")));
  expect(target.listIds()).toContain("ConfigMap/dev/a");
  const empty = await openNativeRepository({ path: join(folder, "empty.git") });
  const refused = await until(async () => (await readReceipts(empty, testPlane)).plane?.refused);
  expect(refused).toMatchObject({ revision });
  await second.stop();
  await empty[Symbol.asyncDispose]();
});

test("a branch that goes while a retry is due is looked for at the next poll, not at once for ever", async () => {
  await branch.publish({ [cellPath]: cell, [webPath]: [configMap("a")] });
  target.fail({
    operation: "apply",
    id: "ConfigMap/dev/a",
    times: 1_000_000,
    failure: { kind: "failed", class: "transient", reason: "503" },
  });
  const life = await start({ pollMs: 600_000 });
  await receiptWhere(webPath, ({ result }) => result === "failed");
  execFileSync("git", [`--git-dir=${join(folder, "host.git")}`, "update-ref", "-d", planeRef(testPlane)]);
  const lost = (): readonly string[] => life.lines.filter((line) => line.includes("branch is gone"));
  await until(() => lost()[0]);
  for (let asked = 0; asked < 20; asked += 1) await host.readRef(planeRef(testPlane));
  expect(lost()).toHaveLength(1);
  await life.stop();
});

test("a clone that lost an object is fetched again and goes on", async () => {
  await branch.publish({ [cellPath]: cell, [webPath]: [configMap("a")] });
  const tip = await host.readRef(planeRef(testPlane));
  const data = join(folder, "data.git");
  const clone = await openNativeRepository({ path: data, create: true, remote: { url: join(folder, "host.git") } });
  await clone.fetch([planeRef(testPlane)]);
  await clone[Symbol.asyncDispose]();
  await rm(join(data, "objects", "pack"), { recursive: true });
  await mkdir(join(data, "objects", "pack"));
  const life = await start();
  await receiptWhere(webPath, ({ result }) => result === "created");
  expect(target.listIds()).toContain("ConfigMap/dev/a");
  const about = await until(async () => {
    const { plane } = await receipts();
    return plane?.appliedRevision === tip && plane?.refused === undefined ? plane : undefined;
  });
  expect(about.refused).toBeUndefined();
  expect(life.lines).toContain("refused the revision; the last good state stays");
  await life.stop();
});

test("without Git it goes on from its clone", async () => {
  await branch.publish({ [cellPath]: cell, [webPath]: [configMap("a")] });
  const first = await start();
  await receiptWhere(webPath, () => true);
  await first.stop();
  target = new MemoryTarget({ plane: testPlane, uid: "rebuilt" });
  const second = await start({ url: join(folder, "nowhere.git") });
  await until(() => (target.listIds().includes("ConfigMap/dev/a") ? true : undefined));
  await second.stop();
});

test("told to stop while it asks whether the target is another, it ends in peace", async () => {
  const asked = Promise.withResolvers<void>();
  /** Its watches break off, and asking about the record takes until nobody waits any more. */
  class Silent extends MemoryTarget {
    override async watch(request: WatchRequest): Promise<void> {
      request.onEvent({ kind: "failed", reason: "broken" });
      await super.watch(request);
    }

    override async isRecordAt(_: string, { signal }: Waiting): Promise<boolean> {
      asked.resolve();
      return await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
    }
  }
  target = new Silent({ plane: testPlane });
  await branch.publish({ [cellPath]: cell, [webPath]: [deployment] });
  const life = await start();
  await asked.promise;
  await life.stop();
});

test("what a dead process did not live to report is reported by the next", async () => {
  await branch.publish({ [cellPath]: cell, [webPath]: [configMap("a")] });
  const clone = await openNativeRepository({
    path: join(folder, "data.git"),
    create: true,
    remote: { url: join(folder, "host.git") },
  });
  await clone.fetch([planeRef(testPlane)]);
  const { reconcileTip } = await import("./testbed.ts");
  await reconcileTip(startAgent({ repository: clone, target }));
  await clone[Symbol.asyncDispose]();
  const life = await start();
  const receipt = await receiptWhere(webPath, () => true);
  expect(receipt).toMatchObject({ result: "unchanged", objects: [{ id: "ConfigMap/dev/a", result: "unchanged" }] });
  await life.stop();
});

test("under a narrower ceiling what stands beyond it is told at once, and taken up again under a wider one", async () => {
  await branch.publish({ [cellPath]: cell, [webPath]: [configMap("a")] });
  const one = await start();
  await receiptWhere(webPath, ({ result }) => result === "created");
  await one.stop();
  const narrow: Ceiling = { format: 1, namespaces: ["*"], kinds: ["Service"], clusterKinds: ["*"] };
  const two = await start({ instance: "two", ceiling: narrow });
  expect(await receiptWhere(webPath, ({ result }) => result === "failed")).toMatchObject({
    reason: `${webPath}: ConfigMap/dev/a is beyond the agent's ceiling: its kind is not among the kinds`,
    objects: [{ id: "ConfigMap/dev/a" }],
  });
  expect(target.listIds()).toContain("ConfigMap/dev/a");
  await two.stop();
  const three = await start({ instance: "three" });
  const { objects, reason } = await receiptWhere(webPath, ({ result }) => result !== "failed");
  expect({ objects, reason }).toMatchObject({ objects: [{ id: "ConfigMap/dev/a" }], reason: undefined });
  await three.stop();
});

test("a failed object is tried again until it is there", async () => {
  const failure = { kind: "failed", class: "blocked", reason: "quota" } as const;
  target.fail({ operation: "apply", id: "ConfigMap/dev/a", times: 3, failure });
  await branch.publish({ [cellPath]: cell, [webPath]: [configMap("a")] });
  const life = await start();
  await receiptWhere(webPath, ({ result }) => result !== "failed");
  expect(target.listIds()).toContain("ConfigMap/dev/a");
  await life.stop();
});

test("C55 a second agent with the same identity writes nothing, and takes over when the first has left", async () => {
  await branch.publish({ [cellPath]: cell, [webPath]: [configMap("a")] });
  const one = await start();
  await receiptWhere(webPath, () => true);
  const two = await start({ instance: "two", data: "other" });
  await until(() => two.lines.find((line) => line.includes("two run with one identity")));
  await branch.publish({ [cellPath]: cell, [webPath]: [configMap("a", "2")] });
  const key = { group: "", version: "v1", kind: "ConfigMap", namespace: "dev", name: "a" };
  await until(() => (isDeepStrictEqual(target.liveObject(key)?.["data"], { value: "2" }) ? true : undefined));
  await until(async () => ((await receipts()).plane?.sequence === 2 ? true : undefined));
  expect((await receipts()).plane).toMatchObject({ instance: "one", term: 1 });
  expect(two.lines).not.toContain("applied the revision");
  await one.stop();
  await until(async () => ((await receipts()).plane?.instance === "two" ? true : undefined));
  await branch.publish({ [cellPath]: cell, [webPath]: [configMap("a", "3")] });
  await until(() => (isDeepStrictEqual(target.liveObject(key)?.["data"], { value: "3" }) ? true : undefined));
  expect(one.lines.join("")).not.toContain("two run with one identity");
  await two.stop();
});

test("C15 a rewind is refused, reported and not applied", async () => {
  const first = await branch.publish({ [cellPath]: cell, [webPath]: [configMap("a")] });
  await branch.publish({ [cellPath]: cell, [webPath]: [configMap("b")] });
  const life = await start();
  await until(() => (target.listIds().includes("ConfigMap/dev/b") ? true : undefined));
  await life.stop();
  const rewound = await openNativeRepository({
    path: join(folder, "rewound.git"),
    create: true,
    remote: { url: join(folder, "host.git") },
  });
  await rewound.fetch([planeRef(testPlane)]);
  const history = await openNativeRepository({ path: join(folder, "rewound.git") });
  const { execFileSync } = await import("node:child_process");
  execFileSync("git", ["-C", join(folder, "rewound.git"), "update-ref", planeRef(testPlane), first]);
  const again = await start({ url: join(folder, "rewound.git") });
  const refused = await until(async () => (await readReceipts(history, testPlane)).plane?.refused);
  expect(refused).toMatchObject({ revision: first, reason: expect.stringContaining("does not descend") as string });
  expect(target.listIds()).toContain("ConfigMap/dev/b");
  await again.stop();
  expect(await history.readRef(receiptsRef(testPlane))).toBeDefined();
  await history[Symbol.asyncDispose]();
  await rewound[Symbol.asyncDispose]();
});
