/** `gitplane serve`: the Git host, and the reconcile loop in a process of its own. */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { exitCodes, type ExitCode } from "../../process/exit-codes.ts";
import { openLog } from "../../process/log.ts";
import { mergeMetrics, openRegistry } from "../../process/metrics.ts";
import { startHost } from "../host/start-host.ts";
import { ReconcileProcess } from "../loop/reconcile-process.ts";
import type { MachineCommitMode } from "../machine-commit/commit-edits.ts";
import { addressFile, defaultDataFolder } from "./access.ts";

export type ServeOptions = {
  readonly data?: string;
  readonly address: string;
  readonly port: number;
  readonly poll: number;
  readonly machineCommits: MachineCommitMode;
};

/** Runs until the signal; throws when the port or the data folder cannot be used. */
export async function serve(options: ServeOptions, signal: AbortSignal): Promise<ExitCode> {
  const log = openLog();
  const dataDir = resolve(options.data ?? defaultDataFolder());
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const metrics = openRegistry("host");
  let wake = (): void => {};
  let measure: ReconcileProcess["measure"] = async () => undefined;
  await using host = await startHost({
    dataDir,
    address: options.address,
    port: options.port,
    log,
    signal,
    onPush: ({ repository }) => {
      if (repository.kind === "specs") wake();
    },
    metrics: async () => mergeMetrics([await metrics.metrics(), (await measure()) ?? ""]),
  });
  const address = `${JSON.stringify({ url: host.url, pid: process.pid })}\n`;
  await writeAddress(dataDir, address);
  log.info(
    { url: host.url, specs: host.specs.url, credential: join(dataDir, "credentials", "people") },
    "the control plane is ready",
  );
  const { poll: pollMs, machineCommits } = options;
  const reconciling = new ReconcileProcess({ host, pollMs, machineCommits, log, signal });
  wake = () => reconciling.wake();
  measure = async () => reconciling.measure();
  try {
    await reconciling.run();
  } finally {
    await removeAddress(dataDir, address);
  }
  return exitCodes.done;
}

/** Whole or not at all, because other programs read it while we write. */
async function writeAddress(dataDir: string, address: string): Promise<void> {
  const file = join(dataDir, addressFile);
  await writeFile(`${file}.new`, address, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Only our own: another process may serve this folder by now. */
async function removeAddress(dataDir: string, address: string): Promise<void> {
  const file = join(dataDir, addressFile);
  const current = await readFile(file, "utf8").catch(() => undefined);
  if (current === address) await rm(file, { force: true });
}
