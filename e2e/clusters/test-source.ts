/** The clusters an end-to-end test runs on, or a loud word about why it does not run. */

import { delimiter } from "node:path";

import { findClusterSource, type ClusterSource } from "./cluster-source.ts";

/** Kubeconfig paths, separated as PATH is, of clusters that tests may change. */
const kubeconfigsVariable = "GITPLANE_TEST_KUBECONFIGS";
const findTimeoutMs = 30_000;

/**
 * For `describe.skipIf(source.kind === "none")`. A skip is written to standard error, with what to install, because a test
 * that did not run must not look like one that passed.
 */
export async function findTestSource(subject: string): Promise<ClusterSource> {
  const kubeconfigs = (process.env[kubeconfigsVariable] ?? "").split(delimiter).filter((path) => path !== "");
  const source = await findClusterSource({ kubeconfigs, signal: AbortSignal.timeout(findTimeoutMs) });
  if (source.kind === "none") {
    process.stderr.write(`\nSKIPPED: ${subject}: ${source.reason} (${kubeconfigsVariable}).\n\n`);
  }
  return source;
}
