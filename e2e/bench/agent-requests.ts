/** What an agent asked the API server, by the audit log. */
import { sleep } from "../../process/backoff.ts";
import { type AuditedRequest, auditOffset, readAudit } from "../clusters/audit.ts";

/** The API server writes its audit log a moment after it has answered. */
export const auditDelayMs = 300;
const restMs = 3000;

/** In order, from an offset of the log. */
export async function readAgentRequests(auditLogPath: string, sinceBytes: number): Promise<readonly AuditedRequest[]> {
  return readAudit({ auditLogPath, sinceBytes, userAgentPrefix: "gitplane-agent" });
}

/** Until nothing but watches was asked for a while. */
export async function untilAgentRests(auditLogPath: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const since = await auditOffset(auditLogPath);
    await sleep(restMs, signal);
    const asked = await readAgentRequests(auditLogPath, since);
    if (asked.every(({ verb }) => verb === "watch")) return;
  }
}
