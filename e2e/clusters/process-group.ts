/**
 * The programs of one cluster. Each runs in a process group of its own, so that a Ctrl-C meant for us does not reach them
 * before we have stopped them in order. None survives us, by two means: each holds the end of a pipe that closes with our
 * process (see e2e/kube/main.go), and a record in the folder lets the next owner kill what the pipe did not, a stopped
 * process for instance.
 */

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";

import { ClusterError } from "./cluster-error.ts";
import { claimFolder, type FolderClaim } from "./folder-claim.ts";

export type Program = {
  readonly name: string;
  readonly path: string;
  readonly arguments: readonly string[];
  /** The whole environment: nothing of ours is inherited, because etcd and KWOK read settings from it. */
  readonly environment: Readonly<Record<string, string>>;
};

export type OpenProcessGroup = {
  readonly folder: string;
  /** To be there before the first program starts. */
  readonly logsFolder: string;
  readonly signal: AbortSignal;
};

type Running = { readonly program: Program; readonly child: ChildProcess; readonly exited: Promise<void> };

const stopTimeoutMs = 2000;
const logTailCharacters = 2000;

/** Claims the folder, killing what an earlier owner left behind. Throws `folder-in-use` when that owner still lives. */
export async function openProcessGroup({ folder, logsFolder, signal }: OpenProcessGroup): Promise<ProcessGroup> {
  return new ProcessGroup(await claimFolder(folder, signal), logsFolder);
}

export class ProcessGroup {
  readonly #claim: FolderClaim;
  readonly #logsFolder: string;
  readonly #running = new Map<string, Running>();
  readonly #ended = new AbortController();
  #stopping = false;

  constructor(claim: FolderClaim, logsFolder: string) {
    this.#claim = claim;
    this.#logsFolder = logsFolder;
  }

  /** Aborted, with a `program-exited` error as its reason, when the first program ends that was not asked to. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Program name to process id, in order of start; only those that run. */
  get pids(): ReadonlyMap<string, number> {
    const pids = new Map<string, number>();
    for (const [name, { child }] of this.#running) {
      if (child.pid !== undefined) {
        pids.set(name, child.pid);
      }
    }
    return pids;
  }

  /** Starts a program and appends what it says to `<name>.log`. Returns once it runs, which is before it serves. */
  async start(program: Program): Promise<void> {
    await using log = await open(join(this.#logsFolder, `${program.name}.log`), "a", 0o600);
    const child = spawn(program.path, program.arguments, {
      env: program.environment,
      stdio: ["pipe", log.fd, log.fd],
      detached: true,
    });
    await once(child, "spawn");
    // Unreferenced, so that a caller who forgets to stop us can still end; the pipe then ends the program. Writing to the
    // pipe is never tried, but a reset by its reader would be an unhandled error.
    child.unref();
    child.stdin?.on("error", () => undefined);
    const exited = once(child, "exit").then(async () => await this.#noteExit(program.name, child));
    this.#running.set(program.name, { program, child, exited });
    await this.#claim.record(this.pids);
  }

  /** Stops a program as a crash would, with SIGKILL, and starts it again with the same arguments. */
  async restart(name: string): Promise<void> {
    const running = this.#running.get(name);
    if (running === undefined) {
      throw new ClusterError("program-exited", `${name} does not run, so it cannot be restarted`);
    }
    this.#running.delete(name);
    signalGroup(running.child, "SIGKILL");
    await running.exited;
    await this.start(running.program);
  }

  /** Stops everything, wave after wave: SIGTERM, and SIGKILL two seconds later. Names not running are passed over. */
  async stop(waves: readonly (readonly string[])[]): Promise<void> {
    this.#stopping = true;
    for (const wave of waves) {
      await Promise.all(wave.map(async (name) => await this.#stopOne(name)));
    }
    await Promise.all([...this.#running.keys()].map(async (name) => await this.#stopOne(name)));
    await this.#claim.release();
  }

  async #stopOne(name: string): Promise<void> {
    const running = this.#running.get(name);
    if (running === undefined) {
      return;
    }
    signalGroup(running.child, "SIGTERM");
    const timer = setTimeout(() => signalGroup(running.child, "SIGKILL"), stopTimeoutMs);
    await running.exited;
    clearTimeout(timer);
  }

  async #noteExit(name: string, child: ChildProcess): Promise<void> {
    const isExpected = this.#stopping || this.#running.get(name)?.child !== child;
    if (this.#running.get(name)?.child === child) {
      this.#running.delete(name);
    }
    if (isExpected) {
      return;
    }
    const how = child.signalCode === null ? `exit code ${child.exitCode ?? "unknown"}` : `signal ${child.signalCode}`;
    const logPath = join(this.#logsFolder, `${name}.log`);
    const tail = (await readFile(logPath, "utf8")).slice(-logTailCharacters);
    this.#ended.abort(new ClusterError("program-exited", `${name} ended with ${how}; the end of ${logPath}:\n${tail}`));
  }
}

/** A process that is gone already is what the caller wants. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
      throw error;
    }
  }
}
