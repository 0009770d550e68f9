/** Invariant 7 on the control plane's side: killed at any call of git and started again, its state is what a fresh render gives. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PlaneId } from "../schemas/layout.ts";
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
    const died = await diesInRound(platform, controlProgram, { plane, specs });
    await faults.disarm();
    if (died) {
      await platform.processes.startAgain(controlProgram);
      await waitForControlPlane(platform.processes, platform.control.dataDir, AbortSignal.timeout(20_000));
    }
    if (!isPushed) await platform.specs.push();
    await expectConverged(specs);
    return died;
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
});
