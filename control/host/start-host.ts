/**
 * The embedded Git host: smart HTTP for people and agents, each plane with a repository of its own, because reading one
 * branch of a shared repository cannot be forbidden (protocol v2 serves any object by its id). The state repository mirrors
 * them all for people. Wake-up streams save agents the wait for their next poll.
 */

import { join } from "node:path";
import { sleep } from "../../process/backoff.ts";
import type { Log } from "../../process/log.ts";
import { planeRef, type PlaneId } from "../../schemas/layout.ts";
import { ensureBareRepository } from "./bare-repository.ts";
import { Credentials, type Credential } from "./credentials.ts";
import { listRefs } from "./git-program.ts";
import { checkPlane, hostFolders, repositoryPath, type HostedRepository, type HostFolders } from "./host-folders.ts";
import { defaultHostLimits, type HostLimits } from "./host-limits.ts";
import { openHostServer, type HostServer } from "./host-server.ts";
import { HostUpkeep, listPlanes } from "./host-upkeep.ts";
import { writePushHooks } from "./push-hooks.ts";
import { serveGit, type Push } from "./serve-git.ts";
import { StateMirror } from "./state-mirror.ts";
import { wakeApi } from "./wake-api.ts";
import { WakeHub, type Audience } from "./wake-hub.ts";

export type HostOptions = {
  readonly dataDir: string;
  /** Default 127.0.0.1: there is no TLS here. */
  readonly address?: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly log: Log;
  /** Closes the host. */
  readonly signal: AbortSignal;
  /** Called after a push that moved something, or that was ended before it could say. A failure is logged. */
  readonly onPush?: (push: Push) => void | Promise<void>;
  /** Answers `GET /metrics`, in Prometheus' text format. Without it there is no such page. */
  readonly metrics?: () => Promise<string>;
  readonly limits?: Partial<HostLimits>;
};

/** A repository of the host: where it is for us, and for others. */
export type HostedAccess = { readonly path: string; readonly url: string };

export interface Host extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string;
  readonly specs: HostedAccess;
  readonly state: HostedAccess;
  readonly people: Credential;
  /** Makes the plane's repository and its agent's credential when absent. Throws InvalidPlaneError for names of no plane. */
  ensurePlaneRepository(plane: PlaneId): Promise<HostedAccess & Credential>;
  /** Wakes those who listen. For a plane's agent it also brings the state repository up to date. */
  announce(ref: string, oid: string, audience: Audience): void;
  /** Resolves when the state repository has what the plane's own has now. */
  mirrorPlane(plane: PlaneId): Promise<void>;
}

/** Opens the host and resolves when it listens. Disposing waits for running pushes, then ends everything. */
export async function startHost(options: HostOptions): Promise<Host> {
  const folders = hostFolders(options.dataDir);
  await writePushHooks(folders, Date.now());
  const specsPath = await ensureBareRepository(folders, { kind: "specs" });
  const statePath = await ensureBareRepository(folders, { kind: "state" });
  const credentials = await Credentials.open(folders);
  const people = await credentials.people();
  const running = new RunningHost(options, folders, credentials);
  const url = await running.open();
  options.signal.addEventListener("abort", () => void running.close(), { once: true });
  if (options.signal.aborted) {
    void running.close();
  }
  return {
    url,
    specs: { path: specsPath, url: `${url}/specs.git` },
    state: { path: statePath, url: `${url}/state.git` },
    people,
    ensurePlaneRepository: async (plane) => {
      checkPlane(plane);
      const repository: HostedRepository = { kind: "plane", plane };
      const path = await ensureBareRepository(folders, repository);
      return { path, url: `${url}/${repositoryPath(repository)}`, ...(await credentials.plane(plane)) };
    },
    announce: (ref, oid, audience) => running.announce(ref, oid, audience),
    mirrorPlane: (plane) => running.mirrorPlane(plane),
    [Symbol.asyncDispose]: () => running.close(),
  };
}

class RunningHost {
  readonly #options: HostOptions;
  readonly #folders: HostFolders;
  readonly #credentials: Credentials;
  readonly #limits: HostLimits;
  readonly #log: Log;
  readonly #hub: WakeHub;
  readonly #mirror: StateMirror;
  readonly #upkeep: HostUpkeep;
  readonly #closing = new AbortController();
  readonly #closed = new AbortController();
  #server: HostServer | undefined;
  #background: Promise<unknown> = Promise.resolve();
  #close: Promise<void> | undefined;

  constructor(options: HostOptions, folders: HostFolders, credentials: Credentials) {
    this.#options = options;
    this.#folders = folders;
    this.#credentials = credentials;
    this.#limits = { ...defaultHostLimits, ...options.limits };
    this.#log = options.log.child({ component: "host" });
    this.#hub = new WakeHub({ perAgent: this.#limits.wakesPerAgent, people: this.#limits.wakesOfPeople });
    this.#upkeep = new HostUpkeep(folders, this.#log, this.#closing.signal);
    this.#mirror = new StateMirror({
      statePath: this.#pathOf({ kind: "state" }),
      planePath: (plane) => this.#pathOf({ kind: "plane", plane }),
      signal: this.#closed.signal,
      onMirrored: ({ ref, oid }) => this.#hub.announce({ ref, oid }, { kind: "people" }),
    });
  }

  async open(): Promise<string> {
    this.#server = await openHostServer({
      address: this.#options.address ?? "127.0.0.1",
      port: this.#options.port,
      limits: this.#limits,
      log: this.#log,
      api: wakeApi({
        credentials: this.#credentials,
        hub: this.#hub,
        commentMs: this.#limits.wakeCommentMs,
        presentRefs: (audience) => this.#presentRefs(audience),
        metrics: this.#options.metrics,
      }),
      git: serveGit({
        folders: this.#folders,
        credentials: this.#credentials,
        limits: this.#limits,
        log: this.#log,
        closing: this.#closing.signal,
        closed: this.#closed.signal,
        onPush: (push) => this.#pushed(push),
      }),
    });
    this.#background = Promise.all([this.#upkeep.run(), this.#mirrorAll()]);
    this.#log.info({ url: this.#server.url }, "the Git host listens");
    return this.#server.url;
  }

  announce(ref: string, oid: string, audience: Audience): void {
    this.#hub.announce({ ref, oid }, audience);
    if (audience.kind === "agent") {
      this.#upkeep.changed({ kind: "plane", plane: audience.plane });
      this.#mirrorLater(audience.plane);
    }
  }

  async mirrorPlane(plane: PlaneId): Promise<void> {
    await this.#mirror.mirror(plane);
  }

  /** Once; whoever calls again waits for the same end. */
  close(): Promise<void> {
    this.#close ??= this.#closeInOrder();
    return this.#close;
  }

  async #closeInOrder(): Promise<void> {
    this.#closing.abort();
    this.#hub.close();
    const drained = this.#server?.drain();
    const patience = new AbortController();
    void sleep(this.#limits.closeMs, patience.signal).then(
      () => this.#closed.abort(),
      () => {},
    );
    await drained;
    await this.#mirror.settled();
    patience.abort();
    this.#closed.abort();
    await this.#server?.close();
    await Promise.all([this.#background, this.#upkeep.settled()]);
    this.#log.info("the Git host is closed");
  }

  #pushed(push: Push): void {
    this.#upkeep.changed(push.repository);
    if (push.repository.kind === "plane") {
      this.#mirrorLater(push.repository.plane);
    } else {
      for (const { ref, oid } of push.moved) {
        this.#hub.announce({ ref, oid }, { kind: "people" });
      }
    }
    void this.#tellOwner(push);
  }

  async #tellOwner(push: Push): Promise<void> {
    try {
      await this.#options.onPush?.(push);
    } catch (error) {
      this.#log.error({ error, repository: repositoryPath(push.repository) }, "could not act on a push");
    }
  }

  #mirrorLater(plane: PlaneId): void {
    this.#upkeep.changed({ kind: "state" });
    void this.#tryMirror(plane);
  }

  async #tryMirror(plane: PlaneId): Promise<void> {
    try {
      await this.#mirror.mirror(plane);
    } catch (error) {
      if (!this.#closed.signal.aborted) {
        this.#log.warn({ error, plane }, "could not mirror a plane");
      }
    }
  }

  // What was published while no host ran.
  async #mirrorAll(): Promise<void> {
    for (const plane of await listPlanes(this.#folders)) {
      if (!this.#closing.signal.aborted) {
        await this.#tryMirror(plane);
      }
    }
  }

  async #presentRefs(audience: Audience): Promise<ReadonlyMap<string, string>> {
    const signal = this.#closing.signal;
    try {
      if (audience.kind === "agent") {
        const ref = planeRef(audience.plane);
        const refs = await listRefs(this.#pathOf({ kind: "plane", plane: audience.plane }), [ref], signal);
        return new Map([...refs].filter(([name]) => name === ref));
      }
      const specs = await listRefs(this.#pathOf({ kind: "specs" }), ["refs/heads"], signal);
      return new Map([...specs, ...(await listRefs(this.#pathOf({ kind: "state" }), ["refs/heads"], signal))]);
    } catch (error) {
      this.#log.debug({ error }, "could not read refs for a wake-up stream");
      return new Map();
    }
  }

  #pathOf(repository: HostedRepository): string {
    return join(this.#folders.repositories, repositoryPath(repository));
  }
}
