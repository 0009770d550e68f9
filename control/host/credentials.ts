/**
 * The tokens of people and agents, kept as files of mode 0600 and known here by their hashes only. A token of 256 random bits
 * needs no slow hash; what is compared is the hash, in constant time, also for a user that does not exist.
 */

import { createHash, timingSafeEqual } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { registerSecret } from "../../process/redact.ts";
import { createOrReadSecret, readSecret } from "../../process/secret-file.ts";
import { parsePlane, planeKey, type PlaneId } from "../../schemas/layout.ts";
import { isPlane, type HostFolders } from "./host-folders.ts";
import { principalUser, type Principal } from "./principal.ts";

export type Credential = { readonly user: string; readonly token: string; readonly file: string };

type Known = { readonly principal: Principal; readonly digest: Buffer };

export class Credentials {
  readonly #folders: HostFolders;
  readonly #knownByUser = new Map<string, Known>();

  private constructor(folders: HostFolders) {
    this.#folders = folders;
  }

  /** Reads what is there and makes the people's token when it is absent. Throws SecretFileError for a file others can read. */
  static async open(folders: HostFolders): Promise<Credentials> {
    const credentials = new Credentials(folders);
    await credentials.people();
    for (const name of await listIfThere(folders.planeCredentials)) {
      const plane = parsePlane(name);
      if (plane !== undefined && isPlane(plane) && planeKey(plane) === name) {
        await credentials.plane(plane);
      }
    }
    return credentials;
  }

  /** The credential all people share. */
  async people(): Promise<Credential> {
    return await this.#load({ kind: "people" }, this.#folders.peopleCredential);
  }

  /** The credential of a plane's agent, made when absent and read again otherwise, so a replaced file counts from now on. */
  async plane(plane: PlaneId): Promise<Credential> {
    return await this.#load({ kind: "agent", plane }, join(this.#folders.planeCredentials, planeKey(plane)));
  }

  async #load(principal: Principal, file: string): Promise<Credential> {
    const token = (await readSecret(file)) ?? (await createOrReadSecret(file));
    const user = principalUser(principal);
    registerSecret(token);
    registerSecret(Buffer.from(`${user}:${token}`).toString("base64"));
    this.#knownByUser.set(user, { principal, digest: digestOf(token) });
    return { user, token, file };
  }

  /** Who an Authorization header (Basic or Bearer) proves to be; undefined for a missing, malformed or wrong one. */
  authenticate(header: string | undefined): Principal | undefined {
    const [, scheme, value] = /^(basic|bearer) {1,4}([\w.~+/=-]{1,1024})$/iu.exec(header ?? "") ?? [];
    if (scheme === undefined || value === undefined) {
      return undefined;
    }
    if (scheme.toLowerCase() === "bearer") {
      return this.#principalOfToken(value);
    }
    const text = Buffer.from(value, "base64").toString("utf8");
    const colon = text.indexOf(":");
    const known = this.#knownByUser.get(text.slice(0, Math.max(0, colon)));
    const isRight = timingSafeEqual(digestOf(text.slice(colon + 1)), known?.digest ?? noDigest);
    return isRight ? known?.principal : undefined;
  }

  // Every token is compared, so the time tells neither whether nor which one was near.
  #principalOfToken(token: string): Principal | undefined {
    const digest = digestOf(token);
    let found: Principal | undefined;
    for (const known of this.#knownByUser.values()) {
      if (timingSafeEqual(digest, known.digest)) {
        found = known.principal;
      }
    }
    return found;
  }
}

const noDigest = Buffer.alloc(32);

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** A folder that cannot be read is no empty one: its agents would all be strangers. */
async function listIfThere(folder: string): Promise<readonly string[]> {
  return await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") {
      return [];
    }
    throw error;
  });
}
