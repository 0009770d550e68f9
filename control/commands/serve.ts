/** `gitplane serve`: a Git host with the reconcile loop in a process of its own, or the loop on repositories of other Git servers. */
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { exitCodes, type ExitCode } from "../../process/exit-codes.ts";
import { type Log, openLog } from "../../process/log.ts";
import { mergeMetrics, openRegistry } from "../../process/metrics.ts";
import { programId } from "../../process/program-id.ts";
import { MemoryFile } from "../engine/memory-file.ts";
import { startHost } from "../host/start-host.ts";
import { ReconcileProcess } from "../loop/reconcile-process.ts";
import type { MachineCommitMode } from "../machine-commit/commit-edits.ts";
import { runReconcileLoop } from "../reconcile-loop.ts";
import { openRemoteForge } from "../remote-forge.ts";
import { type Access, defaultDataFolder, findRemotes, type RemoteAccessOptions } from "./access.ts";
import { holdAddress } from "./address.ts";

export type ServeOptions = RemoteAccessOptions & {
  readonly data?: string;
  readonly address: string;
  readonly port: number;
  readonly poll?: number;
  readonly machineCommits: MachineCommitMode;
};

/** With its own host a push wakes the loop, and polling only makes up for what a crash lost; elsewhere polling is all there is. */
export const hostPollMs = 30_000;
export const remotePollMs = 5000;

type Serving = { readonly dataDir: string; readonly log: Log; readonly signal: AbortSignal };

/** Runs until the signal; throws when the port or the data folder cannot be used. */
export async function serve(options: ServeOptions, signal: AbortSignal): Promise<ExitCode> {
  const log = openLog();
  const remotes = await findRemotes(options);
  const dataDir = resolve(options.data ?? defaultDataFolder());
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const serving = { dataDir, log, signal };
  await (remotes === undefined ? serveHost(options, serving) : serveRemotes(options, remotes, serving));
  return exitCodes.done;
}

async function serveHost(options: ServeOptions, { dataDir, log, signal }: Serving): Promise<void> {
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
  await using _address = await holdAddress(dataDir, { url: host.url });
  log.info(
    { url: host.url, specs: host.specs.url, credential: join(dataDir, "credentials", "people") },
    "the control plane is ready",
  );
  const { machineCommits, poll: pollMs = hostPollMs } = options;
  const reconciling = new ReconcileProcess({
    host,
    memoryPath: memoryPath(dataDir),
    pollMs,
    machineCommits,
    log,
    signal,
  });
  wake = () => reconciling.wake();
  measure = async () => reconciling.measure();
  await reconciling.run();
}

async function serveRemotes(options: ServeOptions, access: Access, { dataDir, log, signal }: Serving): Promise<void> {
  const { specs, state } = access;
  await using forge = await openRemoteForge({ dataDir, specs, state, log, signal });
  await using _address = await holdAddress(dataDir, {
    specs: specs.url,
    state: state.url,
    credentialFile: options.credentialFile && resolve(options.credentialFile),
    stateCredentialFile: options.stateCredentialFile && resolve(options.stateCredentialFile),
  });
  log.info(
    { specs: specs.url, state: state.url },
    "the control plane is ready; all planes' branches are in one state repository: whoever may read one of them there may read them all",
  );
  const { machineCommits, poll: pollMs = remotePollMs } = options;
  const memoryFile = new MemoryFile(memoryPath(dataDir), programId());
  await runReconcileLoop({ forge, log, signal, pollMs, machineCommits, memoryFile, onWake: () => undefined });
}

/** Beside the repositories: it may be taken away at any time. */
function memoryPath(dataDir: string): string {
  return join(dataDir, "known-releases");
}
