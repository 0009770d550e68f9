/** The running control plane of a measurement: its own Git host, repositories on the local disk, and a person's checkout. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { sleep } from "../../process/backoff.ts";
import { type PlaneId, planePath, planeRef, specsRef } from "../../schemas/layout.ts";
import { runCommand } from "../clusters/run-command.ts";
import {
  type ControlPlane,
  controlProgram,
  startControlPlane,
  waitForControlPlane,
} from "../platform/control-plane.ts";
import { programEnvironment } from "../platform/node-program.ts";
import { openSpecsCheckout, type SpecsCheckout } from "../platform/specs-checkout.ts";
import { TestProcesses } from "../platform/test-processes.ts";
import { generatePlatform, type PlatformSize } from "./generated-platform.ts";

const author = { name: "Bench Author", mail: "bench@example.test" };
const pollMs = 1;
const quietMs = 700;
const restartPollMs = 10;

const FirstRound = z.object({
  message: z.literal("the first round is done"),
  ms: z.number(),
  counts: z.object({ rendered: z.number(), recalled: z.number(), filesWritten: z.number() }),
});
type FirstRound = z.infer<typeof FirstRound>;

/** `sinceStartMs` is from the start of the program to the end of its first round, `ms` that round alone. */
export type Restart = FirstRound & { readonly sinceStartMs: number };

export const benchPlanes = ["development", "staging", "production"].map((name): PlaneId => ({
  kind: "data",
  organization: "acme",
  name,
}));

export class BenchPlatform implements AsyncDisposable {
  readonly folder: string;
  readonly control: ControlPlane;
  readonly specs: SpecsCheckout;
  readonly processes: TestProcesses;
  readonly #signal: AbortSignal;

  private constructor(
    folder: string,
    running: Pick<BenchPlatform, "control" | "specs" | "processes">,
    signal: AbortSignal,
  ) {
    this.folder = folder;
    this.control = running.control;
    this.specs = running.specs;
    this.processes = running.processes;
    this.#signal = signal;
  }

  /** Nothing is pushed yet; the platform's files are committed in the checkout. */
  static async open(size: PlatformSize, signal: AbortSignal): Promise<BenchPlatform> {
    const folder = await mkdtemp(join(tmpdir(), "gitplane-bench-"));
    const processes = new TestProcesses(join(folder, "logs"));
    const dataDir = join(folder, "control");
    const control = await startControlPlane({ group: processes, dataDir, signal, machineCommits: "direct" });
    const specs = await openSpecsCheckout({ control, folder: join(folder, "specs"), author, signal });
    for (const [path, text] of generatePlatform(size)) {
      await mkdir(dirname(join(specs.folder, path)), { recursive: true });
      await writeFile(join(specs.folder, path), text);
    }
    await specs.commit("Begin");
    return new BenchPlatform(folder, { control, specs, processes }, signal);
  }

  /** Commits another image of the first component of the first project, on top of what Gitplane committed meanwhile. */
  async commitImage(tag: string): Promise<void> {
    await this.specs.git("pull", "--quiet");
    const listed = await this.specs.git("grep", "-l", "kind: Workload", "--", "team-00/*.yaml");
    const [path = ""] = listed.split("\n");
    const text = await this.specs.read(path);
    await this.specs.write(path, text.replace(/(image: \S+?:)\S+/, `$1${tag}`));
    await this.specs.commit(`Change to ${tag}`);
  }

  /** Pushes; milliseconds from the specs ref's move to the moves of these planes' branches, the last of them. */
  async timePush(planes: readonly PlaneId[]): Promise<number> {
    const files = planes.map((plane) => this.#refFile(this.repositoryOf(plane), planeRef(plane)));
    const specsFile = this.#refFile(join(this.control.dataDir, "repositories", "specs.git"), specsRef);
    const moved = this.#waitForMove(specsFile, await readRef(specsFile));
    const published = await Promise.all(files.map(async (file) => ({ file, before: await readRef(file) })));
    const ends = Promise.all(published.map(({ file, before }) => this.#waitForMove(file, before)));
    await this.specs.push();
    return Math.max(...(await ends)) - (await moved);
  }

  /** The moment at which the specs ref moves away from where it is now. */
  async specsMove(): Promise<number> {
    const file = this.#refFile(join(this.control.dataDir, "repositories", "specs.git"), specsRef);
    return this.#waitForMove(file, await readRef(file));
  }

  /** Resolves when Gitplane has committed what follows from the last push, and no branch has moved since for a while. */
  async settle(): Promise<void> {
    const specsFile = this.#refFile(join(this.control.dataDir, "repositories", "specs.git"), specsRef);
    const pushed = (await this.specs.git("rev-parse", "HEAD")).trim();
    while ((await readRef(specsFile))?.trim() === pushed) await sleep(quietMs / 10, this.#signal);
    const files = [specsFile, ...benchPlanes.map((plane) => this.#refFile(this.repositoryOf(plane), planeRef(plane)))];
    const look = async (): Promise<string> => JSON.stringify(await Promise.all(files.map(readRef)));
    for (let before = await look(), since = performance.now(); performance.now() - since < quietMs;) {
      await sleep(quietMs / 10, this.#signal);
      const now = await look();
      if (now !== before) [before, since] = [now, performance.now()];
    }
  }

  /**
   * Ends the control plane, changes what it is to find, and starts it again: how long it takes to the end of its first
   * round, and what the round cost.
   */
  async restart(meanwhile: () => Promise<void> = async () => undefined): Promise<Restart> {
    await this.processes.stop(controlProgram);
    const before = firstRounds(await this.processes.log(controlProgram)).length;
    await meanwhile();
    const startedMs = performance.now();
    await this.processes.startAgain(controlProgram);
    for (;;) {
      const round = firstRounds(await this.processes.log(controlProgram))[before];
      if (round !== undefined) return { ...round, sinceStartMs: performance.now() - startedMs };
      await sleep(restartPollMs, this.#signal);
    }
  }

  /** As it runs now: its port is another after each start. */
  async findControl(): Promise<ControlPlane> {
    return waitForControlPlane(this.processes, this.control.dataDir, this.#signal);
  }

  /** How many objects the last commit of a plane's branch brought, itself included. */
  async objectsOfLastCommit(plane: PlaneId): Promise<number> {
    const ref = planeRef(plane);
    return (await this.#ask(plane, ["rev-list", "--objects", ref, `^${ref}~1`])).split("\n").length;
  }

  /** How many commits each plane's branch has. */
  async sequences(): Promise<readonly number[]> {
    return Promise.all(
      benchPlanes.map(async (plane) => Number(await this.#ask(plane, ["rev-list", "--count", planeRef(plane)]))),
    );
  }

  async #ask(plane: PlaneId, args: readonly string[]): Promise<string> {
    const result = await runCommand({
      command: "git",
      arguments: ["--git-dir", this.repositoryOf(plane), ...args],
      environment: programEnvironment(),
      signal: this.#signal,
    });
    if (result.kind !== "exited" || result.exitCode !== 0) throw new Error(`git ${args[0] ?? ""} failed`);
    return result.stdout.trim();
  }

  repositoryOf(plane: PlaneId): string {
    return join(this.control.dataDir, "repositories", "planes", `${planePath(plane)}.git`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.processes[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #refFile(repository: string, ref: string): string {
    return join(repository, ref);
  }

  async #waitForMove(file: string, before: string | undefined): Promise<number> {
    for (;;) {
      this.#signal.throwIfAborted();
      const now = await readRef(file);
      if (now !== undefined && now !== before) return performance.now();
      await sleep(pollMs, this.#signal);
    }
  }
}

/** Of each life of the control plane that this is the log of. */
function firstRounds(log: string): readonly FirstRound[] {
  return log.split("\n").flatMap((line) => {
    if (!line.includes("the first round is done")) return [];
    const { success, data } = FirstRound.safeParse(JSON.parse(line));
    return success ? [data] : [];
  });
}

async function readRef(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch(() => undefined);
}
