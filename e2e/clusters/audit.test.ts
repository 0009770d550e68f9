import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import { auditOffset, countRequests, readAudit } from "./audit.ts";

let folder: string;
let auditLogPath: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gitplane-audit-"));
  auditLogPath = join(folder, "audit.log");
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("a watch counts when it starts, everything else when it ends, and a refused watch too", async () => {
  await writeLog(
    event({ verb: "watch", stage: "ResponseStarted" }),
    event({ verb: "watch", stage: "ResponseStarted", code: 403 }),
    event({ verb: "watch", stage: "ResponseComplete" }),
    event({ verb: "get", stage: "ResponseComplete", code: 404 }),
    event({ verb: "patch", stage: "Panic", code: 500 }),
  );
  expect((await readAudit({ auditLogPath })).map(({ verb, status }) => `${verb} ${status}`)).toEqual([
    "watch 200",
    "watch 403",
    "get 404",
    "patch 500",
  ]);
});

test.each([
  ["the prefix of the user agent", { userAgentPrefix: "agent/" }, 2],
  ["the verb", { verb: "patch" }, 2],
  ["both", { userAgentPrefix: "agent/", verb: "patch" }, 1],
])("%s narrows the count", async (_, window, count) => {
  await writeLog(
    event({ userAgent: "agent/1", verb: "get" }),
    event({ userAgent: "agent/2", verb: "patch" }),
    event({ userAgent: "kubectl/1 agent/", verb: "patch" }),
  );
  expect(await countRequests({ auditLogPath, ...window })).toBe(count);
});

test("what was before the offset does not count, nor a line the server is still writing", async () => {
  await writeLog(event({}), event({}));
  const sinceBytes = await auditOffset(auditLogPath);
  expect(await countRequests({ auditLogPath, sinceBytes })).toBe(0);
  await appendFile(auditLogPath, `${event({})}\n${event({}).slice(0, 40)}`);
  expect(await countRequests({ auditLogPath, sinceBytes })).toBe(1);
});

type Event = { readonly userAgent?: string; readonly verb?: string; readonly stage?: string; readonly code?: number };

function event({ userAgent = "agent/1", verb = "get", stage = "ResponseComplete", code = 200 }: Event): string {
  return JSON.stringify({
    kind: "Event",
    stage,
    requestURI: "/api/v1/namespaces",
    verb,
    user: { username: "administrator" },
    userAgent,
    objectRef: { resource: "namespaces" },
    responseStatus: { code },
    requestReceivedTimestamp: "2026-01-01T00:00:00.000000Z",
  });
}

async function writeLog(...lines: string[]): Promise<void> {
  await writeFile(auditLogPath, lines.map((line) => `${line}\n`).join(""));
}
