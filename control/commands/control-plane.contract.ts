/** For tests: a control plane as a process, people who push to it, agents that report, and the `gitplane` program. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { type NativeRepository, openNativeRepository } from "../../git/native/open.ts";
import {
  parseStatePath,
  type PlaneId,
  planeKey,
  planePath,
  planeRef,
  receiptsRef,
  specsRef,
} from "../../schemas/layout.ts";
import type { Receipt } from "../../schemas/receipt.ts";
import { Release } from "../../schemas/release.ts";
import { readStateYaml, writeStateYaml } from "../../schemas/state-yaml.ts";
import { readTrailers } from "../../schemas/trailers.ts";
import { objectAt } from "../fleet/file-at.ts";
import { repositoryRoot } from "../specs-fixture.contract.ts";

export type Outcome = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** What an agent says of one component, instead of that all is well. */
export type Told = {
  readonly result?: Receipt["result"];
  readonly health?: Receipt["health"];
  readonly reason?: string;
};

const ann = { name: "Ann", mail: "ann@example.org" };
const main = join(repositoryRoot, "control", "main.ts");

export class ControlPlane implements AsyncDisposable {
  readonly folder: string;
  readonly #server: ChildProcess;
  readonly #url: string;
  readonly #specs: NativeRepository;
  #seconds = 1_767_322_800;

  private constructor(folder: string, server: ChildProcess, { url, specs }: { url: string; specs: NativeRepository }) {
    this.folder = folder;
    this.#server = server;
    this.#url = url;
    this.#specs = specs;
  }

  static async start(): Promise<ControlPlane> {
    const folder = await mkdtemp(join(tmpdir(), "control-plane-"));
    const data = join(folder, "data");
    const server = spawn(process.execPath, [main, "serve", "--data", data, "--port", "0"], {
      env: { ...environmentIn(folder), GITPLANE_EXIT_WITH_STDIN: "yes" },
      stdio: ["pipe", "ignore", "ignore"],
    });
    const { url } = await vi.waitFor(
      async () => JSON.parse(await readFile(join(data, "address.json"), "utf8")) as { url: string }, // of our own server
      { timeout: 60_000, interval: 50 },
    );
    const token = (await readFile(join(data, "credentials", "people"), "utf8")).trim();
    const remote = { url: `${url}/specs.git`, credential: { user: "people", token } };
    const specs = await openNativeRepository({ path: join(folder, "people.git"), create: true, remote });
    return new ControlPlane(folder, server, { url, specs });
  }

  get environment(): Record<string, string> {
    return { ...environmentIn(this.folder), GITPLANE_DATA: join(this.folder, "data") };
  }

  /** Pushes a change of the specs, null for a file that goes, on top of whatever is there, and resolves with the commit. */
  async commit(files: Readonly<Record<string, string | null>>): Promise<string> {
    for (let attempt = 1; attempt <= 10; attempt += 1) {
      const parent = (await this.#specs.fetch([specsRef])).get(specsRef);
      const next = await this.#specs.commit({
        parent,
        changes: new Map(Object.entries(files).map(([path, text]) => [path, text === null ? null : Buffer.from(text)])),
        message: "Change specs",
        author: ann,
        committer: ann,
        committedAtSeconds: (this.#seconds += 60),
      });
      const pushed = await this.#specs.push(specsRef, { expect: parent, next });
      if (pushed.kind === "pushed") return next;
    }
    throw new Error("the specs were not taken, ten times");
  }

  /**
   * Resolves when the plane's branch was published from these specs, or later ones, people can see it, and auto-deploy has
   * written what it placed: each file with its text.
   */
  async published(plane: PlaneId, specs: string, placed: Readonly<Record<string, string>>): Promise<void> {
    await using state = await openNativeRepository({ path: join(this.folder, "data", "repositories", "state.git") });
    await vi.waitFor(
      async () => {
        const head = (await this.#specs.fetch([specsRef])).get(specsRef) ?? specs;
        const tip = await state.readRef(planeRef(plane));
        const from = tip === undefined ? undefined : readTrailers((await state.readCommit(tip)).trailers)?.specsCommit;
        if (from === undefined || !(await this.#specs.isAncestor(specs, from)))
          throw new Error(`${planePath(plane)} is not published from ${specs}`);
        for (const [path, text] of Object.entries(placed)) {
          const oid = await objectAt(this.#specs, head, path);
          const found = oid === undefined ? "" : Buffer.from(await this.#specs.readBlob(oid)).toString("utf8");
          if (!found.includes(text)) throw new Error(`auto-deploy has not written ${path}`);
        }
      },
      { timeout: 60_000, interval: 100 },
    );
  }

  /** Reports, as the plane's agent, that it applied the tip of its branch, with this of some components. */
  async report(plane: PlaneId, told: Readonly<Record<string, Told>> = {}): Promise<void> {
    const path = planePath(plane);
    const token = (await readFile(join(this.folder, "data", "credentials", "planes", planeKey(plane)), "utf8")).trim();
    const remote = { url: `${this.#url}/planes/${path}.git`, credential: { user: planeKey(plane), token } };
    await using agent = await openNativeRepository({
      path: join(this.folder, `${planeKey(plane)}.git`),
      create: true,
      remote,
    });
    const refs = await agent.fetch([planeRef(plane), receiptsRef(plane)]);
    const tip = refs.get(planeRef(plane));
    if (tip === undefined) throw new Error(`nothing is published for ${path}`);
    const parent = refs.get(receiptsRef(plane));
    const next = await agent.commit({
      parent,
      changes: await receiptsOf(agent, tip, told),
      message: "Report",
      author: ann,
      committer: ann,
      committedAtSeconds: Math.floor(Date.now() / 1000),
    });
    const pushed = await agent.push(receiptsRef(plane), { expect: parent, next });
    if (pushed.kind !== "pushed") throw new Error(`the receipts were not taken: ${pushed.kind}`);
    await using state = await openNativeRepository({ path: join(this.folder, "data", "repositories", "state.git") });
    await vi.waitFor(
      async () => {
        if ((await state.readRef(receiptsRef(plane))) !== next) throw new Error("the receipts are not mirrored");
      },
      { timeout: 60_000, interval: 50 },
    );
  }

  /** Runs `gitplane` to its end. */
  async gitplane(...args: readonly string[]): Promise<Outcome> {
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [main, ...args],
        { env: this.environment, timeout: 60_000 },
        (error, stdout, stderr) => {
          resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr });
        },
      );
    });
  }

  async json<Answer>(...args: readonly string[]): Promise<Answer> {
    const { stdout, stderr } = await this.gitplane(...args, "-o", "json");
    if (stdout === "") throw new Error(stderr);
    return JSON.parse(stdout) as Answer; // the test compares it
  }

  async stop(): Promise<void> {
    if (this.#server.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#server.once("exit", resolve));
    this.#server.kill("SIGTERM");
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#specs[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function environmentIn(folder: string): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    XDG_STATE_HOME: join(folder, "state"),
    XDG_CACHE_HOME: join(folder, "cache"),
  };
}

async function receiptsOf(
  agent: NativeRepository,
  tip: string,
  told: Readonly<Record<string, Told>>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const commit = await agent.readCommit(tip);
  const changes = new Map<string, Uint8Array>();
  for (const { path, oid } of await agent.listFiles(commit.tree)) {
    const parsed = parseStatePath(path);
    if (parsed === undefined) continue;
    const release = Release.parse(readStateYaml(Buffer.from(await agent.readBlob(oid)).toString("utf8")));
    const {
      result = "created",
      health = "Healthy",
      reason,
    } = (parsed.kind === "release" ? told[parsed.component] : undefined) ?? {};
    const because = reason === undefined ? {} : { reason };
    const isWanting = result === "failed" || result === "held";
    const receipt: Receipt = {
      release: oid,
      result,
      health: parsed.kind === "cell" ? "Unknown" : health,
      ...(isWanting ? because : {}),
      objects: release.spec.resources.map(({ id }) => ({ id, result, health, ...because })),
    };
    changes.set(path, Buffer.from(writeStateYaml(receipt)));
  }
  const about = {
    format: 1,
    agentVersion: "1.2.3",
    instance: "one",
    servedApis: [],
    appliedRevision: tip,
    sequence: readTrailers(commit.trailers)?.sequence ?? 0,
    lastSeen: "2026-01-02T03:04:05Z",
  };
  return changes.set("plane.yaml", Buffer.from(writeStateYaml(about)));
}
