import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGitServer } from "../git/git-server.contract.ts";

const WRITER = join(import.meta.dirname, "git-engine-writer.ts");

describe("the native git engine among processes", () => {
  let root = "";
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "git-engine-"));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it("loses no commit of three processes that share a repository", async () => {
    const path = join(root, "shared.git");
    const writers = ["a", "b", "c"].map((name) => startWriter([path, name, "15"]));
    for (const writer of writers) expect(await writer.ended).toBe(0);
    expectOneLine(path, 45);
  });

  it("C61 loses no commit of three processes that push to one server", async () => {
    const path = join(root, "origin.git");
    git(path, ["init", "-q", "--bare", path]);
    await using server = await startGitServer(root);
    const url = `${server.url}/origin.git`;
    const writers = ["a", "b", "c"].map((name) => startWriter([join(root, `${name}.git`), name, "8", url]));
    for (const writer of writers) expect(await writer.ended).toBe(0);
    expectOneLine(path, 24);
  });

  it("loses no commit of three processes that share a clone", async () => {
    const path = join(root, "far.git");
    git(path, ["init", "-q", "--bare", path]);
    await using server = await startGitServer(root);
    const clone = join(root, "clone.git");
    const writers = ["a", "b", "c"].map((name) => startWriter([clone, name, "5", `${server.url}/far.git`]));
    for (const writer of writers) expect(await writer.ended).toBe(0);
    expectOneLine(path, 15);
    fsck(clone);
  });

  it.each([
    { what: "the process, its git children survive", everything: false },
    { what: "the process and everything below it", everything: true },
  ])("is whole after kill -9 at any moment of $what", async ({ everything }) => {
    const path = join(root, `killed-${everything}.git`);
    const acknowledged = await killManyTimes({ args: [path, "a", "1000"], everything, rounds: 15 });
    for (const oid of acknowledged) git(path, ["merge-base", "--is-ancestor", oid, "refs/heads/main"]);
    const done = countOf(path) + 3;
    expect(await startWriter([path, "a", String(done)]).ended).toBe(0);
    expectOneLine(path, done);
  });

  it("is whole, here and on the server, after kill -9 at any moment of a fetch or a push", async () => {
    const path = join(root, "server.git");
    git(path, ["init", "-q", "--bare", path]);
    await using server = await startGitServer(root);
    const url = `${server.url}/server.git`;
    const clone = join(root, "killed-clone.git");
    const acknowledged = await killManyTimes({ args: [clone, "a", "1000", url], everything: true, rounds: 12 });
    for (const oid of acknowledged) git(path, ["merge-base", "--is-ancestor", oid, "refs/heads/main"]);
    const done = countOf(path) + 3;
    expect(await startWriter([clone, "a", String(done), url]).ended).toBe(0);
    expectOneLine(path, done);
  });
});

type Writer = {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly lines: () => readonly string[];
  /** Settles when it has written that many lines, or has ended. */
  readonly wrote: (count: number) => Promise<void>;
};

function startWriter(args: readonly string[]): Writer {
  const child = spawn(process.execPath, [WRITER, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const lines = () => output.split("\n").slice(0, -1);
  const wrote = async (count: number) => {
    while (lines().length < count && !child.stdout.closed) {
      await Promise.race([once(child.stdout, "data"), ended]);
    }
  };
  return { child, ended, lines, wrote };
}

/**
 * Kills writers at a random moment: counted from what they have done, because a busy machine stretches every duration, plus
 * about the time of one more commit. The first rounds hit the making of the repository. Answers every acknowledged commit.
 */
async function killManyTimes(plan: { args: string[]; everything: boolean; rounds: number }): Promise<string[]> {
  const acknowledged: string[] = [];
  const path = plan.args[0] ?? "";
  for (let round = 0; round < plan.rounds; round++) {
    const writer = startWriter(plan.args);
    const started = performance.now();
    const count = round < 5 ? 1 : 2 + Math.floor(Math.random() * 3);
    await writer.wrote(count);
    await wait(((Math.random() * (performance.now() - started)) / count) * 1.5);
    const pids = plan.everything ? descendants(writer.child.pid ?? 0) : [writer.child.pid ?? 0];
    for (const pid of pids) kill(pid);
    await writer.ended;
    acknowledged.push(...writer.lines().slice(1));
    if (existsSync(path)) fsck(path);
  }
  expect(acknowledged.length).toBeGreaterThan(plan.rounds / 2);
  return acknowledged;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** A process and all below it, the parents first. */
function descendants(pid: number): number[] {
  const rows = execFileSync("ps", ["-eo", "pid=,ppid="]).toString().trim().split("\n");
  const pairs = rows.map((row) => row.trim().split(/\s+/u).map(Number));
  const below = (parent: number): number[] => [
    parent,
    ...pairs.filter(([, ppid]) => ppid === parent).flatMap(([child]) => below(child ?? 0)),
  ];
  return below(pid);
}

function git(path: string, args: readonly string[]): string {
  return execFileSync("git", [`--git-dir=${path}`, ...args], { stdio: "pipe" })
    .toString()
    .trim();
}

function fsck(path: string): void {
  // fsck counts a ref's lock file as nothing and a temporary object as nothing; an error is an exit code.
  git(path, ["fsck", "--strict", "--full", "--no-dangling"]);
}

function countOf(path: string): number {
  return Number(git(path, ["rev-list", "--count", "refs/heads/main"]));
}

/** As many commits as files, each on top of the one before. */
function expectOneLine(path: string, count: number): void {
  fsck(path);
  expect(countOf(path)).toBe(count);
  expect(git(path, ["rev-list", "--count", "--min-parents=2", "refs/heads/main"])).toBe("0");
  expect(git(path, ["ls-tree", "-r", "--name-only", "refs/heads/main"]).split("\n").length).toBe(count);
  expect(readFileSync(join(path, "HEAD"), "utf8")).toMatch(/^ref: /u);
}
