/** Where specs come from: a tree of a Git repository, or folders on disk that are read as one tree. */
import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { GitError, type Oid, type Repository } from "../../git/repository.ts";
import { exitCodes, ExitError } from "../../process/exit-codes.ts";
import type { SpecsFile } from "./load.ts";

/** Stands in a folder that `gitplane render` made, which is no place for specs. */
export const renderMarker = ".gitplane-render";

const fileLimitBytes = 16 * 1024 * 1024;

export async function listGitFiles(repository: Repository, tree: Oid): Promise<readonly SpecsFile[]> {
  const files = await repository.listFiles(tree);
  return files.map(({ path, oid, kind }) => ({
    path,
    shown: path,
    id: oid,
    kind,
    read: () => repository.readBlob(oid),
  }));
}

/**
 * The files below each folder that specs are made of, one list a folder; a path that two folders share is shown with its
 * folder. Throws ExitError `usage` for what is not a folder.
 */
export async function listFolders(folders: readonly string[]): Promise<readonly (readonly SpecsFile[])[]> {
  const distinct = new Map(folders.map((folder) => [resolve(folder), folder]));
  const listed = await Promise.all(
    [...distinct.values()].map(async (folder) => ({ folder, paths: await listPaths(folder) })),
  );
  const counts = new Map<string, number>();
  for (const { paths } of listed) for (const { path } of paths) counts.set(path, (counts.get(path) ?? 0) + 1);
  return Promise.all(
    listed.map(({ folder, paths }) =>
      Promise.all(
        paths.map(({ path, kind }) => {
          const shown = (counts.get(path) ?? 0) > 1 ? `${shownFolder(folder)}/${path}` : path;
          return openFile({ file: join(folder, path), path, shown, kind });
        }),
      ),
    ),
  );
}

function shownFolder(folder: string): string {
  const parts = folder.split(sep).filter((part) => part !== "" && part !== "." && part !== "..");
  return parts.length === 0 ? basename(resolve(folder)) : parts.join("/");
}

type Listed = { readonly path: string; readonly kind: "blob" | "symlink" };

async function openFile({ file, path, shown, kind }: Listed & { file: string; shown: string }): Promise<SpecsFile> {
  const isRead = kind === "blob" && /(\.ya?ml|\.gitplaneignore)$/.test(path);
  const size = isRead ? (await stat(file)).size : 0;
  const bytes = isRead && size <= fileLimitBytes ? await readFile(file) : new Uint8Array();
  return {
    path,
    shown,
    id: createHash("sha256").update(`${size} `).update(bytes).digest("hex"),
    onDisk: relative(".", file).split(sep).join("/"),
    kind,
    read: async () => {
      if (size > fileLimitBytes) throw new GitError("too-large", `${file} has ${size} bytes`);
      return bytes;
    },
  };
}

async function listPaths(folder: string): Promise<readonly Listed[]> {
  const entries = await readFolder(folder);
  const paths = entries.map((entry) => ({
    entry,
    path: relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"),
  }));
  const rendered = paths
    .filter(({ entry, path }) => entry.name === renderMarker && path !== renderMarker)
    .map(({ path }) => path.slice(0, -renderMarker.length));
  return paths.flatMap(({ entry, path }): readonly Listed[] => {
    if (path.split("/").includes("node_modules") || path.startsWith(".git/")) return [];
    if (rendered.some((prefix) => path.startsWith(prefix))) return [];
    if (entry.isSymbolicLink()) return [{ path, kind: "symlink" }];
    return entry.isFile() ? [{ path, kind: "blob" }] : [];
  });
}

async function readFolder(folder: string) {
  try {
    return await readdir(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") throw new ExitError(exitCodes.usage, `there is no folder ${folder}`, { cause: error });
    if (code === "ENOTDIR")
      throw new ExitError(exitCodes.usage, `${folder} is not a folder; name the folder it stands in`, { cause: error });
    throw error;
  }
}
