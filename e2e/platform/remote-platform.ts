/** Control planes on the repositories of a Git server that is none of ours: specs and state behind HTTP with a token. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GitServer, startGitServer } from "../../git/git-server.contract.ts";
import { openNativeRepository } from "../../git/native/open.ts";
import type { Commit, Repository } from "../../git/repository.ts";
import { type PlaneId, planeKey, planeRef } from "../../schemas/layout.ts";
import { readTrailers } from "../../schemas/trailers.ts";
import { poll } from "../clusters/poll.ts";
import { type CommandResult, runCommand } from "../clusters/run-command.ts";
import { type GitProxy, openGitProxy } from "../faults/git-proxy.ts";
import { nodeProgram, programEnvironment, sourcePath } from "./node-program.ts";
import { openSpecsCheckout, type SpecsCheckout } from "./specs-checkout.ts";
import { TestProcesses } from "./test-processes.ts";

export const remoteAuthor = { name: "Ada Author", mail: "ada@example.test" };
const token = "a-token-of-the-tests-that-nobody-may-see";
const waitMs = 90_000;

export type RemotePlatform = AsyncDisposable & {
  readonly folder: string;
  readonly processes: TestProcesses;
  /** Serves specs and state. People push there. */
  readonly server: GitServer;
  /** What control planes and commands see of the server. */
  readonly proxy: GitProxy;
  readonly specs: SpecsCheckout;
  /** The server's own copies, past the network. */
  readonly specsRepository: Repository;
  readonly stateRepository: Repository;
  readonly specsPath: string;
  readonly statePath: string;
  readonly startControl: (name: string, options?: StartRemoteControl) => Promise<void>;
  /** Runs a command of `gitplane` on the two repositories, as a person who is asked nothing. */
  readonly gitplane: (...args: readonly string[]) => Promise<Extract<CommandResult, { kind: "exited" }>>;
};

export type StartRemoteControl = {
  readonly poll?: string;
  /** Default: one of its own. */
  readonly dataDir?: string;
  readonly environment?: Readonly<Record<string, string>>;
};

export type OpenRemotePlatform = {
  /** Where the server keeps the state repository, when that is another disk. */
  readonly stateFolder?: string;
};

export async function openRemotePlatform({ stateFolder }: OpenRemotePlatform = {}): Promise<RemotePlatform> {
  await using opening = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "gitplane-remote-"));
  opening.defer(async () => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const root = join(folder, "server");
  const specsPath = join(root, "specs.git");
  const statePath = join(stateFolder ?? root, "state.git");
  const specsRepository = opening.use(await openNativeRepository({ path: specsPath, create: true }));
  const stateRepository = opening.use(await openNativeRepository({ path: statePath, create: true }));
  if (stateFolder !== undefined) await symlink(statePath, join(root, "state.git"));
  const server = opening.use(await startGitServer(root, { user: "people", token }));
  const proxy = opening.use(await openGitProxy(server.url));
  const processes = opening.use(new TestProcesses(join(folder, "logs")));
  const credentialFile = join(folder, "token");
  await writeFile(credentialFile, `people:${token}\n`, { mode: 0o600 });
  const signal = AbortSignal.timeout(3_600_000);
  const control = { url: server.url, dataDir: "", peopleToken: token };
  const specs = await openSpecsCheckout({ control, folder: join(folder, "specs"), author: remoteAuthor, signal });
  const where = [
    ["--specs", `${proxy.url}/specs.git`],
    ["--state", `${proxy.url}/state.git`],
    ["--credential-file", credentialFile],
  ].flat();
  await mkdir(join(folder, "home"));
  const closing = opening.move();
  return {
    folder,
    processes,
    server,
    proxy,
    specs,
    specsRepository,
    stateRepository,
    specsPath,
    statePath,
    startControl: async (name, { poll: every = "300ms", dataDir = join(folder, name), environment = {} } = {}) =>
      processes.start(
        nodeProgram({
          name,
          entry: "control/main.ts",
          // Off, so that the specs are moved by their test alone.
          arguments: ["serve", "--data", dataDir, ...where, "--poll", every, "--machine-commits", "off"],
          environment,
        }),
      ),
    gitplane: async (...args) => {
      const result = await runCommand({
        command: process.execPath,
        arguments: [sourcePath("control/main.ts"), ...args, ...where],
        environment: { ...programEnvironment(), ...personEnvironment(join(folder, "home")) },
        signal: AbortSignal.timeout(60_000),
      });
      if (result.kind === "missing") throw new Error("node is not there");
      return result;
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** A person's home of the test's own, whose git knows who they are. */
export function personEnvironment(home: string): Readonly<Record<string, string>> {
  return {
    HOME: home,
    XDG_CACHE_HOME: join(home, "cache"),
    XDG_STATE_HOME: join(home, "state"),
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_COUNT: "2",
    GIT_CONFIG_KEY_0: "user.name",
    GIT_CONFIG_VALUE_0: remoteAuthor.name,
    GIT_CONFIG_KEY_1: "user.email",
    GIT_CONFIG_VALUE_1: remoteAuthor.mail,
  };
}

/** The tip of the plane's branch, once its specs are these. */
export async function waitForTip(
  platform: Pick<RemotePlatform, "stateRepository" | "processes">,
  plane: PlaneId,
  specs: string,
): Promise<Commit> {
  return poll({
    what: `the state commit of ${planeKey(plane)} for specs ${specs}`,
    timeoutMs: waitMs,
    signal: new AbortController().signal,
    probe: async () => {
      const tip = await platform.stateRepository.readRef(planeRef(plane));
      const commit = tip === undefined ? undefined : await platform.stateRepository.readCommit(tip);
      return commit !== undefined && readTrailers(commit.trailers)?.specsCommit === specs ? commit : undefined;
    },
  });
}

/** Waits until a program has said something: a pattern on one line of its log. */
export async function waitForLine(processes: TestProcesses, program: string, pattern: RegExp): Promise<string> {
  return poll({
    what: `${program} to say ${String(pattern)}`,
    timeoutMs: waitMs,
    signal: new AbortController().signal,
    probe: async () => linesOf(await processes.log(program), pattern).at(-1),
  });
}

export function linesOf(log: string, pattern: RegExp): readonly string[] {
  return log.split("\n").filter((line) => pattern.test(line));
}
