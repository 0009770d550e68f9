/** A disk that can be full: a small file system in memory of its own, mounted for a test. Needs the right to mount. */
import { open, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../clusters/run-command.ts";
import { programEnvironment } from "../platform/node-program.ts";

export type SmallDisk = AsyncDisposable & {
  readonly folder: string;
  /** Takes all the room that is left. */
  readonly fill: () => Promise<void>;
  readonly free: () => Promise<void>;
  /** Whether nothing can be written at all; files that are open for writing elsewhere make it fail. */
  readonly seal: (isSealed: boolean) => Promise<boolean>;
};

/** Undefined, with a loud word, where nothing may be mounted. */
export async function mountSmallDisk(folder: string, sizeMebibytes: number): Promise<SmallDisk | undefined> {
  await mkdir(folder, { recursive: true });
  const mounted = await run("mount", "-t", "tmpfs", "-o", `size=${sizeMebibytes}m`, "tmpfs", folder);
  if (!mounted) {
    process.stderr.write("\nSKIPPED: a full disk: no file system may be mounted here; run the tests as root.\n\n");
    return undefined;
  }
  const filler = join(folder, "filler");
  return {
    folder,
    fill: async () => fill(filler),
    free: async () => rm(filler, { force: true }),
    seal: async (isSealed) => run("mount", "-o", `remount,${isSealed ? "ro" : "rw"}`, folder),
    [Symbol.asyncDispose]: async () => void (await run("umount", "--lazy", folder)),
  };
}

async function fill(path: string): Promise<void> {
  await using file = await open(path, "w");
  const block = Buffer.alloc(4096, 1);
  try {
    while (true) await file.write(block);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
  }
}

async function run(command: string, ...args: readonly string[]): Promise<boolean> {
  const signal = AbortSignal.timeout(10_000);
  const result = await runCommand({ command, arguments: args, environment: programEnvironment(), signal });
  return result.kind === "exited" && result.exitCode === 0;
}
