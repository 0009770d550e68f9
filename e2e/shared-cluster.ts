/**
 * One real cluster for all end-to-end tests, booted before the first and stopped after the last. Tests find it by
 * environment variables; they keep apart by the organizations that they invent.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bootClusters, disposeClusters } from "./clusters/clusters.ts";
import { findTestSource } from "./clusters/test-source.ts";

const bootTimeoutMs = 1_500_000;

export async function setup(): Promise<() => Promise<void>> {
  const source = await findTestSource("everything that needs a real cluster");
  if (source.kind === "none") return async () => undefined;
  const dataDir = await mkdtemp(join(tmpdir(), "gitplane-e2e-"));
  const clusters = await bootClusters({
    names: ["shared"],
    dataDir,
    data: "wipe",
    source,
    audit: true,
    onProgress: (line) => process.stderr.write(`${line}\n`),
    signal: AbortSignal.timeout(bootTimeoutMs),
  });
  const [cluster] = clusters;
  if (cluster !== undefined) {
    process.env["GITPLANE_TEST_KUBECONFIG"] = cluster.kubeconfigPath;
    if (cluster.auditLogPath !== undefined) process.env["GITPLANE_TEST_AUDIT_LOG"] = cluster.auditLogPath;
  }
  return async () => {
    await disposeClusters(clusters);
    await rm(dataDir, { recursive: true, force: true });
  };
}
