/**
 * The programs of a cluster, built once from e2e/kube into the user's cache. The built program is kept, not Go's caches of
 * 4 GB: after the first build neither Go nor a network is needed. Cold it costs 513 CPU-seconds, 4.5 minutes on two idle
 * cores.
 */

import { readdir, symlink } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";

import { cachePath, ensureCachedFolder, hashSources } from "./cached-folder.ts";
import { ClusterError } from "./cluster-error.ts";
import {
  downloadModule,
  findGo,
  kubeFolder,
  modulesUnreachable,
  requiredVersion,
  runGo,
  type GoCommand,
} from "./go.ts";
import { programNames } from "./programs.ts";
import { copyStages, handsOffLabels, stages } from "./stages.ts";

export type KubePrograms = {
  /** Holds `etcd`, `kube-apiserver`, `kube-controller-manager`, `kube-scheduler` and `kwok`. */
  readonly programsFolder: string;
  /** What KWOK does to nodes and pods, in order. */
  readonly stagePaths: readonly string[];
};

export type Build = GoCommand & { readonly onProgress: (line: string) => void };

const buildFlags = ["-trimpath", "-buildvcs=false", "-ldflags=-s -w"];
const coldBuildCpuSeconds = 513;
const progressEveryMs = 10_000;

/** Where the programs are, or will be once built: the name follows the sources and the machine's kind. */
export async function kubeProgramsPath(environment: NodeJS.ProcessEnv): Promise<string> {
  const sources = ["go.mod", "go.sum", "main.go"].map((name) => join(kubeFolder, name));
  const texts = [process.platform, process.arch, ...buildFlags, ...programNames, ...stages, ...handsOffLabels];
  return cachePath("kube", await hashSources(sources, texts), environment);
}

/**
 * Builds them if need be. Throws `go-missing` or `go-too-old` with what to install, `modules-unreachable` without a network,
 * `build-failed` with what the compiler said.
 */
export async function buildKubePrograms(build: Build): Promise<KubePrograms> {
  const path = await kubeProgramsPath(build.environment);
  await ensureCachedFolder({ path, fill: async (folder) => await fillProgramsFolder(folder, build) });
  const stagesFolder = join(path, "stages");
  const names = await readdir(stagesFolder);
  return { programsFolder: path, stagePaths: names.sort().map((name) => join(stagesFolder, name)) };
}

async function fillProgramsFolder(folder: string, build: Build): Promise<void> {
  await requireGo(build);
  using progress = reportProgress(build.onProgress);
  const go = { ...build, folder: kubeFolder };
  // Listing every package fetches every module, so that what fails afterwards is the build and not the network.
  await runGo({ ...go, arguments: ["list", "-deps", "-mod=readonly", "."] }, (complaints) =>
    modulesUnreachable(build.environment, complaints),
  );
  const output = join(folder, "kube");
  await runGo(
    { ...go, arguments: ["build", ...buildFlags, "-mod=readonly", "-o", output, "."] },
    (complaints) =>
      new ClusterError("build-failed", `the Kubernetes programs cannot be built; Go says:\n${complaints}`),
  );
  for (const name of programNames) {
    await symlink("kube", join(folder, name));
  }
  await copyStages(await downloadModule(go, "sigs.k8s.io/kwok"), join(folder, "stages"));
  progress.done();
}

async function requireGo(build: Build): Promise<void> {
  const go = await findGo(build);
  switch (go.kind) {
    case "found":
      return;
    case "missing":
      throw new ClusterError("go-missing", `building the cluster's programs needs Go ${requiredVersion()} or newer`);
    case "too-old":
      throw new ClusterError(
        "go-too-old",
        `building the cluster's programs needs Go ${requiredVersion()} or newer, and this is ${go.version}`,
      );
  }
}

type Progress = { readonly done: () => void; readonly [Symbol.dispose]: () => void };

function reportProgress(onProgress: (line: string) => void): Progress {
  const startedAtMs = performance.now();
  const estimate = formatElapsed((coldBuildCpuSeconds / Math.min(availableParallelism(), 8)) * 1000);
  const elapsed = () => formatElapsed(performance.now() - startedAtMs);
  const what = "building the Kubernetes programs";
  onProgress(`${what}, once for this version: about ${estimate} on this machine when it is idle and has no Go cache`);
  const timer = setInterval(() => onProgress(`${what}: ${elapsed()} of about ${estimate}`), progressEveryMs);
  return { done: () => onProgress(`${what}: done in ${elapsed()}`), [Symbol.dispose]: () => clearInterval(timer) };
}

function formatElapsed(elapsedMs: number): string {
  const seconds = Math.round(elapsedMs / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
