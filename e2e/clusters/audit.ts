/**
 * Counts what an API server was asked, from its own audit log: the one witness that a test's subject cannot flatter.
 * https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/
 */

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { z } from "zod";

/** Who asked what, without bodies. The first stage says nothing that a later one does not. */
export const auditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [{ level: "Metadata" }],
} as const;

export type AuditedRequest = {
  readonly userAgent: string;
  readonly user: string;
  /** As Kubernetes says: get, list, watch, create, update, patch, delete, deletecollection. */
  readonly verb: string;
  readonly url: string;
  /** HTTP status. */
  readonly status: number;
  readonly receivedAt: string;
};

export type AuditWindow = {
  readonly auditLogPath: string;
  /** From `auditOffset`, to leave out what came before. Default 0. */
  readonly sinceBytes?: number;
  readonly userAgentPrefix?: string;
  readonly verb?: string;
};

const eventSchema = z.object({
  stage: z.string(),
  verb: z.string(),
  requestURI: z.string(),
  userAgent: z.string().default(""),
  user: z.object({ username: z.string().default("") }),
  objectRef: z.object({ subresource: z.string().optional() }).optional(),
  responseStatus: z.object({ code: z.int().default(0) }).optional(),
  requestReceivedTimestamp: z.string(),
});

/** Requests that last: they are logged twice, when the answer starts and when it ends, and the start is what counts. */
const lastingSubresources = new Set(["attach", "exec", "log", "portforward", "proxy"]);

/** The log's size in bytes: everything up to now. */
export async function auditOffset(auditLogPath: string): Promise<number> {
  return (await stat(auditLogPath)).size;
}

/** The requests of the window, each once, in the order of their ends (of their starts, for watches). */
export async function readAudit(window: AuditWindow): Promise<AuditedRequest[]> {
  const { auditLogPath, sinceBytes = 0, userAgentPrefix = "", verb } = window;
  const requests: AuditedRequest[] = [];
  const stream = createReadStream(auditLogPath, { start: sinceBytes, encoding: "utf8" });
  let pending: string | undefined;
  const take = (line: string) => {
    const request = parseEvent(line);
    if (request?.userAgent.startsWith(userAgentPrefix) && (verb === undefined || request.verb === verb)) {
      requests.push(request);
    }
  };
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
    if (pending !== undefined) {
      take(pending);
    }
    pending = line;
  }
  // The server may be in the middle of the last line; it is whole if it ends as a JSON object does and parses.
  if (pending !== undefined && isWhole(pending)) {
    take(pending);
  }
  return requests;
}

export async function countRequests(window: AuditWindow): Promise<number> {
  return (await readAudit(window)).length;
}

function parseEvent(line: string): AuditedRequest | undefined {
  const event = eventSchema.parse(JSON.parse(line));
  const lasts = event.verb === "watch" || lastingSubresources.has(event.objectRef?.subresource ?? "");
  if (lasts && event.stage !== "ResponseStarted") {
    return undefined;
  }
  return {
    userAgent: event.userAgent,
    user: event.user.username,
    verb: event.verb,
    url: event.requestURI,
    status: event.responseStatus?.code ?? 0,
    receivedAt: event.requestReceivedTimestamp,
  };
}

function isWhole(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
