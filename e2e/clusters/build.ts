/**
 * The programs of a cluster, built once from e2e/kube into the user's cache. The built program is kept, not Go's caches of
 * 4 GB: after the first build neither Go nor a network is needed. Cold it costs 513 CPU-seconds, 4.5 minutes on two idle
 * cores.
 */

import { readdir, symlink } from "node:fs/promises";
import { join } from "node:path";

import { type Build, buildFlags, buildProgram } from "./build-program.ts";
import { cachePath, ensureCachedFolder, hashSources } from "./cached-folder.ts";
import { downloadModule, kubeFolder } from "./go.ts";
import { programNames } from "./programs.ts";
import { copyStages, handsOffLabels, stages } from "./stages.ts";

export type KubePrograms = {
  /** Holds `etcd`, `kube-apiserver`, `kube-controller-manager`, `kube-scheduler` and `kwok`. */
  readonly programsFolder: string;
  /** What KWOK does to nodes and pods, in order. */
  readonly stagePaths: readonly string[];
};

/** Where the programs are, or will be once built: the name follows the sources and the machine's kind. */
export async function kubeProgramsPath(environment: NodeJS.ProcessEnv): Promise<string> {
  const sources = ["go.mod", "go.sum", "main.go"].map((name) => join(kubeFolder, name));
  const texts = [process.platform, process.arch, ...buildFlags, ...programNames, ...stages, ...handsOffLabels];
  return cachePath("kube", await hashSources(sources, texts), environment);
}

/** Builds them if need be. Throws as `buildProgram` does. */
export async function buildKubePrograms(build: Build): Promise<KubePrograms> {
  const path = await kubeProgramsPath(build.environment);
  await ensureCachedFolder({ path, fill: async (folder) => await fillProgramsFolder(folder, build) });
  const stagesFolder = join(path, "stages");
  const names = await readdir(stagesFolder);
  return { programsFolder: path, stagePaths: names.sort().map((name) => join(stagesFolder, name)) };
}

async function fillProgramsFolder(folder: string, build: Build): Promise<void> {
  await buildProgram(build, {
    folder: kubeFolder,
    output: join(folder, "kube"),
    what: "the Kubernetes programs",
    coldCpuSeconds: 513,
  });
  for (const name of programNames) {
    await symlink("kube", join(folder, name));
  }
  await copyStages(await downloadModule({ ...build, folder: kubeFolder }, "sigs.k8s.io/kwok"), join(folder, "stages"));
}
