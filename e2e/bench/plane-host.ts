/**
 * A plane's own repository on a Git server with a wake-up stream, written to as the control plane does: what an agent alone
 * is measured against. The moment at which the branch has moved is known to the caller, because it is moved here.
 */
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { type GitServer, startGitServer } from "../../git/git-server.contract.ts";
import { type NativeRepository, openNativeRepository } from "../../git/native/open.ts";
import type { Oid } from "../../git/repository.ts";
import { planeFile, type PlaneId, planeRef } from "../../schemas/layout.ts";
import { publication, writeSettings } from "../../schemas/plane-branch.contract.ts";
import type { DriftMode } from "../../schemas/plane-settings.ts";

const commentMs = 15_000;

export class PlaneHost implements AsyncDisposable {
  readonly plane: PlaneId;
  readonly repository: NativeRepository;
  readonly #server: GitServer;
  readonly #listeners = new Set<ServerResponse>();
  readonly #comments: NodeJS.Timeout;
  #tip: Oid | undefined;
  #sequence = 0;

  private constructor(plane: PlaneId, repository: NativeRepository, server: GitServer) {
    this.plane = plane;
    this.repository = repository;
    this.#server = server;
    server.intercept = ({ url }, response) => {
      if (url?.endsWith("/wake") !== true) return false;
      response.writeHead(200, { "content-type": "text/event-stream" }).write(": connected\n\n");
      this.#listeners.add(response);
      response.once("close", () => this.#listeners.delete(response));
      return true;
    };
    this.#comments = setInterval(() => this.#say(": alive\n\n"), commentMs);
  }

  static async open(folder: string, plane: PlaneId, drift: DriftMode = "report"): Promise<PlaneHost> {
    const root = join(folder, "server");
    await mkdir(root, { recursive: true });
    const path = join(root, "plane.git");
    const repository = await openNativeRepository({ path, create: true });
    // As in repositories of the control plane's own host.
    await promisify(execFile)("git", ["--git-dir", path, "config", "uploadpack.allowRefInWant", "true"]);
    const host = new PlaneHost(plane, repository, await startGitServer(root));
    await host.publish(new Map([[planeFile, writeSettings(plane, { drift })]]));
    return host;
  }

  get repositoryUrl(): string {
    return `${this.#server.url}/plane.git`;
  }

  /** How many agents listen. */
  get listeners(): number {
    return this.#listeners.size;
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** Commits texts by path, moves the branch, wakes the agent. Answers the moment at which the branch had moved. */
  async publish(files: ReadonlyMap<string, string>): Promise<number> {
    this.#sequence += 1;
    const next = await this.repository.commit({
      parent: this.#tip,
      changes: new Map([...files].map(([path, text]) => [path, Buffer.from(text)])),
      ...publication({ sequence: this.#sequence, reason: "bench", recovers: [] }, Math.floor(Date.now() / 1000)),
    });
    const ref = planeRef(this.plane);
    const pushed = await this.repository.push(ref, { expect: this.#tip, next });
    const movedAt = performance.now();
    if (pushed.kind !== "pushed") throw new Error(`the plane's branch did not move: ${pushed.kind}`);
    this.#tip = next;
    this.#say(`event: wake\ndata: ${JSON.stringify({ ref, oid: next })}\n\n`);
    return movedAt;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#comments);
    await this.#server[Symbol.asyncDispose]();
    await this.repository[Symbol.asyncDispose]();
  }

  #say(text: string): void {
    for (const listener of this.#listeners) listener.write(text);
  }
}
