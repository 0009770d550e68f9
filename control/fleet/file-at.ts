/** One file or folder of a commit, by reading only the folders above it. */
import { findEntry } from "../../git/find-entry.ts";
import type { Oid, Repository } from "../../git/repository.ts";

/** The object at a path of `/`-joined names, in a commit; undefined where there is none. */
export async function objectAt(repository: Repository, commit: Oid, path: string): Promise<Oid | undefined> {
  const { tree } = await repository.readCommit(commit);
  const found = await findEntry(repository, tree, path);
  return found.kind === "found" ? found.entry.oid : undefined;
}
