/** The ways in that Releases of a plane's branch hold, each file read once: an unchanged Release is an unchanged blob. */
import type { Oid, Repository } from "../../git/repository.ts";
import { readWays, type Way } from "../render/read-ways.ts";
import type { Ways } from "./closed-ways.ts";

type Read = { readonly oid: Oid; readonly ways: readonly Way[] };

export class StandingWays {
  #known: ReadonlyMap<string, Read> = new Map();

  /** Of these blobs by path; all others are forgotten. Throws GitError when one cannot be read. */
  async read(blobs: ReadonlyMap<string, Oid>, repository: Pick<Repository, "readBlob">): Promise<Ways> {
    const known = new Map<string, Read>();
    for (const [path, oid] of blobs) {
      const before = this.#known.get(path);
      if (before?.oid === oid) known.set(path, before);
      else known.set(path, { oid, ways: readWays(path, await textOfBlob(repository, oid)) });
    }
    this.#known = known;
    return new Map(Array.from(known, ([path, { ways }]) => [path, ways]));
  }
}

export async function textOfBlob(repository: Pick<Repository, "readBlob">, oid: Oid): Promise<string> {
  return Buffer.from(await repository.readBlob(oid)).toString("utf8");
}
