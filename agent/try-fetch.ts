/** Asks the remote, which may be away: then the local clone is all there is, and that is said. */
import { GitError, type Oid } from "../git/repository.ts";
import type { RunOptions } from "./running.ts";

/** Undefined when the remote cannot be asked or what it offers cannot be had. */
export async function tryFetch(
  refs: readonly string[],
  { agent, log, isAnew = false }: Pick<RunOptions, "agent" | "log"> & { readonly isAnew?: boolean },
): Promise<ReadonlyMap<string, Oid | undefined> | undefined> {
  const { signal } = agent.applier;
  try {
    return await agent.repository.fetch(refs, { signal, isAnew });
  } catch (error) {
    if (signal.aborted) return undefined;
    if (!(error instanceof GitError)) throw error;
    log.warn({ code: error.code, reason: error.message.slice(0, 500) }, "cannot fetch");
    return undefined;
  }
}
