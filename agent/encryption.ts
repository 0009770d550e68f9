/** What a plane requires of the traffic between its nodes, and what the target says of it: told, never enforced by the agent. */
import type { Agent } from "./reconcile.ts";
import type { Reporter } from "./report.ts";

/** A revision that comes sooner after the last look has none of its own: nodes come and go, and each look is two requests. */
const freshMs = 10 * 60_000;

export async function tellEncryption({ applier, standing }: Agent, reporter: Reporter): Promise<void> {
  if (standing.settings?.transportEncryption === undefined) {
    delete standing.encryptionSeenAtMs;
    reporter.tellAbout({ encryption: undefined });
    return;
  }
  const nowMs = performance.now();
  if (standing.encryptionSeenAtMs !== undefined && nowMs - standing.encryptionSeenAtMs < freshMs) return;
  const { log, signal, target } = applier;
  const encryption = await target.readEncryption({ signal });
  standing.encryptionSeenAtMs = nowMs;
  reporter.tellAbout({ encryption });
  if (encryption.state !== "on") log.warn({ ...encryption }, "the plane requires WireGuard between its nodes");
}
