/**
 * C54 where one object takes several calls: the healing of drift, a replacement, and a deletion that a finalizer holds up.
 * The agent is killed at each request in turn; every life must end in the same state, with each delete sent exactly once.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sleep } from "../process/backoff.ts";
import type { KubernetesObject } from "../schemas/object-id.ts";
import { objectAnnotations } from "../schemas/object-annotations.ts";
import {
  type AgentBed,
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
import { type Asked, isWatch } from "./faults/api-proxy.ts";
import { armKill } from "./faults/armed-kill.ts";
import { sharedKubeconfig } from "./platform/test-platform.ts";

/** More requests than any of these takes mean that something is done again and again. */
const mostCalls = 30;

describe.skipIf(sharedKubeconfig === undefined)("the agent, killed in the middle", () => {
  let bed: AgentBed;
  let witness: Witness;

  beforeAll(async () => {
    bed = await openAgentBed({ organization: "kills" });
    witness = await openWitness(bed);
    await bed.feed.publish({ ...cellOf(bed), [webPath]: [configMap(bed, "kept")] });
    await bed.start();
    await untilApplied(bed);
  });
  afterAll(async () => bed[Symbol.asyncDispose]());

  /** Kills at the request of this number; whether there were so many before `isDone`. */
  async function dies(call: number, moment: "before" | "after", isDone: () => Promise<boolean>): Promise<boolean> {
    // What is asked again and again while something is waited for counts once.
    const seen = new Set<string>();
    const isFatal = (asked: Asked): boolean => {
      const before = seen.size;
      if (!isWatch(asked)) seen.add(`${asked.method} ${asked.url}`);
      return seen.size > before && seen.size === call;
    };
    const { kill, disarm } = armKill(bed.processes, "agent");
    await bed.api.set({ kind: "fatal", moment, isFatal, kill });
    const survived = until(bed, "the work to be done or its death", async () => ((await isDone()) ? true : undefined));
    survived.catch(() => undefined);
    // What is done is not yet all that is sent: what follows it is waited for.
    const lived = survived.then(async () => sleep(500));
    await Promise.race([bed.processes.exited("agent"), lived]);
    return disarm();
  }

  async function revive(): Promise<void> {
    await bed.api.set(undefined);
    await bed.processes.startAgain("agent");
  }

  test.for(["before", "after"] as const)(
    "of a round, %s each request to the Git server, reports it",
    async (moment) => {
      let killed = 0;
      for (let call = 1; ; call += 1) {
        expect(call).toBeLessThan(mostCalls);
        const { kill, disarm } = armKill(bed.processes, "agent");
        const revision = await bed.feed.publish({
          ...cellOf(bed),
          [webPath]: [configMap(bed, "kept", `${moment}${call}`)],
        });
        bed.git.set(repositoryName, { kind: "fatal", call, moment, kill });
        const done = until(bed, "the round to be told", async () => ((await isToldApplied(bed)) ? true : undefined));
        done.catch(() => undefined);
        await Promise.race([bed.processes.exited("agent"), done]);
        // The next poll of a round that was told would be one request more.
        const isDead = disarm();
        bed.git.set(repositoryName, undefined);
        if (isDead) {
          killed += 1;
          await bed.processes.startAgain("agent");
        }
        const told = await untilApplied(bed);
        expect(told.plane?.appliedRevision).toBe(revision);
        await untilValue(bed, "kept", `${moment}${call}`);
        if (!isDead) break;
      }
      process.stderr.write(
        `killed ${moment} each of ${killed} Git requests of a round: converged and told each time\n`,
      );
      expect(killed).toBeGreaterThanOrEqual(3);
      await witness.expectDeleted([]);
      await bed.feed.publish({ ...cellOf(bed), [webPath]: [configMap(bed, "kept")] });
      await untilApplied(bed);
    },
  );

  const drifted: string[] = [];

  test.for(["before", "after"] as const)("of healing drift, %s each request, heals it", async (moment) => {
    let killed = 0;
    for (let call = 1; ; call += 1) {
      expect(call).toBeLessThan(mostCalls);
      const name = `${moment}-${call}`;
      drifted.push(name);
      await bed.feed.publish({
        ...cellOf(bed),
        [webPath]: [configMap(bed, "kept"), ...drifted.map((each) => configMap(bed, each))],
      });
      await untilApplied(bed);
      await bed.api.set(undefined);
      let isChanged = false;
      const dead = dies(call, moment, async () => isChanged && (await valueOf(bed, name)) === "1");
      await bed.cluster.request({
        method: "PATCH",
        path: `/api/v1/namespaces/${bed.namespace}/configmaps/${name}`,
        contentType: "application/merge-patch+json",
        body: { data: { value: "theirs" } },
      });
      isChanged = true;
      const isDead = await dead;
      if (isDead) {
        killed += 1;
        await revive();
      }
      await untilValue(bed, name, "1");
      if (!isDead) break;
    }
    await bed.api.set(undefined);
    process.stderr.write(`killed ${moment} each of ${killed} requests of a healing: healed each time\n`);
    expect(killed).toBeGreaterThanOrEqual(2);
    await witness.expectDeleted([]);
  });

  const sealed = (value: string): KubernetesObject => {
    const plain = configMap(bed, "sealed", value);
    const metadata = { ...plain.metadata, annotations: { [objectAnnotations.replace]: "allowed" } };
    return { ...plain, metadata, immutable: true };
  };

  test("of a replacement, after each request, has replaced it once", async () => {
    const tree = (value: string) => ({ ...cellOf(bed), [webPath]: [configMap(bed, "kept"), sealed(value)] });
    await bed.feed.publish(tree("0"));
    await untilApplied(bed);
    const before = await witness.deleted();
    let killed = 0;
    for (let call = 1; ; call += 1) {
      expect(call).toBeLessThan(mostCalls);
      const { tip } = bed.feed;
      const dead = dies(call, "after", async () => bed.feed.tip !== tip && (await isToldApplied(bed)));
      await bed.feed.publish(tree(String(call)));
      const isDead = await dead;
      if (isDead) {
        killed += 1;
        await revive();
      }
      await untilApplied(bed);
      await untilValue(bed, "sealed", String(call));
      await witness.expectDeleted([...before, ...Array.from({ length: call }, () => "sealed")]);
      if (!isDead) break;
    }
    await bed.api.set(undefined);
    process.stderr.write(`killed after each of ${killed} requests of a replacement: deleted once each time\n`);
    expect(killed).toBeGreaterThanOrEqual(4);
  });

  test("of a deletion that a finalizer holds up, after each request, deletes it once and nothing else", async () => {
    const finalizers = ["gitplane.test/hold"];
    let killed = 0;
    for (let call = 1; ; call += 1) {
      expect(call).toBeLessThan(mostCalls);
      const name = `held-${call}`;
      const path = `/api/v1/namespaces/${bed.namespace}/configmaps/${name}`;
      const patch = (body: unknown) =>
        bed.cluster.request({ method: "PATCH", path, contentType: "application/merge-patch+json", body });
      await bed.feed.publish({ ...cellOf(bed), [webPath]: [configMap(bed, "kept"), configMap(bed, name)] });
      await untilApplied(bed);
      await patch({ metadata: { finalizers } });
      const before = await witness.deleted();
      const { tip } = bed.feed;
      const dead = dies(call, "after", async () => bed.feed.tip !== tip && (await isToldApplied(bed)));
      await bed.feed.publish({ ...cellOf(bed), [webPath]: [configMap(bed, "kept")] });
      const isDead = await dead;
      if (isDead) {
        killed += 1;
        await revive();
      }
      await until(bed, "the wait for the finalizer to be told", async () => {
        const told = await readTold(bed);
        const reason = told.releases.get(webPath)?.reason ?? "";
        return told.plane?.appliedRevision === bed.feed.tip && reason.includes(finalizers[0] ?? "") ? true : undefined;
      });
      const live = (await bed.cluster.get(path)) as { readonly metadata: { readonly deletionTimestamp?: string } };
      expect(live.metadata.deletionTimestamp).toBeDefined();
      await witness.expectDeleted([...before, name].toSorted());
      await patch({ metadata: { finalizers: null } });
      await untilValue(bed, name, undefined);
      await untilApplied(bed);
      await bed.api.set(undefined);
      if (!isDead) break;
    }
    process.stderr.write(`killed after each of ${killed} requests of a held deletion: deleted once each time\n`);
    expect(killed).toBeGreaterThanOrEqual(3);
  });
});

async function isToldApplied(bed: AgentBed): Promise<boolean> {
  return (await readTold(bed)).plane?.appliedRevision === bed.feed.tip;
}
