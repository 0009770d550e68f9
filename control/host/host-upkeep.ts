/**
 * The host's housekeeping, in the background and one thing at a time: leftovers of a crash are removed at the start and
 * every few minutes, and a repository is packed after every so many changes.
 */

import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { sleep } from "../../process/backoff.ts";
import type { Log } from "../../process/log.ts";
import { parsePlane, type PlaneId } from "../../schemas/layout.ts";
import { unfinishedPrefix } from "./bare-repository.ts";
import { isPlane, repositoryPath, type HostedRepository, type HostFolders } from "./host-folders.ts";
import { packRepository, removeLeftovers } from "./tidy-repository.ts";

const changesPerPack = 64;
const everyMs = 5 * 60_000;
/** At the start nothing of ours runs yet, but a push of the process before may still be ending. */
const lockAgeAtStartMs = 10_000;
const lockAgeMs = 60_000;
const quarantineAgeMs = 60 * 60_000;

export class HostUpkeep {
  readonly #folders: HostFolders;
  readonly #log: Log;
  readonly #signal: AbortSignal;
  readonly #changesByPath = new Map<string, number>();
  #queue: Promise<void> = Promise.resolve();

  constructor(folders: HostFolders, log: Log, signal: AbortSignal) {
    this.#folders = folders;
    this.#log = log;
    this.#signal = signal;
  }

  /** Cleans once, then until the signal ends it. Never rejects. */
  async run(): Promise<void> {
    await this.clean(lockAgeAtStartMs, Date.now());
    while (!this.#signal.aborted) {
      await sleep(everyMs, this.#signal).catch(() => {});
      if (!this.#signal.aborted) {
        await this.clean(lockAgeMs, Date.now());
      }
    }
  }

  async clean(olderThanMs: number, now: number): Promise<void> {
    await this.#attempt("look for leftovers", async () => {
      for (const path of await this.#allPaths()) {
        await this.#attempt(`remove leftovers of ${path}`, () => this.#cleanOne(path, { olderThanMs, now }));
      }
      await this.#removeUnfinished(now);
    });
  }

  async #cleanOne(path: string, age: { readonly olderThanMs: number; readonly now: number }): Promise<void> {
    const removed = await removeLeftovers(path, { ...age, quarantineOlderThanMs: quarantineAgeMs });
    if (removed.length > 0) {
      this.#log.warn({ repository: path, removed }, "removed what a killed git left");
    }
  }

  /** Counts a change of a repository and packs it when it is time. */
  changed(repository: HostedRepository): void {
    const path = join(this.#folders.repositories, repositoryPath(repository));
    const changes = (this.#changesByPath.get(path) ?? 0) + 1;
    this.#changesByPath.set(path, changes % changesPerPack);
    if (changes === changesPerPack) {
      this.#queue = this.#queue.then(() => this.#attempt("pack", () => packRepository(path, this.#signal)));
    }
  }

  async settled(): Promise<void> {
    await this.#queue;
  }

  // Housekeeping that fails is tried again later; it must not stop the host.
  async #attempt(what: string, action: () => Promise<void>): Promise<void> {
    try {
      if (!this.#signal.aborted) {
        await action();
      }
    } catch (error) {
      if (!this.#signal.aborted) {
        this.#log.warn({ error }, `could not ${what}`);
      }
    }
  }

  async #allPaths(): Promise<readonly string[]> {
    const planes = (await listPlanes(this.#folders)).map((plane): HostedRepository => ({ kind: "plane", plane }));
    const repositories: readonly HostedRepository[] = [{ kind: "specs" }, { kind: "state" }, ...planes];
    return repositories.map((repository) => join(this.#folders.repositories, repositoryPath(repository)));
  }

  async #removeUnfinished(now: number): Promise<void> {
    for (const folder of await planeFolders(this.#folders)) {
      for (const name of await readdir(folder)) {
        const path = join(folder, name);
        const status = name.startsWith(unfinishedPrefix) ? await stat(path).catch(() => undefined) : undefined;
        if (status !== undefined && now - status.mtimeMs > lockAgeMs) {
          await rm(path, { recursive: true, force: true });
        }
      }
    }
  }
}

/** The planes that have a repository, sorted by path. */
export async function listPlanes(folders: HostFolders): Promise<readonly PlaneId[]> {
  const root = join(folders.repositories, "planes");
  const planes: PlaneId[] = [];
  for (const folder of await planeFolders(folders)) {
    for (const name of (await readdir(folder)).filter((entry) => entry.endsWith(".git")).sort()) {
      const plane = parsePlane(`${folder.slice(root.length + 1)}/${name.slice(0, -".git".length)}`);
      if (plane !== undefined && isPlane(plane)) {
        planes.push(plane);
      }
    }
  }
  return planes;
}

/** `planes/<kind>/<org>`, of every kind and organization. */
async function planeFolders(folders: HostFolders): Promise<readonly string[]> {
  const root = join(folders.repositories, "planes");
  const kinds = (await readdir(root).catch(() => [])).map((kind) => join(root, kind));
  const organizations = kinds.map(async (kind) => (await readdir(kind)).map((name) => join(kind, name)));
  return (await Promise.all(organizations)).flat().sort();
}
