/** What happens to an agent on its own machine: its disk, its clock, its volume, and a second one that has its name. */
import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sleep } from "../process/backoff.ts";
import { freePorts } from "./clusters/ports.ts";
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
  untilSaid,
  untilValue,
  valueOf,
  webPath,
} from "./faults/agent-bed.ts";
import { mountSmallDisk } from "./faults/small-disk.ts";
import { sourcePath } from "./platform/node-program.ts";
import { linesOf } from "./platform/remote-platform.ts";
import { sharedKubeconfig } from "./platform/test-platform.ts";

const treeOf = (bed: AgentBed, value: string, ...names: readonly string[]) => ({
  ...cellOf(bed),
  [webPath]: [configMap(bed, "changing", value), ...names.map((name) => configMap(bed, name))],
});

const removeByHand = async ({ cluster, namespace }: AgentBed, name: string): Promise<void> =>
  void (await cluster.remove(`/api/v1/namespaces/${namespace}/configmaps/${name}`));

describe.skipIf(sharedKubeconfig === undefined)("an agent", () => {
  test.for(["full", "read-only"] as const)(
    "C66 whose disk is %s goes on enforcing, and goes on when there is room",
    async (state, { skip }) => {
      await using stack = new AsyncDisposableStack();
      const bed = stack.use(await openAgentBed({ organization: `disk${state.slice(0, 4)}` }));
      const disk = await mountSmallDisk(join(bed.folder, "disk"), 16);
      if (disk === undefined) return skip();
      stack.use(disk);
      const witness = await openWitness(bed);
      const data = disk.folder;
      await bed.feed.publish(treeOf(bed, "1", "one", "two", "gone"));
      await bed.start({ data });
      await untilApplied(bed);
      const pid = bed.processes.pids.get("agent");
      if (state === "full") await disk.fill();
      else await until(bed, "the disk to be sealed", async () => ((await disk.seal(true)) ? true : undefined));
      await bed.feed.publish(treeOf(bed, "2", "one", "two"));
      await untilSaid(bed, /cannot fetch|cannot be read/);
      await removeByHand(bed, "one");
      await untilValue(bed, "one", "1");
      expect(bed.processes.pids.get("agent")).toBe(pid);
      await witness.expectDeleted([]);

      // Nor does one that starts like that.
      await bed.processes.startAgain("agent");
      await removeByHand(bed, "two");
      await untilValue(bed, "two", "1");
      expect(await valueOf(bed, "gone")).toBe("1");
      if (state === "full") await disk.free();
      else await disk.seal(false);
      await untilApplied(bed);
      await untilValue(bed, "changing", "2");
      await untilValue(bed, "gone", undefined);
      await witness.expectDeleted(["gone"]);
      await bed.processes.stop("agent");
    },
  );

  test("whose clock jumps decides nothing by it", async () => {
    await using bed = await openAgentBed({ organization: "clock" });
    const witness = await openWitness(bed);
    await bed.feed.publish(treeOf(bed, "1", "kept", "gone"));
    await bed.start({ environment: { NODE_OPTIONS: `--import=${sourcePath("e2e/faults/jumping-clock.ts")}` } });
    await untilApplied(bed);
    const seen = new Set<string>();
    for (let value = 2; value < 6; value += 1) {
      await bed.feed.publish(treeOf(bed, String(value), "kept"));
      const { plane } = await untilApplied(bed);
      seen.add(plane?.lastSeen.slice(0, 4) ?? "");
      expect(await valueOf(bed, "changing")).toBe(String(value));
    }
    await removeByHand(bed, "kept");
    await untilValue(bed, "kept", "1");
    await untilValue(bed, "gone", undefined);
    await witness.expectDeleted(["gone"]);
    // It did jump.
    expect([...seen].some((year) => Math.abs(Number(year) - new Date().getFullYear()) > 5)).toBe(true);
  });

  test("started without Git enforces what its volume holds, and without a volume waits for Git", async () => {
    await using bed = await openAgentBed({ organization: "nogit" });
    await bed.feed.publish(treeOf(bed, "1", "one", "two"));
    await bed.start();
    await untilApplied(bed);
    await bed.processes.kill("agent");
    bed.git.set(repositoryName, { kind: "down" });
    await bed.feed.publish(treeOf(bed, "2", "one", "two"));
    await removeByHand(bed, "one");
    await bed.processes.startAgain("agent");
    await untilValue(bed, "one", "1");
    await removeByHand(bed, "two");
    await untilValue(bed, "two", "1");
    expect(await valueOf(bed, "changing")).toBe("1");

    await bed.processes.kill("agent");
    await rm(join(bed.folder, "data"), { recursive: true });
    await mkdir(join(bed.folder, "data"));
    const witness = await openWitness(bed);
    await removeByHand(bed, "one");
    await bed.processes.startAgain("agent");
    await untilSaid(bed, /the repository is not reachable/);
    await sleep(3000);
    expect(await witness.writes()).toEqual([]);
    bed.git.set(repositoryName, undefined);
    await untilApplied(bed);
    await untilValue(bed, "one", "1");
    expect(await valueOf(bed, "changing")).toBe("2");
    await witness.expectDeleted([]);
  });
});

describe.skipIf(sharedKubeconfig === undefined)("C55 two agents with one identity", () => {
  test("write one at a time: the second goes read-only, takes over when the first is gone, and tells", async () => {
    await using bed = await openAgentBed({ organization: "twins" });
    const witness = await openWitness(bed);
    const [port = 0] = await freePorts(1);
    const applied = async (name: string): Promise<number> =>
      linesOf(await bed.processes.log(name), /applied the revision/).length;
    const standsBy = /two run with one identity; this one writes nothing/;
    await bed.feed.publish(treeOf(bed, "1", "kept"));
    await bed.start();
    await untilApplied(bed);
    await bed.start({ name: "second", flags: ["--metrics-address", `127.0.0.1:${port}`] });
    await untilSaid(bed, standsBy, "second");
    const isStandingBy = async (): Promise<boolean> => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return /^gitplane_agent_stands_by 1$/m.test(text);
    };
    expect(await isStandingBy()).toBe(true);
    await bed.feed.publish(treeOf(bed, "2", "kept"));
    const { plane: first } = await untilApplied(bed);
    await removeByHand(bed, "kept");
    await untilValue(bed, "kept", "1");
    expect([await applied("agent"), await applied("second")]).toEqual([2, 0]);
    expect(linesOf(await bed.processes.log("agent"), /brought back/)).toHaveLength(1);
    expect(linesOf(await bed.processes.log("second"), /brought back/)).toHaveLength(0);

    await bed.processes.kill("agent");
    await bed.feed.publish(treeOf(bed, "3", "kept"));
    const { plane: second } = await untilApplied(bed);
    expect(second?.instance).not.toBe(first?.instance);
    expect(second?.term).toBe((first?.term ?? 0) + 1);
    expect(await isStandingBy()).toBe(false);

    // The first comes back on its volume, and finds that it is the second now.
    await bed.processes.startAgain("agent");
    const before = await applied("agent");
    await until(bed, "the first to stand by", async () =>
      linesOf(await bed.processes.log("agent"), standsBy).length > 0 ? true : undefined,
    );
    await bed.feed.publish(treeOf(bed, "4", "kept"));
    await untilApplied(bed);
    expect(await applied("agent")).toBe(before);
    expect(await bed.processes.stop("agent")).toBe(8);

    // A clone of the volume cannot be told from its owner that was killed: the newer one writes, and the older one stops.
    await cp(join(bed.folder, "data", "second"), join(bed.folder, "data", "clone"), { recursive: true });
    await bed.start({ name: "clone" });
    await until(bed, "the older one to stop", async () => ((await isStandingBy()) ? true : undefined));
    const beforeLast = await applied("second");
    await bed.feed.publish(treeOf(bed, "5", "kept"));
    await untilApplied(bed);
    expect([await applied("second"), (await readTold(bed)).plane?.term]).toEqual([beforeLast, (second?.term ?? 0) + 1]);
    expect(await bed.processes.stop("clone")).toBe(0);
    await bed.feed.publish(treeOf(bed, "6", "kept"));
    await untilApplied(bed);
    await witness.expectDeleted([]);
  });
});
