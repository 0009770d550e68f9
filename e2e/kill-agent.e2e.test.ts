/** Invariant 7 on the agent's side: killed at any call of the API server or of git, and started again, it converges. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planeKey, type PlaneId } from "../schemas/layout.ts";
import { cellNamespace } from "../schemas/names.ts";
import { auditOffset, readAudit } from "./clusters/audit.ts";
import { readKubeconfig } from "./clusters/kubeconfig.ts";
import { type ApiProxy, isWatch, openApiProxy } from "./faults/api-proxy.ts";
import { armKill } from "./faults/armed-kill.ts";
import { type FaultMoment, type GitFaults, openGitFaults } from "./faults/git-faults.ts";
import { Rounds } from "./faults/round.ts";
import { liveObjects } from "./platform/live-objects.ts";
import {
  diesInRound,
  isHealthy,
  openTestPlatform,
  sharedAuditLog,
  sharedKubeconfig,
  type TestPlatform,
  waitUntilApplied,
} from "./platform/test-platform.ts";

const organization = "killagent";
const plane: PlaneId = { kind: "data", organization, name: "main" };
const agent = `agent-${planeKey(plane)}`;
const namespace = cellNamespace({ organization, project: "shop", environment: "development" });
/** More calls than a round has means that something is done again and again. */
const mostCalls = 60;

describe.skipIf(sharedKubeconfig === undefined)("the agent, killed at each await", () => {
  let platform: TestPlatform;
  let gitFaults: GitFaults;
  let api: ApiProxy;
  let rounds: Rounds;
  let auditedFrom: number | undefined;

  beforeAll(async () => {
    platform = await openTestPlatform();
    gitFaults = await openGitFaults(`${platform.folder}/git-faults`);
    api = await openApiProxy(await readKubeconfig(sharedKubeconfig ?? ""), platform.folder);
    auditedFrom = sharedAuditLog === undefined ? undefined : await auditOffset(sharedAuditLog);
    rounds = new Rounds(platform.specs, organization);
    await rounds.begin();
    await platform.specs.push();
    await platform.startAgent(plane, {
      kubeconfigPath: api.kubeconfigPath,
      environment: { PATH: gitFaults.path },
    });
    await waitUntilApplied(platform, plane);
  });
  afterAll(async () => {
    await api[Symbol.asyncDispose]();
    await platform[Symbol.asyncDispose]();
  });

  async function converges(): Promise<void> {
    await waitUntilApplied(platform, plane, isHealthy);
    const live = await liveObjects(platform.cluster, plane);
    expect([...live.keys()].toSorted()).toEqual(rounds.objectIds);
    const deployment = JSON.stringify(
      await platform.cluster.get(`/apis/apps/v1/namespaces/${namespace}/deployments/api`),
    );
    expect(deployment).toContain(`"image":"${rounds.image}"`);
  }

  async function killedRound(arm: (call: number) => Promise<void>, disarm: () => Promise<unknown>): Promise<number> {
    let killed = 0;
    for (let call = 1; call <= mostCalls; call += 1) {
      const specs = await rounds.next();
      await arm(call);
      await platform.specs.push();
      const hasDiedInRound = await diesInRound(platform, agent, { plane, specs });
      const died = (await disarm()) === true || hasDiedInRound;
      if (died) {
        killed += 1;
        await platform.processes.startAgain(agent);
      }
      await converges();
      if (!died) return killed;
    }
    throw new Error(`a round still has more than ${mostCalls} calls`);
  }

  test.for(["before", "after"] as const)(
    "converges when killed %s each request to the API server",
    { timeout: 900_000 },
    async (moment) => {
      let armed = armKill(platform.processes, agent);
      const killed = await killedRound(
        async (call) => {
          let calls = 0;
          armed = armKill(platform.processes, agent);
          await api.set({
            kind: "fatal",
            moment,
            kill: armed.kill,
            isFatal: (asked) => {
              if (!isWatch(asked)) calls += 1;
              return !isWatch(asked) && calls === call;
            },
          });
        },
        async () => {
          const hasStruck = armed.disarm();
          await api.set(undefined);
          return hasStruck;
        },
      );
      process.stderr.write(`agent killed ${moment} each of ${killed} API requests of a round: converged each time\n`);
      expect(killed).toBeGreaterThanOrEqual(6);
    },
  );

  test.for<FaultMoment>(["before", "during", "after"])(
    "converges when killed %s each call of git",
    { timeout: 900_000 },
    async (moment) => {
      let killed = 0;
      // A round needs no call where processes of git still wait from the one before.
      for (let tries = 0; killed === 0 && tries < 5; tries += 1)
        killed = await killedRound((call) => gitFaults.arm(call, moment), gitFaults.disarm);
      process.stderr.write(`agent killed ${moment} each of ${killed} git calls of a round: converged each time\n`);
      // Small packs travel without a process; agent-kills.e2e.test.ts dies at the requests that carry them.
      expect(killed).toBeGreaterThanOrEqual(1);
    },
  );

  test.skipIf(sharedAuditLog === undefined)("deleted nothing but the components that were taken away", async () => {
    const requests = await readAudit({
      auditLogPath: sharedAuditLog ?? "",
      sinceBytes: auditedFrom ?? 0,
      userAgentPrefix: "gitplane-agent",
      verb: "delete",
    });
    const deleted = requests
      .filter(({ userAgent }) => userAgent.includes(organization))
      .map(({ url }) => url.split("?")[0] ?? "");
    expect(deleted.length).toBeGreaterThan(0);
    // The ways in at them are the caller's, and go when it connects to the other.
    const taken =
      /\/namespaces\/[^/]+\/(services\/|deployments\/|networkpolicies\/from-shop-api-to-)(even|odd)(-8080-tcp-[0-9a-f]{8})?$/;
    expect(deleted.filter((url) => !taken.test(url))).toEqual([]);
  });
});
