/**
 * A cluster's folder belongs to one process at a time. `processes.json` names the owner and the programs it started, each
 * with the identity that process had, so that a later owner can tell a living owner from leftovers and kill only those.
 */

import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

import { ClusterError } from "./cluster-error.ts";
import { poll } from "./poll.ts";
import { processIdentity } from "./process-identity.ts";

export type FolderClaim = {
  /** Writes down which programs run now: name to process id. */
  readonly record: (pids: ReadonlyMap<string, number>) => Promise<void>;
  readonly release: () => Promise<void>;
};

const processSchema = z.object({ name: z.string(), pid: z.int().positive(), identity: z.string() });
const recordSchema = z.object({ owner: processSchema, programs: z.array(processSchema) });
type ProcessRecord = z.infer<typeof processSchema>;

const killTimeoutMs = 5000;

/** Makes the folder if need be, for us alone to read. Throws `folder-in-use` when another living process owns it. */
export async function claimFolder(folder: string, signal: AbortSignal): Promise<FolderClaim> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "processes.json");
  const previous = await readRecord(path);
  if (previous !== undefined) {
    if (await isAlive(previous.owner)) {
      throw new ClusterError("folder-in-use", `${folder} belongs to process ${previous.owner.pid}, which still runs`);
    }
    await Promise.all(previous.programs.map(async (program) => await killLeftover(program, signal)));
  }
  const owner = await describeProcess("owner", process.pid);
  await writeRecord(path, { owner, programs: [] });
  return {
    record: async (pids) => {
      const programs = [...pids].map(async ([name, pid]) => await describeProcess(name, pid));
      await writeRecord(path, { owner, programs: (await Promise.all(programs)).filter(({ identity }) => identity) });
    },
    release: async () => await rm(path, { force: true }),
  };
}

async function isAlive({ pid, identity }: ProcessRecord): Promise<boolean> {
  return (await processIdentity(pid)) === identity;
}

/** Kills the whole process group, which is the program's own: programs are started as leaders of one. */
async function killLeftover(program: ProcessRecord, signal: AbortSignal): Promise<void> {
  if (!(await isAlive(program))) {
    return;
  }
  process.kill(-program.pid, "SIGKILL");
  await poll({
    what: `killing ${program.name} (process ${program.pid}) of an earlier run`,
    timeoutMs: killTimeoutMs,
    signal,
    probe: async () => ((await isAlive(program)) ? undefined : true),
  });
}

/** The identity is empty for a process that is gone already, and then matches none. */
async function describeProcess(name: string, pid: number): Promise<ProcessRecord> {
  return { name, pid, identity: (await processIdentity(pid)) ?? "" };
}

/** A record cut short by a crash names nobody; it is replaced whole, so it can only be an old or a foreign file. */
async function readRecord(path: string): Promise<z.infer<typeof recordSchema> | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
  return recordSchema.parse(JSON.parse(text));
}

async function writeRecord(path: string, record: z.infer<typeof recordSchema>): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
