/**
 * Invariant 7 on the control plane's side: killed at any call of git, or at any moment of a round, and started again, its state
 * is what a fresh render gives. Who calls git is the host, or the process that it runs the reconcile loop in and starts again
 * itself; between its few calls of git that one is killed at random.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sleep } from "../process/backoff.ts";
import { type PlaneId, planeRef, specsRef } from "../schemas/layout.ts";
import { poll } from "./clusters/poll.ts";
import { type FaultMoment, type GitFaults, openGitFaults } from "./faults/git-faults.ts";
import { Rounds } from "./faults/round.ts";
import { controlProgram, waitForControlPlane } from "./platform/control-plane.ts";
import { expectFreshRender } from "./platform/fresh-render.ts";
import {
  diesInRound,
  openTestPlatform,
  sharedKubeconfig,
  type TestPlatform,
  waitForStateCommit,
  waitUntilApplied,
} from "./platform/test-platform.ts";

const organization = "killcontrol";
const plane: PlaneId = { kind: "data", organization, name: "main" };
const mostCalls = 60;
const randomKills = 40;

describe.skipIf(sharedKubeconfig === undefined)("the control plane, killed at each await", () => {
  let platform: TestPlatform;
  let faults: GitFaults;
  let rounds: Rounds;

  beforeAll(async () => {
    platform = await openTestPlatform();
    faults = await openGitFaults(join(platform.folder, "git-faults"));
    await platform.processes.startAgain(controlProgram, { PATH: faults.path });
    await waitForControlPlane(platform.processes, platform.control.dataDir, AbortSignal.timeout(20_000));
    rounds = new Rounds(platform.specs, organization);
    await rounds.begin();
    await platform.specs.push();
    await platform.startAgent(plane);
    await waitUntilApplied(platform, plane);
  });
  afterAll(async () => platform[Symbol.asyncDispose]());

  /** The plane's branch holds exactly what a render from scratch gives, on one line of commits. */
  async function expectConverged(specs: string): Promise<void> {
    await waitForStateCommit(platform, plane, specs);
    const repository = await platform.planeRepository(plane);
    await expectFreshRender({ repository, plane }, { specs: platform.specs.folder, folder: platform.folder });
  }

  /** Kills at call after call until a round has no more; answers how many there were. */
  async function killEach(moment: FaultMoment): Promise<number> {
    for (let call = 1; call <= mostCalls; call += 1) {
      if (!(await killedRound(call, moment))) return call - 1;
    }
    throw new Error(`a round still has more than ${mostCalls} calls`);
  }

  /** False when the round ended before it came to this call. */
  async function killedRound(call: number, moment: FaultMoment): Promise<boolean> {
    const specs = await rounds.next();
    await faults.arm(call, moment);
    // A push that the dying host breaks is pushed again by its author, as any person would.
    const isPushed = await platform.specs.push().then(
      () => true,
      () => false,
    );
    const hasHostDied = await diesInRound(platform, controlProgram, { plane, specs });
    const calls = await faults.disarm();
    if (hasHostDied) {
      await platform.processes.startAgain(controlProgram);
      await waitForControlPlane(platform.processes, platform.control.dataDir, AbortSignal.timeout(20_000));
    }
    if (!isPushed) await platform.specs.push();
    await expectConverged(specs);
    return calls >= call;
  }

  /** The process that reconciles now, once it runs. */
  async function reconcilePid(): Promise<number> {
    return poll({
      what: "the reconcile process",
      timeoutMs: 20_000,
      signal: new AbortController().signal,
      probe: async () => {
        const log = await platform.processes.log(controlProgram);
        const pid = Number([...log.matchAll(/"pid":(\d+),.*the reconcile process runs/g)].at(-1)?.[1] ?? 0);
        return existsSync(`/proc/${pid}/stat`) ? pid : undefined;
      },
    });
  }

  /** Resolves as soon as the host has the pushed revision. */
  async function specsMoved(specs: string): Promise<void> {
    const file = join(platform.folder, "control", "repositories", "specs.git", ...specsRef.split("/"));
    while ((await readFile(file, "utf8").catch(() => "")).trim() !== specs) await sleep(0);
  }

  /** Kills the reconcile process this long after a push moved the specs; whether the plane's branch had followed by then. */
  async function killAfterPush(afterMs: number): Promise<boolean> {
    const specs = await rounds.next();
    const pid = await reconcilePid();
    const repository = await platform.planeRepository(plane);
    const before = await repository.readRef(planeRef(plane));
    const pushed = platform.specs.push();
    await specsMoved(specs);
    await sleep(afterMs);
    process.kill(pid, "SIGKILL");
    const hadFollowed = (await repository.readRef(planeRef(plane))) !== before;
    await pushed;
    await expectConverged(specs);
    return hadFollowed;
  }

  test.for<FaultMoment>(["before", "during", "after"])(
    "converges when killed %s each call of git",
    { timeout: 900_000 },
    async (moment) => {
      const killed = await killEach(moment);
      await waitUntilApplied(platform, plane);
      process.stderr.write(
        `control plane killed ${moment} each of ${killed} git calls of a round: converged each time\n`,
      );
      expect(killed).toBeGreaterThanOrEqual(5);
    },
  );

  test(
    "converges when its reconcile process is killed at random moments after a push",
    { timeout: 900_000 },
    async () => {
      // Follows the round's length, so that about every second kill comes before the branch moves.
      let windowMs = 60;
      let followed = 0;
      for (let kill = 1; kill <= randomKills; kill += 1) {
        const hadFollowed = await killAfterPush(Math.random() * windowMs);
        windowMs *= hadFollowed ? 0.9 : 1.1;
        if (hadFollowed) followed += 1;
      }
      await waitUntilApplied(platform, plane);
      process.stderr.write(
        `reconcile process killed ${randomKills} times after a push, ${followed} of them after the branch had moved: converged each time\n`,
      );
      expect(followed).toBeGreaterThan(0);
      expect(followed).toBeLessThan(randomKills);
    },
  );
});
