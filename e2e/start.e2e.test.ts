/** `npm start` as a user has it: it boots, shows, follows a push, and takes everything with it however it ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { isFolder } from "./clusters/cached-folder.ts";
import { KubeClient } from "./clusters/kube-client.ts";
import { readKubeconfig } from "./clusters/kubeconfig.ts";
import { poll } from "./clusters/poll.ts";
import { processIdentity } from "./clusters/process-identity.ts";
import { runCommand } from "./clusters/run-command.ts";
import { findTestSource } from "./clusters/test-source.ts";
import { programEnvironment, sourcePath } from "./platform/node-program.ts";
import { removeGateways } from "./platform/remove-gateways.ts";
import { sharedKubeconfig } from "./platform/test-platform.ts";

const source = await findTestSource("npm start");
const environments = ["development", "staging", "production"];
const readyTimeoutMs = 150_000;
const stopTimeoutMs = 20_000;
const Claim = z.object({ owner: z.object({ pid: z.int() }), programs: z.array(z.object({ pid: z.int() })) });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gitplane-start-"));
});
afterAll(async () => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

describe.skipIf(source.kind !== "built")("npm start", () => {
  let pids: readonly number[] = [];

  test("boots three clusters, deploys the shop and follows a push; SIGTERM ends everything", async () => {
    await using demo = await startDemo("npm", ["start"], {});
    await demo.says(/Try a change/u);
    expect(demo.output()).toMatch(/20 of 20 Releases applied and healthy/u);
    pids = await recordedPids();
    expect(pids).toHaveLength(1 + 4 + 3 * 5);
    const catalog = join(folder, "gitplane", "specs", "shop", "catalog.yaml");
    await run("git", ["pull", "--quiet"]);
    await run("sed", ["-i", "s/catalog:1.0.0/catalog:1.1.0/", catalog]);
    await run("git", ["commit", "--quiet", "--all", "--message", "Release catalog 1.1.0"]);
    await run("git", ["push", "--quiet"]);
    await demo.says(/development +shop\/catalog +catalog:1\.1\.0 +applied +Healthy/u);
    process.kill(demo.pid, "SIGTERM");
    await demo.ended();
    await expectNothingLeft(pids);
  });

  test("goes on where it was, and ends at one Ctrl-C", async () => {
    await using demo = await startDemo("npm", ["start"], {});
    await demo.says(/Try a change/u);
    expect(demo.output()).toMatch(/specs as an earlier run left them/u);
    expect(demo.output()).toMatch(/catalog:1\.1\.0/u);
    pids = await recordedPids();
    // A terminal signals the whole foreground group, and npm passes its own on: the program hears of it twice.
    process.kill(-demo.pid, "SIGINT");
    await demo.ended();
    expect(demo.output()).toMatch(/Stopping …/u);
    await expectNothingLeft(pids);
  });

  test("leaves no program behind when it is killed with SIGKILL", async () => {
    await using demo = await startDemo("npm", ["start"], {});
    await demo.says(/Try a change/u);
    pids = await recordedPids();
    process.kill(await ownerPid(), "SIGKILL");
    await demo.ended();
    await expectGone(pids);
  });
});

test.skipIf(sharedKubeconfig === undefined)(
  "npm start runs on clusters of the user's, several planes in one",
  async () => {
    const flags = environments.flatMap(() => ["--kubeconfig", sharedKubeconfig ?? ""]);
    const state = { XDG_STATE_HOME: join(folder, "given") };
    await using demo = await startDemo(process.execPath, [sourcePath("e2e/start.ts"), ...flags], state);
    await demo.says(/Try a change/u);
    expect(demo.output()).toMatch(/20 of 20 Releases applied and healthy/u);
    process.kill(demo.pid, "SIGTERM");
    expect(await demo.ended()).toBe(0);
    await using cluster = new KubeClient(await readKubeconfig(sharedKubeconfig ?? ""));
    await removeGateways(cluster);
  },
);

test("npm start without clusters runs everything up to the state repository and says what to install", async () => {
  const programs = join(folder, "programs-without-go");
  await mkdir(programs);
  for (const name of ["git", "sh", "cat"]) await symlink(await which(name), join(programs, name));
  const nothing = { PATH: programs, XDG_STATE_HOME: join(folder, "bare"), XDG_CACHE_HOME: join(folder, "no-cache") };
  await using demo = await startDemo(process.execPath, [sourcePath("e2e/start.ts")], nothing);
  await demo.says(/Everything up to the state repository runs: http.*\/state\.git/u);
  expect(demo.output()).toMatch(/No clusters: .*Install Go 1\.26 or newer, or Docker and kind, or give kubeconfigs/u);
  process.kill(demo.pid, "SIGTERM");
  expect(await demo.ended()).toBe(0);
});

type Demo = AsyncDisposable & {
  readonly pid: number;
  readonly output: () => string;
  /** Resolves when the output holds it; throws with the output when it ends first, or takes too long. */
  readonly says: (text: RegExp) => Promise<void>;
  /** The exit code. */
  readonly ended: () => Promise<number | null>;
};

async function startDemo(command: string, args: readonly string[], environment: NodeJS.ProcessEnv): Promise<Demo> {
  const child = spawn(command, args, {
    cwd: sourcePath("."),
    env: { ...programEnvironment(), XDG_STATE_HOME: folder, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  await once(child, "spawn");
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    pid: child.pid ?? 0,
    output: () => output,
    says: async (text) => {
      const probe = async (): Promise<true | undefined> => {
        if (text.test(output)) return true;
        if (hasEnded()) throw new Error(`it ended without saying ${String(text)}:\n${output}`);
        return undefined;
      };
      await wait(`npm start saying ${String(text)}`, readyTimeoutMs, probe).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${output}`, { cause: error });
      });
    },
    ended: async () => {
      await wait("npm start ending", stopTimeoutMs, async () => (hasEnded() ? true : undefined));
      return child.exitCode;
    },
    [Symbol.asyncDispose]: async () => killGroup(child),
  };
}

/** For a test that failed half-way; the programs end with their owner. */
function killGroup(child: ChildProcess): void {
  try {
    process.kill(-(child.pid ?? 0), "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function wait<T>(what: string, timeoutMs: number, probe: () => Promise<T | undefined>): Promise<T> {
  return poll({ what, timeoutMs, signal: new AbortController().signal, probe });
}

async function claims(): Promise<readonly z.infer<typeof Claim>[]> {
  const root = join(folder, "gitplane");
  const folders = [join(root, "programs"), ...environments.map((name) => join(root, "clusters", name))];
  const read = async (place: string): Promise<readonly z.infer<typeof Claim>[]> => {
    if (!(await isFolder(place)) || !(await readdir(place)).includes("processes.json")) return [];
    return [Claim.parse(JSON.parse(await readFile(join(place, "processes.json"), "utf8")))];
  };
  return (await Promise.all(folders.map(read))).flat();
}

async function ownerPid(): Promise<number> {
  const [claim] = await claims();
  if (claim === undefined) throw new Error("nobody owns the folder");
  return claim.owner.pid;
}

/** `npm start` itself, control plane and agents, and the programs of every cluster. */
async function recordedPids(): Promise<readonly number[]> {
  const all = await claims();
  return [...new Set(all.flatMap(({ owner, programs }) => [owner.pid, ...programs.map(({ pid }) => pid)]))];
}

async function expectNothingLeft(pids: readonly number[]): Promise<void> {
  await expectGone(pids);
  expect(await claims()).toEqual([]);
}

/** Neither what the claims named nor anything else that was told of our folder, such as a git or a watch. */
async function expectGone(pids: readonly number[]): Promise<void> {
  await wait("every program ending", stopTimeoutMs, async () => {
    const identities = await Promise.all(pids.map(processIdentity));
    const ps = { command: "ps", arguments: ["-eo", "args"], environment: programEnvironment() };
    const listed = await runCommand({ ...ps, signal: AbortSignal.timeout(stopTimeoutMs) });
    if (listed.kind !== "exited" || listed.stdout.includes(folder)) return undefined;
    return identities.every((identity) => identity === undefined) ? true : undefined;
  });
}

/** In the user's checkout, as the user whose name it was made with. */
async function run(command: string, args: readonly string[]): Promise<void> {
  const place = join(folder, "gitplane", "specs");
  const signal = AbortSignal.timeout(30_000);
  const result = await runCommand({
    command,
    arguments: args,
    folder: place,
    environment: programEnvironment(),
    signal,
  });
  expect(result).toMatchObject({ kind: "exited", exitCode: 0 });
}

async function which(name: string): Promise<string> {
  for (const place of (process.env["PATH"] ?? "").split(delimiter)) {
    const names: readonly string[] = await readdir(place).catch(() => []);
    if (names.includes(name)) return join(place, name);
  }
  throw new Error(`${name} is not on the PATH`);
}
