/** From a command line to an agent with its parts open: the local clone, the credential, the cluster. */
import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { basicAuthorization } from "../git/native/environment.ts";
import { openNativeRepository } from "../git/native/open.ts";
import { type Credential, parseCredential } from "../git/native/remote-url.ts";
import { parseDurationMs } from "../process/duration.ts";
import { ExitError, exitCodes } from "../process/exit-codes.ts";
import type { Log } from "../process/log.ts";
import { registerSecret } from "../process/redact.ts";
import { readGivenSecret } from "../process/secret-file.ts";
import { packageVersion } from "../process/version.ts";
import { parsePlane, type PlaneId, planeKey } from "../schemas/layout.ts";
import { defaultBackoff } from "./attempt.ts";
import { Inventory } from "./inventory.ts";
import { openKubernetesTarget, type KubernetesSource } from "./kubernetes/kubernetes-target.ts";
import { Memory } from "./memory.ts";
import type { RequestsByVerb } from "./requests.ts";
import { standInRecord } from "./receipts.ts";
import type { Agent } from "./reconcile.ts";
import { addPowerOptions, impersonatedUser, type PowerOptions, readCeiling } from "./power-options.ts";
import { RecordKeeper } from "./record.ts";
import { Slots } from "./slots.ts";

export type PlaneOptions = {
  readonly plane: PlaneId;
  readonly repository: string;
  readonly credentialFile?: string;
  readonly authorityFile?: string;
  readonly data: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly concurrency: number;
} & PowerOptions;

/** The options that `run` and `plan` share. */
export function addPlaneOptions(command: Command): Command {
  return addPowerOptions(command)
    .exitOverride()
    .addOption(planeOption())
    .requiredOption(
      "--repository <url>",
      "the plane's own repository, as http://HOST/planes/KIND/ORGANIZATION/NAME.git",
    )
    .option("--credential-file <file>", "token for the repository, or user:token, in a file that others cannot read")
    .option("--authority-file <file>", "PEM file of authorities to trust instead of the system's")
    .requiredOption("--data <folder>", "folder of the local clone, on a volume that outlives the process")
    .option("--kubeconfig <file>", "cluster to apply to (default: the one that this runs in)")
    .option("--context <name>", "context of the kubeconfig")
    .addOption(
      new Option("--concurrency <number>", "objects applied at once, at most").default(64).argParser(readConcurrency),
    );
}

export function planeOption(): Option {
  return new Option("--plane <kind/organization/name>", "the plane to serve")
    .argParser(readPlane)
    .makeOptionMandatory();
}

function readPlane(text: string): PlaneId {
  const plane = parsePlane(text);
  if (plane === undefined) throw new InvalidArgumentError("Give it as <kind>/<organization>/<name>.");
  return plane;
}

function readConcurrency(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 256)
    throw new InvalidArgumentError("Give a number from 1 to 256.");
  return count;
}

export function readDuration(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms === 0) throw new InvalidArgumentError("Give a duration such as 30s, 5m or 1h.");
  return ms;
}

export type OpenAgent = AsyncDisposable & {
  readonly agent: Agent;
  readonly agentVersion: string;
  readonly instance: string;
  /** For the repository's web host. */
  readonly authorization: string | undefined;
  /** To the API server, since the start. */
  readonly requestsByVerb: () => RequestsByVerb;
  /** Tidies the local clone. */
  readonly maintain: () => Promise<unknown>;
};

/** Opens the parts; sends nothing yet. */
export async function openAgent(
  options: PlaneOptions,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): Promise<OpenAgent> {
  const { plane } = options;
  const credential = await readCredential(options);
  const agentVersion = packageVersion();
  const ceiling = await readCeiling(options);
  const impersonate = impersonatedUser(options);
  await using stack = new AsyncDisposableStack();
  const target = stack.use(
    await openKubernetesTarget({
      source: readSource(options),
      plane,
      agentVersion,
      concurrency: options.concurrency,
      impersonate,
    }),
  );
  const repository = stack.use(await openClone(options, credential));
  const agent: Agent = {
    plane,
    ceiling,
    repository,
    inventory: new Inventory(),
    standing: { unsettled: new Set() },
    memory: new Memory(new RecordKeeper(target, (uid) => standInRecord(repository, plane, uid))),
    applier: {
      target,
      plane,
      slots: new Slots(options.concurrency),
      log,
      signal,
      definitionWaitMs: 30_000,
      backoff: defaultBackoff,
      retries: 4,
      random: Math.random,
    },
  };
  const parts = stack.move();
  const authorization = credential === undefined ? undefined : basicAuthorization(credential);
  return {
    agent,
    agentVersion,
    instance: randomUUID(),
    authorization,
    requestsByVerb: () => target.requestsByVerb,
    maintain: async () => await repository.maintain(),
    [Symbol.asyncDispose]: async () => await parts.disposeAsync(),
  };
}

async function readCredential({ credentialFile, plane }: PlaneOptions): Promise<Credential | undefined> {
  if (credentialFile === undefined) return undefined;
  const given = await readGivenSecret(credentialFile);
  const credential = given === undefined ? undefined : parseCredential(given, planeKey(plane));
  if (credential === undefined) throw new ExitError(exitCodes.usage, `there is no credential file ${credentialFile}`);
  registerSecret(credential.token);
  registerSecret(basicAuthorization(credential));
  return credential;
}

function readSource({ kubeconfig, context }: PlaneOptions): KubernetesSource {
  if (kubeconfig === undefined) return { kind: "in-cluster", env: process.env };
  return { kind: "kubeconfig", path: kubeconfig, ...(context === undefined ? {} : { context }) };
}

/** The clone is told nothing of the program's signal: the last receipts are pushed after it. */
async function openClone(
  { data, repository: url, authorityFile, plane }: PlaneOptions,
  credential: Credential | undefined,
): ReturnType<typeof openNativeRepository> {
  const folder = resolve(data);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${planeKey(plane)}.git`);
  // A reader of packs is needed when a process starts; what comes later is read without one.
  const limits = { idleProcessMs: 5000 };
  return await openNativeRepository({ path, create: true, remote: { url, credential, authorityFile }, limits });
}
