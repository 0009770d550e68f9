/**
 * Clusters made by `kind`, where a Docker daemon answers. UNTESTED: this was written against kind's documentation on
 * machines without Docker (https://kind.sigs.k8s.io/docs/user/quick-start/); the built clusters are the ones tests run on.
 */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { ClusterError } from "./cluster-error.ts";
import type { Cluster } from "./cluster.ts";
import { openExistingCluster } from "./existing.ts";
import { runCommand } from "./run-command.ts";

export type CreateKindCluster = {
  readonly name: string;
  /** The cluster's own, for its kubeconfig. */
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
};

const deleteTimeoutMs = 60_000;

/** Throws `kind-failed` with what kind said. A cluster of that name left by an earlier run is deleted first. */
export async function createKindCluster({ name, folder, environment, signal }: CreateKindCluster): Promise<Cluster> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const kubeconfigPath = join(folder, "kubeconfig");
  const kindName = `gitplane-${name}`;
  const nameArguments = ["--name", kindName, "--kubeconfig", kubeconfigPath];
  const kind = async (signal: AbortSignal, ...words: string[]) =>
    await runKind([...words, ...nameArguments], environment, signal);
  // By then the caller's signal has done its work, so deleting gets one of its own.
  const remove = async () => await kind(AbortSignal.timeout(deleteTimeoutMs), "delete", "cluster");
  await remove();
  try {
    await kind(signal, "create", "cluster", "--wait", "120s");
    const cluster = await openExistingCluster({ name, kubeconfigPath, environment, signal });
    return { ...cluster, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function runKind(words: readonly string[], environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const result = await runCommand({ command: "kind", arguments: words, environment, signal });
  if (result.kind === "missing") {
    throw new ClusterError("kind-failed", "there is no kind command on the PATH");
  }
  if (result.exitCode !== 0) {
    throw new ClusterError("kind-failed", `kind ${words.join(" ")} failed:\n${result.stderr.slice(-2000)}`);
  }
}
