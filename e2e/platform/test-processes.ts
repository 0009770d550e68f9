/** Programs of one test: started, killed and started again at will, and ended with it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Program } from "../clusters/process-group.ts";
import type { Starter } from "./starter.ts";

type Running = { readonly program: Program; readonly child: ChildProcess; readonly exited: Promise<unknown> };

const stopTimeoutMs = 5000;

export class TestProcesses implements Starter, AsyncDisposable {
  readonly #logsFolder: string;
  readonly #running = new Map<string, Running>();
  /** Never aborted: in these tests programs are meant to die. */
  readonly ended = new AbortController().signal;

  constructor(logsFolder: string) {
    this.#logsFolder = logsFolder;
  }

  get pids(): ReadonlyMap<string, number> {
    return new Map(
      [...this.#running].flatMap(([name, { child }]) =>
        child.pid === undefined || hasEnded(child) ? [] : [[name, child.pid] as const],
      ),
    );
  }

  async start(program: Program): Promise<void> {
    await mkdir(this.#logsFolder, { recursive: true });
    await using log = await open(join(this.#logsFolder, `${program.name}.log`), "a");
    const child = spawn(program.path, program.arguments, { env: program.environment, stdio: ["pipe", log.fd, log.fd] });
    child.stdin?.on("error", () => undefined);
    await once(child, "spawn");
    this.#running.set(program.name, { program, child, exited: once(child, "exit") });
  }

  /** Starts a program again as it was started last, with other environment variables added. */
  async startAgain(name: string, environment: Readonly<Record<string, string>> = {}): Promise<void> {
    const { program } = this.#find(name);
    await this.kill(name);
    await this.start({ ...program, environment: { ...program.environment, ...environment } });
  }

  /** SIGKILL, and waits until it is gone. */
  async kill(name: string): Promise<void> {
    const { child, exited } = this.#find(name);
    if (hasEnded(child)) return;
    child.kill("SIGKILL");
    await exited;
  }

  /** SIGTERM, and waits; SIGKILL when it takes too long. Answers the exit code. */
  async stop(name: string): Promise<number | null> {
    const { child, exited } = this.#find(name);
    if (!hasEnded(child)) {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
      await exited;
      clearTimeout(timer);
    }
    return child.exitCode;
  }

  async exited(name: string): Promise<void> {
    const { child, exited } = this.#find(name);
    if (!hasEnded(child)) await exited;
  }

  async log(name: string): Promise<string> {
    return readFile(join(this.#logsFolder, `${name}.log`), "utf8");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.keys()].map(async (name) => this.stop(name)));
  }

  #find(name: string): Running {
    const running = this.#running.get(name);
    if (running === undefined) throw new Error(`${name} was never started`);
    return running;
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
