/** What a plane requires of the traffic between its nodes, and what the target says of it: told, never enforced by the agent. */
import type { Running } from "./running.ts";

/** Nodes come and go without a revision, and each look is two requests. */
const defaultFreshMs = 10 * 60_000;

/** Looks where the plane requires it and the last look is long ago, and tells what it found. Nothing is told before the first round. */
export async function tellEncryption(
  running: Pick<Running, "agent" | "encryptionFreshMs" | "reporter">,
): Promise<void> {
  const { agent, encryptionFreshMs = defaultFreshMs, reporter } = running;
  const { applier, standing } = agent;
  if (standing.settings === undefined) return;
  if (standing.settings.transportEncryption === undefined) {
    delete standing.encryptionSeenAtMs;
    reporter.tellAbout({ encryption: undefined });
    return;
  }
  const nowMs = performance.now();
  if (standing.encryptionSeenAtMs !== undefined && nowMs - standing.encryptionSeenAtMs < encryptionFreshMs) return;
  const { log, signal, target } = applier;
  const encryption = await target.readEncryption({ signal });
  standing.encryptionSeenAtMs = nowMs;
  reporter.tellAbout({ encryption });
  if (encryption.state !== "on") log.warn({ ...encryption }, "the plane requires WireGuard between its nodes");
}
