import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { addressFile } from "./access.ts";
import { serve } from "./serve.ts";

let data: string;

beforeEach(async () => {
  vi.stubEnv("GITPLANE_LOG_LEVEL", "silent");
  data = await mkdtemp(join(tmpdir(), "serve-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(data, { recursive: true });
});

const readAddress = async (): Promise<string | undefined> =>
  readFile(join(data, addressFile), "utf8").catch(() => undefined);

/** Serves until `meanwhile`, which begins once the address is there, has ended. */
async function serveDuring(meanwhile: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const serving = serve({ data, address: "127.0.0.1", port: 0, poll: 60_000, machineCommits: "direct" }, stop.signal);
  await vi.waitUntil(readAddress, { timeout: 10_000, interval: 10 });
  await meanwhile();
  stop.abort();
  await serving;
}

test("removes its address when it ends", async () => {
  await serveDuring(async () => {
    expect(JSON.parse((await readAddress()) ?? "")).toMatchObject({ pid: process.pid });
  });
  expect(await readAddress()).toBeUndefined();
});

test("leaves the address of another process that serves the same folder", async () => {
  const other = `${JSON.stringify({ url: "http://127.0.0.1:1", pid: 1 })}\n`;
  await serveDuring(async () => writeFile(join(data, addressFile), other));
  expect(await readAddress()).toBe(other);
});
