/** One file or folder of a commit, by reading only the folders above it. */
import type { Oid, Repository } from "../../git/repository.ts";

/** The object at a path of `/`-joined names, in a commit; undefined where there is none. */
export async function objectAt(repository: Repository, commit: Oid, path: string): Promise<Oid | undefined> {
  let at = (await repository.readCommit(commit)).tree;
  const names = path.split("/");
  for (const [index, name] of names.entries()) {
    const entry = (await repository.readTree(at)).find((one) => one.name === name);
    if (entry === undefined || (entry.kind !== "tree" && index < names.length - 1)) return undefined;
    at = entry.oid;
  }
  return at;
}
