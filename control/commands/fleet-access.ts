/** The fleet of a control plane, through clones that are kept in the user's cache folder. */
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openNativeRepository } from "../../git/native/open.ts";
import { GitError, type Repository } from "../../git/repository.ts";
import { exitCodes, ExitError } from "../../process/exit-codes.ts";
import { registerSecret } from "../../process/redact.ts";
import { cacheFolder } from "../../process/user-folders.ts";
import { type Fleet, FleetMemory, readFleet } from "../fleet.ts";
import { type AccessOptions, findAccess } from "./access.ts";

export type FleetReader = AsyncDisposable & { readonly read: () => Promise<Fleet> };

/** Throws ExitError when no control plane is found; so does `read` when it does not answer, GitError for all else. */
export async function openFleet(options: AccessOptions): Promise<FleetReader> {
  const { url, credential } = await findAccess(options);
  registerSecret(credential.token);
  const open = async (name: string): Promise<Repository> => {
    const path = join(
      cacheFolder(process.env),
      "clones",
      `${createHash("sha256").update(`${url}/${name}`).digest("hex").slice(0, 16)}.git`,
    );
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const clone = await openNativeRepository({ path, create: true, remote: { url: `${url}/${name}`, credential } });
    // Every fetch leaves a pack, and a watch fetches for days.
    await clone.maintain();
    return clone;
  };
  const specs = await open("specs.git");
  const state = await open("state.git");
  const memory = new FleetMemory();
  return {
    read: async () => {
      try {
        return await readFleet(specs, state, memory);
      } catch (error) {
        throw unreachable(error, url) ?? error;
      }
    },
    [Symbol.asyncDispose]: async () => {
      await specs[Symbol.asyncDispose]();
      await state[Symbol.asyncDispose]();
    },
  };
}

/** git names our clone and its own library's failure; who asks wants to know whether anything runs there. */
function unreachable(error: unknown, url: string): ExitError | undefined {
  if (!(error instanceof GitError) || error.code !== "unreachable") return undefined;
  const message = `cannot reach the control plane at ${url}; is it running? (GITPLANE_LOG_LEVEL=debug tells more)`;
  return new ExitError(exitCodes.unreachable, message, { detail: error });
}
