/**
 * Faults of what the control plane stands on: a Git server that is slow, down, full, unwilling or talks nonsense, on either
 * side, and a full disk of its own. Whatever it is: nothing is lost, nothing is half written, and when it is over the
 * plane's branch is one line whose tree is what a render from scratch gives.
 */
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sleep } from "../process/backoff.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PlaneId, planeRef, specsRef } from "../schemas/layout.ts";
import { readTrailers } from "../schemas/trailers.ts";
import { poll } from "./clusters/poll.ts";
import { type FaultMoment, type GitFaults, openGitFaults } from "./faults/git-faults.ts";
import type { GitFault } from "./faults/git-proxy.ts";
import { Rounds } from "./faults/round.ts";
import { mountSmallDisk } from "./faults/small-disk.ts";
import { expectFreshRender, expectOneLine } from "./platform/fresh-render.ts";
import {
  linesOf,
  openRemotePlatform,
  type OpenRemotePlatform,
  type RemotePlatform,
  type StartRemoteControl,
  waitForLine,
  waitForTip,
} from "./platform/remote-platform.ts";

const organization = "faults";
const plane: PlaneId = { kind: "data", organization, name: "main" };
const control = "control";

type Bed = AsyncDisposable & { readonly platform: RemotePlatform; readonly rounds: Rounds };

/** A control plane that has published the first round. */
async function openBed(open: OpenRemotePlatform = {}, start: StartRemoteControl = {}): Promise<Bed> {
  await using opening = new AsyncDisposableStack();
  const platform = opening.use(await openRemotePlatform(open));
  const rounds = new Rounds(platform.specs, organization);
  const specs = await rounds.begin();
  await platform.specs.push();
  await platform.startControl(control, start);
  await waitForTip(platform, plane, specs);
  const closing = opening.move();
  return { platform, rounds, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

async function expectConverged({ platform }: Pick<Bed, "platform">, specs: string): Promise<void> {
  await waitForTip(platform, plane, specs);
  const published = { repository: platform.stateRepository, plane };
  await expectFreshRender(published, { specs: platform.specs.folder, folder: platform.folder });
}

const waitUntil = async (what: string, isTrue: () => boolean | Promise<boolean>): Promise<true> =>
  poll({
    what,
    timeoutMs: 60_000,
    signal: new AbortController().signal,
    probe: async () => ((await isTrue()) ? true : undefined),
  });

async function specsOfTip({ stateRepository }: RemotePlatform): Promise<string | undefined> {
  const tip = (await stateRepository.readRef(planeRef(plane))) ?? "";
  return readTrailers((await stateRepository.readCommit(tip)).trailers)?.specsCommit;
}

describe("a Git server", () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await openBed();
  });
  afterAll(async () => bed[Symbol.asyncDispose]());

  const faults: readonly GitFault[] = [
    { kind: "slow", ms: 700 },
    { kind: "down" },
    { kind: "error", status: 503 },
    { kind: "error", status: 401 },
    { kind: "garbage" },
    { kind: "corrupt" },
    { kind: "cut" },
  ];
  const cases = ["specs.git", "state.git"].flatMap((repository) => faults.map((fault) => ({ repository, fault })));

  test.for(cases)("of $repository that is $fault.kind is outlived", async ({ repository, fault }) => {
    const { platform, rounds } = bed;
    const { proxy, processes } = platform;
    const pid = processes.pids.get(control);
    const before = await specsOfTip(platform);
    proxy.set(repository, fault);
    const specs = await rounds.next();
    await platform.specs.push();
    await waitUntil("the fault to be met", () => proxy.hits() >= 4);
    await expectOneLine({ repository: platform.stateRepository, plane });
    // Late, or unheard: then it may have been published. Otherwise it cannot have been.
    const mayPass = ["slow", "cut", "corrupt"].includes(fault.kind);
    expect(mayPass ? [before, specs] : [before]).toContain(await specsOfTip(platform));
    proxy.set(repository, undefined);
    await expectConverged(bed, specs);
    expect(processes.pids.get(control)).toBe(pid);
    expect(await processes.log(control)).not.toContain("a-token-of-the-tests");
  });

  test("whose hook refuses is told of once for each revision, and asked again", async () => {
    const { platform, rounds } = bed;
    const hook = join(platform.statePath, "hooks", "pre-receive");
    await mkdir(join(platform.statePath, "hooks"), { recursive: true });
    await writeFile(hook, "#!/bin/sh\necho 'this branch is frozen for the audit' >&2\nexit 1\n");
    await chmod(hook, 0o755);
    const before = await specsOfTip(platform);
    const specs = await rounds.next();
    await platform.specs.push();
    await waitForLine(platform.processes, control, /frozen for the audit/);
    const asked = platform.server.requests.length;
    await waitUntil("it to be asked again", () => platform.server.requests.length > asked + 20);
    expect(linesOf(await platform.processes.log(control), new RegExp(`${specs}.*"not published"`))).toHaveLength(1);
    expect(await specsOfTip(platform)).toBe(before);
    await rm(hook);
    await expectConverged(bed, specs);
  });
});

test("a Git server whose disk is full loses nothing and goes on when there is room", async ({ skip }) => {
  await using stack = new AsyncDisposableStack();
  const folder = join("/tmp", `gitplane-full-server-${process.pid}`);
  stack.defer(async () => rm(folder, { recursive: true, force: true }));
  const disk = await mountSmallDisk(folder, 16);
  if (disk === undefined) return skip();
  stack.use(disk);
  const bed = stack.use(await openBed({ stateFolder: folder }));
  const { platform, rounds } = bed;
  const before = await specsOfTip(platform);
  await disk.fill();
  const specs = await rounds.next();
  await platform.specs.push();
  await waitForLine(platform.processes, control, new RegExp(`${specs}.*(not published|could not publish)`));
  expect(await specsOfTip(platform)).toBe(before);
  await expectOneLine({ repository: platform.stateRepository, plane });
  await disk.free();
  await expectConverged(bed, specs);
});

test("a full disk of its own stops a control plane, and room starts it again by itself", async ({ skip }) => {
  await using stack = new AsyncDisposableStack();
  const folder = join("/tmp", `gitplane-full-local-${process.pid}`);
  stack.defer(async () => rm(folder, { recursive: true, force: true }));
  const disk = await mountSmallDisk(folder, 16);
  if (disk === undefined) return skip();
  stack.use(disk);
  const bed = stack.use(await openBed({}, { dataDir: folder }));
  const { platform, rounds } = bed;
  const pid = platform.processes.pids.get(control);
  const before = await specsOfTip(platform);
  await disk.fill();
  const specs = await rounds.next();
  await platform.specs.push();
  await waitForLine(platform.processes, control, /"level":"error".*(No space left|disk-full)/);
  expect(await specsOfTip(platform)).toBe(before);
  await disk.free();
  await expectConverged(bed, specs);
  expect(platform.processes.pids.get(control)).toBe(pid);
});

test("two pushes a moment apart are both rendered, the second last", async () => {
  await using bed = await openBed({}, { poll: "50ms" });
  const { platform, rounds } = bed;
  for (let turn = 0; turn < 10; turn += 1) {
    const before = await platform.specsRepository.readRef(specsRef);
    const first = await rounds.next();
    const second = await rounds.next();
    await platform.specs.git("push", "--quiet", "--force", "origin", "HEAD:refs/heads/side");
    await platform.specsRepository.push(specsRef, { expect: before, next: first });
    await platform.specsRepository.push(specsRef, { expect: first, next: second });
    await waitForTip(platform, plane, second);
  }
  await expectConverged(bed, (await platform.specs.git("rev-parse", "HEAD")).trim());
});

test("a hundred commits in less than a minute are folded, within bounded memory", { timeout: 240_000 }, async () => {
  await using bed = await openBed({}, { poll: "1s" });
  const { platform, rounds } = bed;
  const pid = platform.processes.pids.get(control) ?? 0;
  for (let warm = 0; warm < 3; warm += 1) await expectConverged(bed, await pushed(bed));
  const before = await residentMebibytes(pid);
  const from = (await expectOneLine({ repository: platform.stateRepository, plane })).length;
  const startedMs = performance.now();
  let specs = "";
  for (let commit = 0; commit < 100; commit += 1) {
    specs = await rounds.next();
    await platform.specs.push();
  }
  const tookMs = performance.now() - startedMs;
  await expectConverged(bed, specs);
  const published = (await expectOneLine({ repository: platform.stateRepository, plane })).length - from;
  const after = await residentMebibytes(pid);
  process.stderr.write(
    `100 commits in ${Math.round(tookMs / 1000)} s: ${published} state commits, memory ${before.now} MiB before, ${after.now} after, ${after.most} at most\n`,
  );
  expect(published).toBeLessThan(70);
  expect(after.most).toBeLessThan(before.most + 100);
});

async function pushed({ platform, rounds }: Bed): Promise<string> {
  const specs = await rounds.next();
  await platform.specs.push();
  return specs;
}

/** VmRSS and VmHWM of proc(5). */
async function residentMebibytes(pid: number): Promise<{ readonly now: number; readonly most: number }> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const read = (name: string): number =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024);
  return { now: read("VmRSS"), most: read("VmHWM") };
}

describe("two control planes on one set of repositories", () => {
  let bed: Bed;
  let faults: GitFaults;
  const other = "other";
  const mostCalls = 6;
  const deathMs = 15_000;

  beforeAll(async () => {
    bed = await openBed();
    faults = await openGitFaults(join(bed.platform.folder, "git-faults"));
    await bed.platform.processes.startAgain(control, { PATH: faults.path });
    await bed.platform.startControl(other, { environment: { PATH: faults.path } });
    await waitForLine(bed.platform.processes, other, /the control plane is ready/);
  });
  afterAll(async () => bed[Symbol.asyncDispose]());

  test.for<FaultMoment>(["before", "during", "after"])(
    "stay one line when either is killed %s a call of git",
    { timeout: 300_000 },
    async (moment) => {
      const { processes, specs } = bed.platform;
      const died = new Map<string, number>();
      for (let call = 1; call <= mostCalls; call += 1) {
        const revision = await bed.rounds.next();
        await faults.arm(call, moment);
        await specs.push();
        const ends = [control, other].map(async (name) => processes.exited(name).then(() => name));
        const dead = await Promise.race([...ends, sleep(deathMs).then(() => undefined)]);
        await faults.disarm();
        // What ran the call was a git of its own, which somebody outlived.
        if (dead === undefined) {
          await expectConverged(bed, revision);
          continue;
        }
        died.set(dead, (died.get(dead) ?? 0) + 1);
        // The one that is left does all of it.
        await waitForTip(bed.platform, plane, revision);
        await processes.startAgain(dead);
        await expectConverged(bed, revision);
      }
      expect([...died.values()].reduce((sum, times) => sum + times, 0)).toBeGreaterThanOrEqual(mostCalls / 2);
      process.stderr.write(`killed ${moment} a call of git: ${JSON.stringify(Object.fromEntries(died))}\n`);
    },
  );
});
