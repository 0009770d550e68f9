/** The loop's process with a real Git host: what it publishes, and what becomes of it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { openLog } from "../../process/log.ts";
import { mergeMetrics } from "../../process/metrics.ts";
import { basic, commitSpecs, eu, openHostFixture } from "../host/host-fixture.contract.ts";
import { repositoryRoot, service, surroundings } from "../specs-fixture.contract.ts";
import { ReconcileProcess } from "./reconcile-process.ts";

const hour = 3_600_000;

const cart = (tag: string): string => service("cart").join("---\n").replace("app:1", `app:${tag}`);

type Line = { readonly message: string; readonly pid?: number };

/** Runs the process until disposed. `announced` resolves with the next revision that a plane is told. */
async function start() {
  vi.stubEnv("GITPLANE_LOG_LEVEL", "silent");
  let measure = async (): Promise<string | undefined> => undefined;
  const fixture = await openHostFixture({ metrics: async () => mergeMetrics([(await measure()) ?? ""]) });
  await commitSpecs(fixture.host, { "platform.yaml": surroundings.join("---\n"), "cart.yaml": cart("1") });
  const memoryPath = join(fixture.folder, "known-releases");
  const stop = new AbortController();
  const lines: Line[] = [];
  const heard = new EventTarget();
  const log = openLog({ level: "info", pretty: false, write: (line) => void lines.push(JSON.parse(line) as Line) }); // our own lines
  const host = { ...fixture.host, announce: () => heard.dispatchEvent(new Event("announced")) };
  const reconciling = new ReconcileProcess({
    host,
    memoryPath,
    pollMs: hour,
    machineCommits: "off",
    log,
    signal: stop.signal,
  });
  measure = async () => reconciling.measure();
  const announced = async (): Promise<unknown> => once(heard, "announced", { signal: AbortSignal.timeout(10_000) });
  const first = announced();
  const done = reconciling.run();
  await first;
  return {
    fixture,
    reconciling,
    announced,
    stop,
    done,
    pids: () => lines.flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
    messages: () => lines.map(({ message }) => message),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await done;
      await fixture[Symbol.asyncDispose]();
      vi.unstubAllEnvs();
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("publishes what it is woken for, and ends with the signal", async () => {
  await using loop = await start();
  const published = loop.announced();
  await commitSpecs(loop.fixture.host, { "cart.yaml": cart("2") });
  loop.reconciling.wake();
  await published;
  loop.stop.abort();
  await loop.done;
  expect(loop.pids().map(isAlive)).toEqual([false]);
  expect(loop.messages()).toEqual(["the reconcile process runs"]);
});

test("is started again when it is killed, and publishes what was pushed meanwhile", async () => {
  await using loop = await start();
  const published = loop.announced();
  process.kill(loop.pids()[0] ?? 0, "SIGKILL");
  await commitSpecs(loop.fixture.host, { "cart.yaml": cart("2") });
  await published;
  expect(loop.messages()).toEqual([
    "the reconcile process runs",
    "the reconcile process died; it is started again",
    "the reconcile process runs",
  ]);
  expect(loop.pids().map(isAlive)).toEqual([false, true]);
});

test.each(["SIGKILL", "SIGTERM"] as const)(
  "ends with the program that started it when that gets %s",
  async (signal) => {
    const folder = await mkdtemp(join(tmpdir(), "served-"));
    const program = [join(repositoryRoot, "control", "main.ts"), "serve", "--data", folder, "--port", "0"];
    const env = { PATH: process.env["PATH"], GITPLANE_LOG_LEVEL: "info" };
    const serving = spawn(process.execPath, program, { env, stdio: ["ignore", "ignore", "pipe"] });
    const exited = once(serving, "exit");
    let text = "";
    serving.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    const pid = await vi.waitUntil(() => Number(/"pid":(\d+)/u.exec(text)?.[1] ?? 0), { timeout: 15_000 });
    serving.kill(signal);
    await exited;
    await vi.waitUntil(() => !isAlive(pid), { timeout: 10_000 });
    expect(text).not.toContain("died");
    await rm(folder, { recursive: true });
  },
);

test("one changed image is one blob read, one Release rendered and one file written, to people who ask", async () => {
  await using loop = await start();
  const { host } = loop.fixture;
  const { url, people } = host;
  const ask = async (authorization?: string): Promise<Response> =>
    fetch(`${url}/metrics`, authorization === undefined ? {} : { headers: { authorization } });
  const countsOf = async (): Promise<ReadonlyMap<string, number>> => {
    const text = await (await ask(basic(people))).text();
    const samples = text.split("\n").filter((line) => line.startsWith("gitplane_") && !line.includes("_seconds"));
    return new Map(samples.map((line) => [line.split(" ")[0] ?? "", Number(line.split(" ")[1])]));
  };
  // The first round is counted a moment after it was announced.
  const before = await vi.waitUntil(async () => {
    const counts = await countsOf();
    return counts.get('gitplane_rounds_total{result="published"}') === 1 && counts;
  });
  const published = loop.announced();
  await commitSpecs(loop.fixture.host, { "cart.yaml": cart("2") });
  loop.reconciling.wake();
  await published;
  const after = await vi.waitUntil(async () => {
    const counts = await countsOf();
    return counts.get('gitplane_rounds_total{result="published"}') === 2 && counts;
  });
  const increased = [...after].map(([name, value]) => [name, value - (before.get(name) ?? 0)] as const);
  expect(Object.fromEntries(increased)).toMatchObject({
    gitplane_specs_blobs_read_total: 1,
    gitplane_releases_rendered_total: 1,
    gitplane_state_files_written_total: 1,
    gitplane_state_commits_total: 1,
    gitplane_specs_commits_folded_total: 1,
  });
  expect((await ask()).status).toBe(401);
  expect((await ask(basic(await host.ensurePlaneRepository(eu)))).status).toBe(404);
  expect(await (await ask(basic(people))).text()).toContain('process_resident_memory_bytes{process="reconcile"}');
});
