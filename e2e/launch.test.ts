/** The launcher under an older Node, next to a Node of its own (a script that tells how it was started) and without one. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sourcePath } from "./platform/node-program.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "launch-"));
  await cp(sourcePath("bin"), join(folder, "bin"), { recursive: true });
  await writeFile(join(folder, "old.cjs"), 'Object.defineProperty(process.versions, "node", { value: "20.20.2" });\n');
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

async function bringNode(script: string): Promise<void> {
  const own = join(folder, "node_modules", ".bin", "node");
  await mkdir(join(folder, "node_modules", ".bin"), { recursive: true });
  await writeFile(own, `#!/bin/sh\n${script}\n`);
  await chmod(own, 0o755);
}

function launch(...args: readonly string[]): ChildProcess {
  const launcher = join(folder, "bin", "gitplane.cjs");
  return spawn(process.execPath, ["--require", join(folder, "old.cjs"), launcher, ...args]);
}

async function ended(child: ChildProcess, meanwhile: (stdout: string) => unknown = () => undefined) {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => meanwhile((stdout += String(chunk))));
  child.stderr?.on("data", (chunk) => (stderr += String(chunk)));
  child.stdin?.end("input\n");
  return new Promise((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

test("runs the package's own Node with the same arguments and input, and ends with its exit code", async () => {
  await bringNode('printf "%s\\n" "$@"; cat; echo said >&2; exit 7');
  expect(await ended(launch("explain", "a b", "--", "-x"))).toEqual({
    code: 7,
    signal: null,
    stdout: `${join(folder, "bin", "gitplane.cjs")}\nexplain\na b\n--\n-x\ninput\n`,
    stderr: "said\n",
  });
});

test("ends by the signal that ended it", async () => {
  await bringNode("kill -KILL $$");
  expect(await ended(launch())).toEqual({ code: null, signal: "SIGKILL", stdout: "", stderr: "" });
});

test.for(["SIGHUP", "SIGINT", "SIGTERM"] as const)("hands on %s once", async (signal) => {
  await bringNode(`trap "echo got; exit 5" ${signal.slice(3)}; echo up; for turn in $(seq 100); do sleep 0.05; done`);
  const child = launch();
  const send = (stdout: string): unknown => stdout === "up\n" && child.kill(signal);
  expect(await ended(child, send)).toEqual({ code: 5, signal: null, stdout: "up\ngot\n", stderr: "" });
});

test("says what is missing where no newer Node is there", async () => {
  expect(await ended(launch())).toEqual({
    code: 2,
    signal: null,
    stdout: "",
    stderr:
      "gitplane needs Node.js 24 or newer; this is 20.20.2. Install a newer one (https://nodejs.org), or put it first on PATH; in a checkout, `npm ci` brings one along.\n",
  });
});

test("an agent runs frugally, in the place of the process that was started", async () => {
  await mkdir(join(folder, "dist", "agent"), { recursive: true });
  const tell =
    "process.stdin.on('data', (text) => console.log(JSON.stringify([process.pid, process.execArgv, process.argv.slice(2), String(text), process.env.MALLOC_MMAP_THRESHOLD_])));";
  await writeFile(join(folder, "dist", "agent", "main.js"), tell);
  const child = spawn(process.execPath, [join(folder, "bin", "gitplane-agent.cjs"), "run", "a b"], {
    env: { ...process.env, NODE_OPTIONS: "--max-old-space-size=100" },
  });
  const { pid } = child;
  const told = (await ended(child)) as { readonly stdout: string; readonly stderr: string };
  expect(told.stderr).toBe("");
  expect(JSON.parse(told.stdout)).toEqual([
    pid,
    [
      "--single-threaded-gc",
      "--heap-growing-percent=60",
      "--max-semi-space-size=1",
      "--optimize-for-size",
      "--no-opt",
      "--no-maglev",
    ],
    ["run", "a b"],
    "input\n",
    "16384",
  ]);
});
