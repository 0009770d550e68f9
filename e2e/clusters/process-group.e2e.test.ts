import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import { poll } from "./poll.ts";
import { openProcessGroup, type ProcessGroup, type Program } from "./process-group.ts";
import { processIdentity } from "./process-identity.ts";

const signal = AbortSignal.timeout(60_000);
const untilKilled = "setInterval(() => undefined, 1000); process.stdout.write('up\\n');";

let folder: string;
let logsFolder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gitplane-group-"));
  logsFolder = join(folder, "logs");
  await mkdir(logsFolder);
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("programs stop in waves, by force where asking does not help, and none is left", async () => {
  const group = await openProcessGroup({ folder, logsFolder, signal });
  await startAndAwait(group, program("stubborn", `process.on("SIGTERM", () => console.log("no")); ${untilKilled}`));
  await startAndAwait(group, program("meek", `process.on("SIGTERM", () => process.exit(0)); ${untilKilled}`));
  const pids = [...group.pids.values()];
  expect([...group.pids.keys()]).toEqual(["stubborn", "meek"]);
  await group.stop([["meek"], ["stubborn"]]);
  expect(await Promise.all(pids.map(processIdentity))).toEqual([undefined, undefined]);
  expect(await readFile(join(logsFolder, "stubborn.log"), "utf8")).toBe("up\nno\n");
  expect(group.ended.aborted).toBe(false);
});

test("a program that ends unasked is reported with the end of its log", async () => {
  const group = await openProcessGroup({ folder, logsFolder, signal });
  await group.start(program("brief", `console.log("no room"); process.exitCode = 7;`));
  await new Promise((resolve) => group.ended.addEventListener("abort", resolve));
  expect(group.ended.reason).toMatchObject({ code: "program-exited" });
  expect(String(group.ended.reason)).toMatch(/brief ended with exit code 7; the end of .*brief\.log:\nno room/u);
  await group.stop([]);
});

test("a restarted program is another process and not an end", async () => {
  const group = await openProcessGroup({ folder, logsFolder, signal });
  await startAndAwait(group, program("lively", untilKilled));
  const before = group.pids.get("lively");
  await group.restart("lively");
  expect(group.pids.get("lively")).not.toBe(before);
  expect(group.ended.aborted).toBe(false);
  await group.stop([]);
});

test("a folder whose owner lives is refused, and nothing there is touched", async () => {
  const group = await openProcessGroup({ folder, logsFolder, signal });
  await startAndAwait(group, program("lively", untilKilled));
  await expect(openProcessGroup({ folder, logsFolder, signal })).rejects.toMatchObject({ code: "folder-in-use" });
  expect(await processIdentity(group.pids.get("lively") ?? 0)).toBeDefined();
  await group.stop([]);
});

test("leftovers of a dead owner are killed, but not a stranger who has the process id now", async () => {
  const group = await openProcessGroup({ folder, logsFolder, signal });
  await startAndAwait(group, program("leftover", untilKilled));
  await startAndAwait(group, program("stranger", untilKilled));
  const path = join(folder, "processes.json");
  const record = (await readFile(path, "utf8")).replace(
    /("name": "(?:owner|stranger)",\s+"pid": \d+,\s+"identity": ")/gu,
    "$1old",
  );
  await writeFile(path, record);
  const [leftover = 0, stranger = 0] = group.pids.values();
  const next = await openProcessGroup({ folder, logsFolder, signal });
  expect(await processIdentity(leftover)).toBeUndefined();
  expect(await processIdentity(stranger)).toBeDefined();
  await group.stop([]);
  await next.stop([]);
});

function program(name: string, script: string): Program {
  return { name, path: process.execPath, arguments: ["--eval", script], environment: {} };
}

/** Until it has said that its handlers are in place. */
async function startAndAwait(group: ProcessGroup, program: Program): Promise<void> {
  await group.start(program);
  await poll({
    what: program.name,
    timeoutMs: 10_000,
    signal,
    probe: async () =>
      (await readFile(join(logsFolder, `${program.name}.log`), "utf8")).includes("up") ? true : undefined,
  });
}
