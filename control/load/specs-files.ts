/** Where specs come from: a tree of a Git repository, or folders on disk that are read as one tree. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { GitError, type Oid, type Repository, type TreeFile } from "../../git/repository.ts";
import { exitCodes, ExitError } from "../../process/exit-codes.ts";
import type { SpecsFile } from "./load.ts";

/** Stands in a folder that `gitplane render` made, which is no place for specs. */
export const renderMarker = ".gitplane-render";

const fileLimitBytes = 16 * 1024 * 1024;

export async function listGitFiles(repository: Repository, tree: Oid): Promise<readonly SpecsFile[]> {
  const files = await repository.listFiles(tree);
  return files.map((file) => gitFile(repository, file));
}

export function gitFile(repository: Repository, { path, oid, kind }: TreeFile): SpecsFile {
  return { path, shown: path, id: oid, kind, read: () => repository.readBlob(oid) };
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
  return listed.map(({ folder, paths }) =>
    paths.map(({ path, kind }) => {
      const shown = (counts.get(path) ?? 0) > 1 ? `${shownFolder(folder)}/${path}` : path;
      return describeFile({ file: join(folder, path), path, shown, kind });
    }),
  );
}

function shownFolder(folder: string): string {
  const parts = folder.split(sep).filter((part) => part !== "" && part !== "." && part !== "..");
  return parts.length === 0 ? basename(resolve(folder)) : parts.join("/");
}

type Listed = { readonly path: string; readonly kind: "blob" | "symlink" };

function describeFile({ file, path, shown, kind }: Listed & { file: string; shown: string }): SpecsFile {
  const onDisk = relative(".", file).split(sep).join("/");
  return { path, shown, id: kind === "blob" ? stamp(file) : kind, onDisk, kind, read: async () => readBounded(file) };
}

/** As in git's index: content does not change without the time of change, which nobody can set. */
function stamp(file: string): string {
  const { dev, ino, size, ctimeNs } = lstatSync(file, { bigint: true });
  return [dev, ino, size, ctimeNs].join(" ");
}

/**
 * In one go and not before it is asked for: thousands of small files cost a tenth of what promises cost, and one at a time is
 * in memory. What has become a link or a pipe since it was listed is neither followed nor waited for.
 */
function readBounded(file: string): Uint8Array {
  const opened = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size } = fstatSync(opened);
    if (size > fileLimitBytes) throw new GitError("too-large", `${file} has ${size} bytes`);
    return readFileSync(opened);
  } finally {
    closeSync(opened);
  }
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
    // Without their cause, whose words add nothing for a person.
    if (code === "ENOENT") throw new ExitError(exitCodes.usage, `there is no folder ${folder}`);
    if (code === "ENOTDIR")
      throw new ExitError(exitCodes.usage, `${folder} is not a folder; name the folder it stands in`);
    throw error;
  }
}
