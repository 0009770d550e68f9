import { afterEach, beforeEach, expect, test } from "vitest";
import type { NativeRepository } from "../git/native/open.ts";
import { type Repository, GitError } from "../git/repository.ts";
import { openLog } from "../process/log.ts";
import { receiptsRef } from "../schemas/layout.ts";
import type { Receipt } from "../schemas/receipt.ts";
import { readReceipts } from "./receipts.ts";
import { ReceiptsHead } from "./receipts-head.ts";
import { type Pace, Reporter } from "./report.ts";
import { Tenure } from "./tenure.ts";
import { openTestRepository, testPlane } from "./testbed.ts";

const webPath = "releases/shop/dev/web.yaml";
const apiPath = "releases/shop/dev/api.yaml";
const ref = receiptsRef(testPlane);

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

function receipt(value: string): Receipt {
  return { release: value.repeat(40), result: "created", health: "Healthy", objects: [] };
}

type Started = { readonly reporter: Reporter; readonly lines: string[]; readonly stop: () => Promise<void> };

type Life = { readonly instance?: string; readonly predecessors?: readonly string[]; readonly leaves?: boolean };

async function start(over: Repository, pace: Partial<Pace> = {}, life: Life = {}): Promise<Started> {
  const { instance = "one", predecessors = [], leaves = false } = life;
  const lines: string[] = [];
  const controller = new AbortController();
  const reporter = new Reporter(
    {
      repository: over,
      plane: testPlane,
      agentVersion: "1",
      receiptsHead: new ReceiptsHead(over, testPlane),
      tenure: new Tenure({
        instance,
        predecessors: new Set(predecessors),
        patienceMs: 1000,
        askAgainMs: 1000,
        nowMs: () => performance.now(),
      }),
      log: openLog({ level: "info", pretty: false, write: (line) => lines.push(line) }),
      now: () => new Date("2026-01-01T00:00:00Z"),
      random: () => 0.5,
      pace: { gatherMs: 5, shortestGapMs: 20, heartbeatMs: 60_000, retry: { baseMs: 2, capMs: 4 }, ...pace },
    },
    await readReceipts(over, testPlane),
  );
  const running = reporter.run(controller.signal, () => leaves);
  return {
    reporter,
    lines,
    stop: async () => {
      controller.abort();
      await running;
    },
  };
}

/** A view of the repository that counts pushes and fails the first of them as told. */
function watched(failures: (GitError | "conflict")[] = []): {
  readonly view: Repository;
  readonly pushes: () => number;
} {
  let pushes = 0;
  const view = new Proxy<Repository>(repository, {
    get: (inner, name): unknown => {
      const value: unknown = Reflect.get(inner, name, inner);
      if (typeof value !== "function") return value;
      if (name !== "push") return value.bind(inner) as unknown;
      return async (...args: Parameters<Repository["push"]>) => {
        pushes += 1;
        const failure = failures.shift();
        if (failure instanceof GitError) throw failure;
        return failure === "conflict" ? { kind: "conflict", actual: undefined } : await inner.push(...args);
      };
    },
  });
  return { view, pushes: () => pushes };
}

async function until(is: () => Promise<boolean>): Promise<void> {
  while (!(await is())) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function hasReceipt(path: string): Promise<boolean> {
  return (await readReceipts(repository, testPlane)).byPath.has(path);
}

test("what is told within a moment is one commit", async () => {
  const { view, pushes } = watched();
  const { reporter, stop } = await start(view);
  for (let count = 0; count < 50; count += 1) reporter.tell(`releases/shop/dev/c${count}.yaml`, receipt("a"));
  await until(async () => await hasReceipt("releases/shop/dev/c49.yaml"));
  await stop();
  expect(pushes()).toBe(1);
});

test("the same receipt again writes nothing, and a beat of the heart does", async () => {
  const first = await start(repository);
  first.reporter.tell(webPath, receipt("a"));
  await until(async () => await hasReceipt(webPath));
  await first.stop();
  const { view, pushes } = watched();
  const { reporter, stop } = await start(view, { heartbeatMs: 40 });
  reporter.tell(webPath, receipt("a"));
  await until(async () => await Promise.resolve(pushes() >= 3));
  await stop();
  const tip = (await repository.readRef(ref)) ?? "";
  const [last, before] = await repository.log({ to: tip, limit: 2 });
  const changes = await repository.diffTrees(before?.tree, last?.tree);
  expect(changes.filter(({ path }) => path !== "plane.yaml")).toEqual([]);
});

test("a receipt that is taken back goes from the branch", async () => {
  const { reporter, stop } = await start(repository);
  reporter.tell(webPath, receipt("a"));
  reporter.tell(apiPath, receipt("a"));
  await until(async () => await hasReceipt(webPath));
  reporter.tell(webPath, undefined);
  await until(async () => !(await hasReceipt(webPath)));
  expect(await hasReceipt(apiPath)).toBe(true);
  await stop();
});

test("a push that fails is tried again with everything, and said without secrets", async () => {
  const { view, pushes } = watched([
    new GitError("unreachable", "no host"),
    "conflict",
    new GitError("timeout", "slow"),
  ]);
  const { reporter, lines, stop } = await start(view);
  reporter.tell(webPath, receipt("a"));
  await until(async () => await hasReceipt(webPath));
  await stop();
  expect(pushes()).toBeGreaterThanOrEqual(4);
  expect(lines.length).toBe(2);
});

test("what is due when the program ends is still pushed", async () => {
  const { reporter, stop } = await start(repository, { gatherMs: 60_000 });
  reporter.tell(webPath, receipt("a"));
  await stop();
  expect(await hasReceipt(webPath)).toBe(true);
});

test("a reporter whose plane another process took over writes nothing more, not even at its end", async () => {
  const one = await start(repository);
  one.reporter.tell(webPath, receipt("a"));
  await until(async () => await hasReceipt(webPath));
  const two = await start(repository, {}, { instance: "two", predecessors: ["one"] });
  two.reporter.tell(apiPath, receipt("b"));
  await until(async () => await hasReceipt(apiPath));
  const tip = await repository.readRef(ref);
  one.reporter.tell(webPath, receipt("c"));
  await one.stop();
  expect(await repository.readRef(ref)).toBe(tip);
  const { plane } = await readReceipts(repository, testPlane);
  expect(plane).toMatchObject({ instance: "two", term: 2 });
  await two.stop();
});

test("a reporter answers who asks, and says at its end that it left", async () => {
  const one = await start(repository, {}, { leaves: true });
  await until(async () => (await readReceipts(repository, testPlane)).plane !== undefined);
  const before = await repository.readRef(ref);
  one.reporter.answer();
  await until(async () => (await repository.readRef(ref)) !== before);
  expect((await readReceipts(repository, testPlane)).plane).not.toHaveProperty("ended");
  await one.stop();
  expect((await readReceipts(repository, testPlane)).plane).toMatchObject({ instance: "one", term: 1, ended: true });
});
