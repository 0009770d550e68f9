/** Where specs come from: a tree of a Git repository, or folders on disk read as one tree. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { Oid, Repository } from "../git/repository.ts";
import type { SpecsFile } from "./load.ts";

export async function listGitFiles(repository: Repository, tree: Oid): Promise<readonly SpecsFile[]> {
  const files = await repository.listFiles(tree);
  return files.map(({ path, oid, kind }) => ({ path, id: oid, kind, read: () => repository.readBlob(oid) }));
}

/** Every file below the folders. Paths are relative to each folder; a path that two folders share is told apart by its folder. */
export async function listFolderFiles(folders: readonly string[]): Promise<readonly SpecsFile[]> {
  const listed = await Promise.all(folders.map(async (folder) => ({ folder, paths: await listPaths(folder) })));
  const counts = new Map<string, number>();
  for (const { paths } of listed) for (const { path } of paths) counts.set(path, (counts.get(path) ?? 0) + 1);
  const files = listed.flatMap(({ folder, paths }) =>
    paths.map(async ({ path, kind }): Promise<SpecsFile> => {
      const bytes = kind === "blob" ? await readFile(join(folder, path)) : new Uint8Array();
      const shown =
        (counts.get(path) ?? 0) > 1
          ? [...folder.split(sep).filter((part) => part !== "" && part !== "." && part !== ".."), path].join("/")
          : path;
      return {
        path: shown,
        id: createHash("sha256").update(bytes).digest("hex"),
        kind,
        read: () => Promise.resolve(bytes),
      };
    }),
  );
  return Promise.all(files);
}

async function listPaths(folder: string): Promise<readonly { path: string; kind: "blob" | "symlink" }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.flatMap((entry): readonly { path: string; kind: "blob" | "symlink" }[] => {
    const path = relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/");
    if (path.split("/").includes("node_modules") || path.startsWith(".git/")) return [];
    if (entry.isSymbolicLink()) return [{ path, kind: "symlink" }];
    return entry.isFile() ? [{ path, kind: "blob" }] : [];
  });
}
