/**
 * Where this machine can get clusters from. Kubeconfigs that were given come first, because somebody asked for them; then
 * the programs built from Go modules, which the tests are written on; then kind.
 */

import { kubeProgramsPath } from "./build.ts";
import { isFolder } from "./cached-folder.ts";
import { foreignCrdsPath } from "./foreign-crds.ts";
import { findGo, requiredVersion } from "./go.ts";
import { runCommand } from "./run-command.ts";

export type ClusterSource =
  | { readonly kind: "built"; readonly reason: string; readonly isBuilt: boolean }
  | { readonly kind: "kubeconfigs"; readonly reason: string; readonly kubeconfigPaths: readonly string[] }
  | { readonly kind: "kind"; readonly reason: string }
  /** The reason says what was looked for and what to install. */
  | { readonly kind: "none"; readonly reason: string };

export type FindClusterSource = {
  /** Paths, one a cluster; empty when none were given. */
  readonly kubeconfigs: readonly string[];
  readonly signal: AbortSignal;
  /** Default: this process's. */
  readonly environment?: NodeJS.ProcessEnv;
};

const dockerTimeoutMs = 10_000;

/** Looks, and changes nothing: `isBuilt` false means that booting will first build for some minutes. */
export async function findClusterSource(find: FindClusterSource): Promise<ClusterSource> {
  const { kubeconfigs, signal, environment = process.env } = find;
  if (kubeconfigs.length > 0) {
    return {
      kind: "kubeconfigs",
      reason: `${kubeconfigs.length} kubeconfigs were given`,
      kubeconfigPaths: kubeconfigs,
    };
  }
  const canRunPrograms = process.platform !== "win32";
  if (canRunPrograms && (await isEverythingCached(environment))) {
    return { kind: "built", reason: "the Kubernetes programs are built", isBuilt: true };
  }
  const go = await findGo({ environment, signal });
  if (canRunPrograms && go.kind === "found") {
    return { kind: "built", reason: `${go.version} can build the Kubernetes programs`, isBuilt: false };
  }
  const lacks = await findWhatKindLacks(environment, signal);
  if (lacks === undefined) {
    return { kind: "kind", reason: "a Docker daemon answers and kind is installed" };
  }
  const goSentence = go.kind === "too-old" ? `Go is too old (${go.version})` : "there is no Go";
  return {
    kind: "none",
    reason:
      `no clusters can be had here: ${canRunPrograms ? goSentence : "the programs do not run on Windows"}, and ${lacks}. ` +
      `Install Go ${requiredVersion()} or newer, or Docker and kind, or give kubeconfigs of clusters that may be changed`,
  };
}

async function isEverythingCached(environment: NodeJS.ProcessEnv): Promise<boolean> {
  const paths = [await kubeProgramsPath(environment), await foreignCrdsPath(environment)];
  return (await Promise.all(paths.map(isFolder))).every(Boolean);
}

/** The client's presence says nothing about a daemon; `docker info` does. */
async function findWhatKindLacks(environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<string | undefined> {
  const either = AbortSignal.any([signal, AbortSignal.timeout(dockerTimeoutMs)]);
  try {
    const docker = await runCommand({ command: "docker", arguments: ["info"], environment, signal: either });
    if (docker.kind === "missing" || docker.exitCode !== 0) {
      return docker.kind === "missing" ? "there is no Docker" : "no Docker daemon answers";
    }
  } catch {
    signal.throwIfAborted();
    return `Docker does not answer within ${dockerTimeoutMs / 1000} s`;
  }
  const kind = await runCommand({ command: "kind", arguments: ["version"], environment, signal });
  return kind.kind === "missing" ? "Docker answers but there is no kind" : undefined;
}
