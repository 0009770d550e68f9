/** The fleet of a control plane, through clones and answers that are kept in the user's cache folder. */
import { hash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { askHttpRefs } from "../../git/http-refs.ts";
import { localEnvironment } from "../../git/native/environment.ts";
import { DEFAULT_LIMITS } from "../../git/native/limits.ts";
import type { NativeRepository } from "../../git/native/open.ts";
import { parseRemote, type RemoteOptions } from "../../git/native/remote-url.ts";
import { GitError, type Oid } from "../../git/repository.ts";
import { exitCodes, ExitError } from "../../process/exit-codes.ts";
import { cacheFolder } from "../../process/user-folders.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { isSame, type Tips } from "../fleet/tips.ts";
import type { FleetMemory } from "../fleet.ts";
import { type Access, type AccessOptions, findAccess } from "./access.ts";
import { type FleetCache, type KnownFleet, openFleetCache } from "./fleet-cache.ts";

export type Clones = AsyncDisposable & {
  readonly specs: NativeRepository;
  readonly state: NativeRepository;
  readonly access: Access;
};

export type FleetReader = AsyncDisposable & {
  /** What was known last, without asking anybody. */
  readonly known: () => Promise<KnownFleet | undefined>;
  readonly read: () => Promise<Fleet>;
  /** What a function reads from the clones, which have everything that the last read fleet names. */
  readonly ask: <Answer>(question: (clones: Clones) => Promise<Answer>) => Promise<Answer>;
  /** The same, remembered by its name for as long as nothing moves. The answer must be data that JSON keeps. */
  readonly recall: <Answer>(name: readonly unknown[], question: (clones: Clones) => Promise<Answer>) => Promise<Answer>;
};

export type FleetOptions = AccessOptions & { readonly onProgress?: (doing: string) => void };

/** Throws ExitError when no control plane is found; so does `read` when it does not answer, GitError for all else. */
export async function openFleet(options: FleetOptions): Promise<FleetReader> {
  return new CachedFleet(await findAccess(options), options.onProgress ?? (() => undefined));
}

class CachedFleet implements FleetReader {
  readonly #access: Access;
  readonly #cache: FleetCache;
  readonly #onProgress: (doing: string) => void;
  #known: KnownFleet | undefined;
  #memory: FleetMemory | undefined;
  #clones: Promise<Clones> | undefined;

  constructor(access: Access, onProgress: (doing: string) => void) {
    this.#access = access;
    this.#onProgress = onProgress;
    this.#cache = openFleetCache(access);
  }

  async known(): Promise<KnownFleet | undefined> {
    this.#known ??= await this.#cache.readFleet();
    return this.#known;
  }

  async read(): Promise<Fleet> {
    return this.#explained(async () => {
      const known = await this.known();
      if (known === undefined || !(await this.#stands(known))) return this.#readAnew();
      this.#known = { ...known, asOf: new Date() };
      await this.#cache.confirm(this.#known.asOf);
      return known.fleet;
    });
  }

  async ask<Answer>(question: (clones: Clones) => Promise<Answer>): Promise<Answer> {
    return this.#explained(async () => {
      try {
        return await question(await this.#open());
      } catch (error) {
        if (!(error instanceof GitError) || error.code !== "missing-object") throw error;
        // Somebody emptied the clones and not the answers.
        await this.#readAnew();
        return await question(await this.#open());
      }
    });
  }

  async recall<Answer>(name: readonly unknown[], question: (clones: Clones) => Promise<Answer>): Promise<Answer> {
    const known = this.#known;
    if (known === undefined) return this.ask(question);
    const kept = await this.#cache.readAnswer(name, known);
    if (kept !== undefined) return kept.answer as Answer; // written below under this name, by this program
    const answer = await this.ask(question);
    await this.#cache.writeAnswer(name, known, answer);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#clones?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }

  /** One question to each remote, both at once. */
  async #stands(known: KnownFleet): Promise<boolean> {
    const [specs, state] = await Promise.all([
      remoteTips(this.#access.specs, [...known.specs.keys()]),
      remoteTips(this.#access.state, [...known.state.keys()]),
    ]);
    return isSame(known.specs, specs) && isSame(known.state, state);
  }

  async #readAnew(): Promise<Fleet> {
    const { readFleet, FleetMemory } = await import("../fleet.ts");
    this.#memory ??= new FleetMemory(await this.#cache.readFacts());
    const { specs, state } = await this.#open();
    const fleet = await readFleet(specs, state, { memory: this.#memory, onProgress: this.#onProgress });
    const { last } = this.#memory;
    if (last === undefined || last.fleet !== fleet) return fleet;
    this.#known = { specs: last.specs, state: last.state, fleet, asOf: new Date() };
    await this.#cache.write(this.#known, last.facts);
    return fleet;
  }

  async #open(): Promise<Clones> {
    this.#clones ??= cloneAll(this.#access);
    return this.#clones;
  }

  async #explained<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    return reached({ access: this.#access }, work);
  }
}

/** Throws ExitError when no control plane is found. */
export async function openClones(options: AccessOptions): Promise<Clones> {
  return cloneAll(await findAccess(options));
}

async function cloneAll(access: Access): Promise<Clones> {
  const { openNativeRepository } = await import("../../git/native/open.ts");
  const open = async (remote: RemoteOptions): Promise<NativeRepository> => {
    const path = clonePath(remote);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const clone = await openNativeRepository({ path, create: true, remote });
    // Every fetch leaves a pack, and a watch fetches for days.
    await clone.maintain();
    return clone;
  };
  const [specs, state] = await Promise.all([open(access.specs), open(access.state)]);
  const close = async () => {
    await Promise.all([specs[Symbol.asyncDispose](), state[Symbol.asyncDispose]()]);
  };
  return { specs, state, access, [Symbol.asyncDispose]: close };
}

async function remoteTips(remote: RemoteOptions, refs: readonly string[]): Promise<Tips> {
  const found = (await askHttpRefs(remote, refs)) ?? (await askGit(remote, refs));
  return new Map(refs.map((ref) => [ref, found.get(ref)]));
}

async function askGit(remote: RemoteOptions, refs: readonly string[]): Promise<ReadonlyMap<string, Oid>> {
  const { readRemoteRefs } = await import("../../git/native/fetch.ts");
  const path = clonePath(remote);
  const folder = { path, environment: localEnvironment(path), limits: DEFAULT_LIMITS, signal: undefined };
  return refs.length === 0 ? new Map() : await readRemoteRefs(folder, parseRemote(remote), { refs });
}

function clonePath({ url }: RemoteOptions): string {
  return join(cacheFolder(process.env), "clones", `${hash("sha256", url).slice(0, 16)}.git`);
}

/** Does something with the repositories. Throws ExitError `unreachable` with what to do when they do not answer. */
export async function reached<Result>(
  { access }: Pick<Clones, "access">,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw unreachable(error, access.place) ?? error;
  }
}

/** git names our clone and its own library's failure; who asks wants to know whether anything runs there. */
function unreachable(error: unknown, place: string): ExitError | undefined {
  if (!(error instanceof GitError) || error.code !== "unreachable") return undefined;
  const message = `cannot reach ${place}; is it running? (GITPLANE_LOG_LEVEL=debug tells more)`;
  return new ExitError(exitCodes.unreachable, message, { detail: error });
}
