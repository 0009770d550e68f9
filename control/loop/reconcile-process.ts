/** The reconcile loop in a process of its own, seen from the Git host's: started, woken, asked, started again when it dies, and ended. */
import { type ChildProcess, fork } from "node:child_process";
import { totalmem } from "node:os";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { backoffDelayMs, sleep } from "../../process/backoff.ts";
import type { Log } from "../../process/log.ts";
import { planeRef } from "../../schemas/layout.ts";
import type { Host } from "../host/start-host.ts";
import type { MachineCommitMode } from "../machine-commit/commit-edits.ts";
import { heapLimitMib } from "./heap-limit.ts";
import { FromLoop, type ToLoop } from "./messages.ts";
import { Questions } from "./questions.ts";

export type ReconcileProcessOptions = {
  readonly host: Pick<Host, "specs" | "ensurePlaneRepository" | "announce">;
  readonly pollMs: number;
  readonly machineCommits: MachineCommitMode;
  /** Where what is known of Releases is kept from process to process. */
  readonly memoryPath: string;
  readonly log: Log;
  /** Ends the process after the round under way. */
  readonly signal: AbortSignal;
};

/** How a process ended; `error` is of one that could not be started. */
type Ending = { readonly code: number | null; readonly signal: NodeJS.Signals | null } | { readonly error: Error };

const backoff = { baseMs: 200, capMs: 30_000 };
/** A round that takes longer than this once it should end is cut; what it leaves is whole, as after any crash. */
const endMs = 20_000;
/** A long render answers nothing meanwhile. */
const measureMs = 5000;

export class ReconcileProcess {
  readonly #options: ReconcileProcessOptions;
  readonly #log: Log;
  readonly #measures = new Questions<string>();
  #child: ChildProcess | undefined;
  #hasSettled = false;

  constructor(options: ReconcileProcessOptions) {
    this.#options = options;
    this.#log = options.log.child({ component: "serve" });
  }

  /** The next round begins at once. A process that is being started looks at the specs anyway. */
  wake(): void {
    this.#say({ kind: "wake" });
  }

  /** Its metrics as text; undefined while it is not there, or too busy to say. */
  async measure(): Promise<string | undefined> {
    if (this.#child?.connected !== true) return undefined;
    try {
      return await this.#measures.ask((id) => this.#say({ kind: "measure", id }), AbortSignal.timeout(measureMs));
    } catch {
      return undefined; // late, or it died meanwhile, which is logged where it is noticed
    }
  }

  /** Returns when aborted and the process has ended. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      this.#hasSettled = false;
      const ending = await this.#live();
      this.#measures.refuseAll(new Error("the reconcile process ended"));
      if (signal.aborted) return;
      failures = this.#hasSettled ? 0 : failures + 1;
      const startsInMs = backoffDelayMs(backoff, failures, Math.random);
      this.#log.error({ ...ending, startsInMs }, "the reconcile process died; it is started again");
      await sleep(startsInMs, signal).catch(() => undefined);
    }
  }

  /** One life of the process. */
  async #live(): Promise<Ending> {
    const { host, memoryPath, pollMs, machineCommits, signal } = this.#options;
    const child = fork(entry(), [], { execArgv: [...heapArguments()], stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const ended = endingOf(child);
    this.#child = child;
    child.on("message", (message) => void this.#hear(child, message));
    this.#say({ kind: "begin", specsPath: host.specs.path, memoryPath, pollMs, machineCommits });
    if (child.pid !== undefined) this.#log.info({ pid: child.pid }, "the reconcile process runs");
    let cut: NodeJS.Timeout | undefined;
    const end = (): void => {
      child.kill("SIGTERM");
      cut = setTimeout(() => child.kill("SIGKILL"), endMs);
    };
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    const ending = await ended;
    clearTimeout(cut);
    signal.removeEventListener("abort", end);
    return ending;
  }

  async #hear(child: ChildProcess, said: unknown): Promise<void> {
    const message = FromLoop.safeParse(said);
    if (!message.success) {
      this.#log.error({ error: message.error }, "the reconcile process said what no such process says");
      child.kill("SIGKILL");
      return;
    }
    switch (message.data.kind) {
      case "ensure":
        await this.#ensure(message.data);
        break;
      case "announce": {
        const { plane, revision } = message.data;
        this.#options.host.announce(planeRef(plane), revision, { kind: "agent", plane });
        break;
      }
      case "settled":
        this.#hasSettled = true;
        break;
      case "measured":
        this.#measures.answer(message.data.id, message.data.metrics);
        break;
    }
  }

  async #ensure({ id, plane }: Extract<FromLoop, { kind: "ensure" }>): Promise<void> {
    try {
      const { path } = await this.#options.host.ensurePlaneRepository(plane);
      this.#say({ kind: "ensured", id, path });
    } catch (error) {
      this.#say({ kind: "refused", id, reason: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Nothing is lost where nobody hears it: the next process starts from what is there. */
  #say(message: ToLoop): void {
    if (this.#child?.connected === true) this.#child.send(message, () => undefined);
  }
}

async function endingOf(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    // Later errors are of messages and signals to one that just ended.
    child.on("error", (error) => {
      if (child.pid === undefined) resolve({ error });
    });
  });
}

/** Beside this file, as source or as built. */
function entry(): string {
  return fileURLToPath(new URL(`main${extname(import.meta.url)}`, import.meta.url));
}

/**
 * How V8 lets the heap grow: by half of what is held, before it is collected. Left to itself it waits for up to four times of
 * that, which came to 3.7 GiB for 30,000 Releases that hold 0.9. A young generation of 16 MiB instead of 64 lets less garbage
 * into the old one.
 */
const frugal = ["--heap-growing-percent=50", "--max-semi-space-size=16"];

/** None where the person who started us has chosen. */
function heapArguments(): readonly string[] {
  const chosen = [...process.execArgv, process.env["NODE_OPTIONS"] ?? ""].join(" ");
  if (/--max[-_]old[-_]space[-_]size/u.test(chosen)) return process.execArgv;
  const oldSpace = heapLimitMib(totalmem(), process.constrainedMemory());
  return [...process.execArgv, ...frugal, `--max-old-space-size=${oldSpace}`];
}
