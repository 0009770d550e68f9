/** What a Git server does wrong to an agent: the last good state stays enforced, and the newest follows by itself. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sleep } from "../process/backoff.ts";
import { planeRef } from "../schemas/layout.ts";
import {
  type AgentBed,
  agentToken,
  apiPath,
  cellOf,
  configMap,
  openAgentBed,
  openWitness,
  readTold,
  repositoryName,
  until,
  untilApplied,
  untilValue,
  valueOf,
  webPath,
  type Witness,
} from "./faults/agent-bed.ts";
import type { GitFault } from "./faults/git-proxy.ts";
import { linesOf } from "./platform/remote-platform.ts";
import { sharedKubeconfig } from "./platform/test-platform.ts";

describe.skipIf(sharedKubeconfig === undefined)("an agent whose Git server", () => {
  let bed: AgentBed;
  let witness: Witness;
  let round = 0;

  beforeAll(async () => {
    bed = await openAgentBed({ organization: "gitfaults" });
    witness = await openWitness(bed);
    await publish();
    await bed.start();
    await untilApplied(bed);
  });
  afterAll(async () => bed[Symbol.asyncDispose]());

  async function publish(): Promise<string> {
    round += 1;
    return bed.feed.publish(tree(round));
  }
  /** One for each fault: what is deleted twice in a minute is disputed, and left alone for the rest of it. */
  const keepers = ["slow", "down", "503", "401", "garbage", "corrupt", "cut"];
  const tree = (number: number) => ({
    ...cellOf(bed),
    [webPath]: [configMap(bed, "changing", String(number)), ...keepers.map((name) => configMap(bed, name))],
  });

  const faults: readonly (readonly [what: string, fault: GitFault])[] = [
    ["is slow", { kind: "slow", ms: 700 }],
    ["is down", { kind: "down" }],
    ["answers 503", { kind: "error", status: 503 }],
    ["answers 401", { kind: "error", status: 401 }],
    ["answers garbage", { kind: "garbage" }],
    ["sends objects that are corrupt", { kind: "corrupt" }],
    ["breaks off its answers", { kind: "cut" }],
  ];

  test.for(faults)("C17 %s is outlived: drift is healed meanwhile", async ([, fault]) => {
    const pid = bed.processes.pids.get("agent");
    const keeper = fault.kind === "error" ? String(fault.status) : fault.kind;
    bed.git.set(repositoryName, fault);
    await publish();
    await bed.cluster.remove(`/api/v1/namespaces/${bed.namespace}/configmaps/${keeper}`);
    await untilValue(bed, keeper, "1");
    await until(bed, "the fault to be met", async () => (bed.git.hits() >= 3 ? true : undefined));
    // What is late, or spoiled in a part that nobody needs, may have been applied by now; nothing else can have been.
    const mayPass = ["slow", "cut", "corrupt"].includes(fault.kind);
    const before = String(round - 1);
    expect(mayPass ? [before, String(round)] : [before]).toContain(await valueOf(bed, "changing"));
    bed.git.set(repositoryName, undefined);
    await untilApplied(bed);
    expect(await valueOf(bed, "changing")).toBe(String(round));
    expect(bed.processes.pids.get("agent")).toBe(pid);
    expect(await bed.processes.log("agent")).not.toContain(agentToken);
    await witness.expectDeleted([]);
  });

  test("C60 closes every wake-up stream at once is polled, and not asked again and again", async () => {
    let streams = 0;
    const host = createServer((_, response) => {
      streams += 1;
      response.writeHead(200, { "content-type": "text/event-stream" }).end();
    }).listen(0, "127.0.0.1");
    await once(host, "listening");
    const { port } = host.address() as AddressInfo; // listening on TCP
    await bed.processes.stop("agent");
    await bed.start({
      name: "woken",
      data: join(bed.folder, "data", "agent"),
      wakeUrl: `http://127.0.0.1:${port}/wake`,
    });
    await publish();
    await untilApplied(bed);
    await sleep(5000);
    await bed.processes.stop("woken");
    host.close();
    expect(streams).toBeGreaterThan(0);
    expect(streams).toBeLessThan(12);
    await bed.start();
  });

  test("C15 rewinds the branch, or begins it anew, is refused until a person recovered", async () => {
    const good = (await readTold(bed)).plane?.appliedRevision;
    const ref = planeRef(bed.plane);
    const move = async (next: string): Promise<void> => {
      await bed.repository.push("refs/heads/other", { expect: undefined, next });
      const { runCommand } = await import("./clusters/run-command.ts");
      const signal = AbortSignal.timeout(10_000);
      const args = [`--git-dir=${bed.repositoryPath}`, "update-ref", ref, next];
      await runCommand({ command: "git", arguments: args, environment: { PATH: process.env["PATH"] }, signal });
    };
    const parent = (await bed.repository.readCommit(good ?? "")).parents[0] ?? "";
    await move(parent);
    const rewound = await until(bed, "the refusal", async () => (await readTold(bed)).plane?.refused);
    expect(rewound).toEqual({ revision: parent, reason: `it does not descend from ${good}` });

    // The plane rebuilt from zero, and without most of what it held.
    const root = await bed.feed.commit(
      { ...cellOf(bed), [apiPath]: [configMap(bed, "api")] },
      { parent: undefined, sequence: 1 },
    );
    await bed.repository.push("refs/heads/zero", { expect: undefined, next: root });
    await move(root).catch(() => undefined);
    await until(bed, "the second refusal", async () =>
      (await readTold(bed)).plane?.refused?.revision === root ? true : undefined,
    );
    await bed.processes.startAgain("agent");
    await sleep(2000);
    expect(await valueOf(bed, "changing")).toBe(String(round));
    expect(await valueOf(bed, "slow")).toBe("1");
    await witness.expectDeleted([]);

    const recovers = [good ?? ""];
    const sequence = round + 10;
    round += 1;
    await bed.feed.publish(tree(round), { sequence, recovers });
    await untilApplied(bed);
    expect(await valueOf(bed, "changing")).toBe(String(round));
    await witness.expectDeleted([]);
    await publish();
    await untilApplied(bed);
  });

  test("C22 C64 was out of reach for 500 commits: one jump to the head", { timeout: 240_000 }, async () => {
    await bed.processes.stop("agent");
    const before = linesOf(await bed.processes.log("agent"), /applied the revision/).length;
    const appliedUntil = await openWitness(bed);
    for (let commit = 0; commit < 500; commit += 1) await publish();
    await bed.start();
    await untilApplied(bed);
    expect(await valueOf(bed, "changing")).toBe(String(round));
    const applied = linesOf(await bed.processes.log("agent"), /applied the revision/).length - before;
    expect(applied).toBe(1);
    const writes = await appliedUntil.writes();
    process.stderr.write(`500 commits while away: 1 revision applied, ${writes.length} writes\n`);
    // So many revisions are not gone through one by one: every object is tried and applied once, and the record written.
    expect(writes.length).toBeLessThanOrEqual(2 * (keepers.length + 2) + 2);
  });
});
