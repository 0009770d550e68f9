/** What stands at a path of a commit's tree: only the folders on the way are read, each once. */
import type { Oid, Repository, TreeEntry } from "../../git/repository.ts";

export type FoundFile =
  | { readonly kind: "file"; readonly oid: Oid }
  | { readonly kind: "nothing" }
  /** Something else than a file stands there, or something else than a folder on the way. */
  | { readonly kind: "blocked"; readonly by: string };

export class FileFinder {
  readonly #repository: Pick<Repository, "readTree">;
  readonly #root: Oid;
  readonly #trees = new Map<Oid, Promise<readonly TreeEntry[]>>();

  constructor(repository: Pick<Repository, "readTree">, root: Oid) {
    this.#repository = repository;
    this.#root = root;
  }

  /** Throws GitError as readTree does. */
  async find(path: string): Promise<FoundFile> {
    const parts = path.split("/");
    let tree = this.#root;
    for (const [index, part] of parts.entries()) {
      const entry = (await this.#read(tree)).find(({ name }) => name === part);
      if (entry === undefined) return { kind: "nothing" };
      const isLast = index === parts.length - 1;
      if (isLast && entry.kind === "blob") return { kind: "file", oid: entry.oid };
      if (isLast || entry.kind !== "tree") return { kind: "blocked", by: parts.slice(0, index + 1).join("/") };
      tree = entry.oid;
    }
    return { kind: "nothing" };
  }

  async #read(tree: Oid): Promise<readonly TreeEntry[]> {
    const known = this.#trees.get(tree) ?? this.#repository.readTree(tree);
    this.#trees.set(tree, known);
    return known;
  }
}
