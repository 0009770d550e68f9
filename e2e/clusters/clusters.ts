/** Several clusters at once, from whichever source the machine has, for `npm start` and the end-to-end tests. */

import { join } from "node:path";

import { buildKubePrograms } from "./build.ts";
import { bootBuiltCluster } from "./built-cluster.ts";
import { ClusterError } from "./cluster-error.ts";
import type { ClusterSource } from "./cluster-source.ts";
import type { Cluster, ClusterExtent } from "./cluster.ts";
import { openExistingCluster } from "./existing.ts";
import { fetchForeignCrds } from "./foreign-crds.ts";
import { createKindCluster } from "./kind.ts";

export type BootClusters = {
  /** Lower-case DNS labels, all different; a cluster's folder is `<dataDir>/<name>`. */
  readonly names: readonly string[];
  readonly dataDir: string;
  /** `keep` boots again what an earlier run left there; `wipe` starts empty. Default `keep`. */
  readonly data?: "keep" | "wipe";
  readonly source: ClusterSource;
  /** Lines for people, without a line end. */
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
  /** Whether the API servers write an audit log; only built clusters do. Default false. */
  readonly audit?: boolean;
  /** What runs in a built cluster; others are as they are. Default whole. */
  readonly extent?: ClusterExtent;
  /** Default: this process's. */
  readonly environment?: NodeJS.ProcessEnv;
};

type BootOne = (name: string) => Promise<Cluster>;

const clusterName = /^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/u;

/**
 * The clusters in the order of their names, each ready for pods and Gateway API objects. When one fails, the others are
 * stopped and the first error is thrown: a ClusterError (see its codes), ApiError, or the signal's reason.
 */
export async function bootClusters(boot: BootClusters): Promise<Cluster[]> {
  const invalid = boot.names.find((name) => !clusterName.test(name));
  if (invalid !== undefined || new Set(boot.names).size !== boot.names.length) {
    throw new TypeError(`cluster names are different lower-case DNS labels, unlike ${boot.names.join(", ")}`);
  }
  const failed = new AbortController();
  const bootOne = await prepare({ ...boot, signal: AbortSignal.any([boot.signal, failed.signal]) });
  const timed = async (name: string) => {
    const startedAtMs = performance.now();
    const cluster = await bootOne(name);
    boot.onProgress(`cluster ${name}: ready in ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`);
    return cluster;
  };
  const boots = boot.names.map(async (name) => {
    try {
      return await timed(name);
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
  const results = await Promise.allSettled(boots);
  const clusters = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  if (clusters.length < boot.names.length) {
    await disposeClusters(clusters);
    failed.signal.throwIfAborted();
  }
  return clusters;
}

/** Stops them all at once. */
export async function disposeClusters(clusters: readonly Cluster[]): Promise<void> {
  await Promise.all(clusters.map(async (cluster) => await cluster[Symbol.asyncDispose]()));
}

/** What is done once for all clusters; the answer boots one. */
async function prepare(boot: BootClusters): Promise<BootOne> {
  const { source, environment = process.env, signal } = boot;
  switch (source.kind) {
    case "none":
      throw new ClusterError("no-source", source.reason);
    case "kubeconfigs":
      return prepareExisting(boot, source.kubeconfigPaths);
    case "kind":
      return async (name) => await createKindCluster({ name, folder: join(boot.dataDir, name), environment, signal });
    case "built":
      return await prepareBuilt(boot);
  }
}

async function prepareBuilt(boot: BootClusters): Promise<BootOne> {
  const { environment = process.env, signal, onProgress, audit: isAudited = false, extent = "whole" } = boot;
  const programs = await buildKubePrograms({ environment, signal, onProgress });
  const crdsFolder = await fetchForeignCrds({ environment, signal });
  return async (name) => {
    const folder = join(boot.dataDir, name);
    const data = boot.data ?? "keep";
    return await bootBuiltCluster({ name, folder, data, programs, crdsFolder, isAudited, extent, signal });
  };
}

function prepareExisting(boot: BootClusters, kubeconfigPaths: readonly string[]): BootOne {
  const { names, environment = process.env, signal } = boot;
  if (kubeconfigPaths.length < names.length) {
    throw new ClusterError(
      "kubeconfigs-too-few",
      `${names.length} clusters are needed (${names.join(", ")}) and ${kubeconfigPaths.length} kubeconfigs were given`,
    );
  }
  const pathByName = new Map(names.map((name, index) => [name, kubeconfigPaths[index] ?? ""]));
  return async (name) =>
    await openExistingCluster({ name, kubeconfigPath: pathByName.get(name) ?? "", environment, signal });
}
