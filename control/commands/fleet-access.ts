/** The fleet of a control plane, through clones that are kept in the user's cache folder. */
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type NativeRepository, openNativeRepository } from "../../git/native/open.ts";
import type { RemoteOptions } from "../../git/native/remote-url.ts";
import { GitError } from "../../git/repository.ts";
import { exitCodes, ExitError } from "../../process/exit-codes.ts";
import { cacheFolder } from "../../process/user-folders.ts";
import { type Fleet, FleetMemory, readFleet } from "../fleet.ts";
import { type Access, type AccessOptions, findAccess } from "./access.ts";

export type Clones = AsyncDisposable & {
  readonly specs: NativeRepository;
  readonly state: NativeRepository;
  readonly access: Access;
};

/** Throws ExitError when no control plane is found. */
export async function openClones(options: AccessOptions): Promise<Clones> {
  const access = await findAccess(options);
  const open = async (remote: RemoteOptions): Promise<NativeRepository> => {
    const name = createHash("sha256").update(remote.url).digest("hex").slice(0, 16);
    const path = join(cacheFolder(process.env), "clones", `${name}.git`);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const clone = await openNativeRepository({ path, create: true, remote });
    // Every fetch leaves a pack, and a watch fetches for days.
    await clone.maintain();
    return clone;
  };
  await using opening = new AsyncDisposableStack();
  const specs = opening.use(await open(access.specs));
  const state = opening.use(await open(access.state));
  const opened = opening.move();
  return { specs, state, access, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

export type FleetReader = AsyncDisposable & { readonly read: () => Promise<Fleet> };

/** Throws ExitError when no control plane is found; so does `read` when it does not answer, GitError for all else. */
export async function openFleet(options: AccessOptions): Promise<FleetReader> {
  const clones = await openClones(options);
  const memory = new FleetMemory();
  return {
    read: () => reached(clones, () => readFleet(clones.specs, clones.state, memory)),
    [Symbol.asyncDispose]: () => clones[Symbol.asyncDispose](),
  };
}

/** Does something with the repositories. Throws ExitError `unreachable` with what to do when they do not answer. */
export async function reached<Result>({ access }: Clones, work: () => Promise<Result>): Promise<Result> {
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
