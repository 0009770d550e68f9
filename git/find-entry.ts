/** What stands at a path of a tree, by reading only the folders on the way. */
import type { Oid, Repository, TreeEntry } from "./repository.ts";

export type FoundEntry =
  | { readonly kind: "found"; readonly entry: TreeEntry }
  | { readonly kind: "nothing" }
  /** Something else than a folder stands on the way, at `by`. */
  | { readonly kind: "blocked"; readonly by: string };

/** `path` is of names joined by `/`. Throws GitError as readTree does. */
export async function findEntry(
  repository: Pick<Repository, "readTree">,
  root: Oid,
  path: string,
): Promise<FoundEntry> {
  const names = path.split("/");
  let tree = root;
  for (const [index, name] of names.entries()) {
    const entry = (await repository.readTree(tree)).find((one) => one.name === name);
    if (entry === undefined) return { kind: "nothing" };
    if (index === names.length - 1) return { kind: "found", entry };
    if (entry.kind !== "tree") return { kind: "blocked", by: names.slice(0, index + 1).join("/") };
    tree = entry.oid;
  }
  return { kind: "nothing" };
}

/** The file at a path; undefined where there is none, or something else stands there. Throws GitError as readTree does. */
export async function findBlob(
  repository: Pick<Repository, "readTree">,
  root: Oid,
  path: string,
): Promise<Oid | undefined> {
  const found = await findEntry(repository, root, path);
  return found.kind === "found" && found.entry.kind === "blob" ? found.entry.oid : undefined;
}
