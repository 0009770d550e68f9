/**
 * Makes the host's bare repositories. A repository appears under its name only when it is whole: it is made in a folder
 * beside it, written through to the disk, and renamed. Its settings are one table, and a file that differs is replaced, so
 * that an older repository gets today's rules.
 */

import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { planeRef, receiptsRef, specsRef } from "../../schemas/layout.ts";
import { runGit, type GitSettings } from "./git-program.ts";
import { repositoryPath, type HostedRepository, type HostFolders } from "./host-folders.ts";

/** Names a folder that is still being made; whatever has it after a crash can go. */
export const unfinishedPrefix = ".unfinished-";

/** The absolute path of the repository, which is made when absent. Safe to call again, also from another process. */
export async function ensureBareRepository(folders: HostFolders, repository: HostedRepository): Promise<string> {
  const path = join(folders.repositories, repositoryPath(repository));
  const config = formatSettings(repositorySettings(repository));
  const existing = await readFile(join(path, "config"), "utf8").catch(absent);
  if (existing === undefined) {
    await makeRepository(path, repository, config);
  } else if (existing !== config) {
    await replaceFile(join(path, "config"), config);
  }
  return path;
}

async function makeRepository(path: string, repository: HostedRepository, config: string): Promise<void> {
  const parent = dirname(path);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const unfinished = join(parent, `${unfinishedPrefix}${randomBytes(6).toString("hex")}`);
  try {
    const branch = headRef(repository).slice("refs/heads/".length);
    await runGit(["init", "--quiet", "--bare", "--template=", `--initial-branch=${branch}`, "--", unfinished]);
    await replaceFile(join(unfinished, "config"), config);
    await syncPath(join(unfinished, "HEAD"));
    await syncPath(unfinished);
    await rename(unfinished, path).catch(async (error: NodeJS.ErrnoException) => {
      // Another process was first: a folder with content cannot be replaced.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") {
        throw error;
      }
    });
    await syncPath(parent);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

function headRef(repository: HostedRepository): string {
  return repository.kind === "plane" ? planeRef(repository.plane) : specsRef;
}

/** The settings of the repository's own file; what depends on who asks comes with each request. */
function repositorySettings(repository: HostedRepository): GitSettings {
  return [
    ["core.repositoryFormatVersion", "0"],
    ["core.fileMode", "true"],
    ["core.bare", "true"],
    // Only people's history needs a way back from an accident; machines' refs move forward only.
    ["core.logAllRefUpdates", String(repository.kind === "specs")],
    // `committed` is objects only: a ref that a power cut loses is an accepted push undone.
    ["core.fsync", "committed,reference"],
    ["core.fsyncMethod", "batch"],
    ["gc.auto", "0"],
    ["receive.autogc", "false"],
    ["receive.denyNonFastForwards", "true"],
    ["receive.denyDeletes", "true"],
    ["receive.fsckObjects", "true"],
    ["receive.advertisePushOptions", "false"],
    ["receive.hideRefs", "refs"],
    ["uploadpack.allowTipSHA1InWant", "false"],
    ["uploadpack.allowReachableSHA1InWant", "false"],
    ["uploadpack.allowAnySHA1InWant", "false"],
    // Only of refs that are shown: an agent learns of its branch and gets what is new in one answer.
    ["uploadpack.allowRefInWant", "true"],
    // A clone without blobs is what a reader of one path of a big branch wants; other filters cost the server more.
    ["uploadpack.allowFilter", "true"],
    ["uploadpackfilter.allow", "false"],
    ["uploadpackfilter.blob:none.allow", "true"],
    ["uploadpack.hideRefs", "refs"],
    ...readableRefs(repository).map((ref) => ["uploadpack.hideRefs", `!${ref}`] as const),
    ["http.getanyfile", "false"],
    ["http.receivepack", "false"],
  ];
}

function readableRefs(repository: HostedRepository): readonly string[] {
  return repository.kind === "plane"
    ? [planeRef(repository.plane), receiptsRef(repository.plane)]
    : ["refs/heads", "refs/tags"];
}

/** A git configuration file. `a.b.c` is key `c` of subsection `b`. */
function formatSettings(settings: GitSettings): string {
  return settings
    .map(([key, value]) => {
      const [section, ...rest] = key.split(".");
      const name = rest.pop();
      const subsection = rest.length === 0 ? "" : ` "${rest.join(".")}"`;
      return `[${section}${subsection}]\n\t${name} = "${value}"\n`;
    })
    .join("");
}

async function replaceFile(path: string, content: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}`;
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

async function syncPath(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") {
    throw error;
  }
}
