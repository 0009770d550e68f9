/**
 * Repositories on other Git servers, through clones that are kept in the data folder and may be dropped at any time. All
 * planes' branches are in one state repository there. Nobody is told of anything: control planes and agents look by
 * themselves, so any number of either may run anywhere.
 */
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type NativeRepository, openNativeRepository } from "../git/native/open.ts";
import type { RemoteOptions } from "../git/native/remote-url.ts";
import type { Log } from "../process/log.ts";
import { keepTidy } from "../process/upkeep.ts";
import { FetchTogether } from "./fetch-together.ts";
import type { Forge } from "./forge.ts";

export type RemoteForgeOptions = {
  /** Clones are made below it. */
  readonly dataDir: string;
  readonly specs: RemoteOptions;
  readonly state: RemoteOptions;
  readonly log: Log;
  /** Ends every exchange that is under way. */
  readonly signal: AbortSignal;
};

const tidyEveryMs = 3_600_000;

/** Sends nothing yet. Throws GitError `not-allowed` for a URL that is none. */
export async function openRemoteForge(options: RemoteForgeOptions): Promise<Forge> {
  await using opening = new AsyncDisposableStack();
  const specs = opening.use(await openClone(options, "specs"));
  const state = opening.use(await openClone(options, "state"));
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  const tidying = Promise.all([specs, state].map((clone) => tidy(clone, options.log, signal)));
  opening.defer(async () => {
    ending.abort();
    await tidying;
  });
  const opened = opening.move();
  const together = new FetchTogether(state);
  return {
    specs,
    planeRepository: () => Promise.resolve(together),
    announce: () => undefined,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Another URL is another clone: what one server had says nothing about another. */
async function openClone(options: RemoteForgeOptions, name: "specs" | "state"): Promise<NativeRepository> {
  const folder = join(options.dataDir, "clones");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const hash = createHash("sha256").update(options[name].url).digest("hex").slice(0, 16);
  const path = join(folder, `${name}-${hash}.git`);
  return openNativeRepository({ path, create: true, remote: options[name], signal: options.signal });
}

/** Every fetch leaves a pack: at the start for what an earlier process left, then now and then. */
async function tidy(clone: NativeRepository, log: Log, signal: AbortSignal): Promise<void> {
  await clone.maintain().catch((error: unknown) => {
    if (!signal.aborted) log.warn({ error }, "the local clone could not be tidied");
  });
  await keepTidy({ maintain: () => clone.maintain(), everyMs: tidyEveryMs, log, signal });
}
