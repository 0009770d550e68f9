import { expect, test } from "vitest";
import { parseMetricsAddress } from "./metrics-address.ts";
import { serveMetrics } from "./metrics-server.ts";

test("answers GET /metrics and nothing else, until disposed", async () => {
  const server = await serveMetrics({ host: "127.0.0.1", port: 0 }, async () => "a 1\n");
  const found = await fetch(server.url);
  expect([found.status, found.headers.get("content-type"), await found.text()]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
    "a 1\n",
  ]);
  expect((await fetch(new URL("/", server.url))).status).toBe(404);
  expect((await fetch(server.url, { method: "POST" })).status).toBe(404);
  await server[Symbol.asyncDispose]();
  await expect(fetch(server.url)).rejects.toThrow("fetch failed");
});

test.each([
  { text: "127.0.0.1:9100", expected: { host: "127.0.0.1", port: 9100 } },
  { text: "[::1]:9100", expected: { host: "::1", port: 9100 } },
  { text: "localhost:0", expected: { host: "localhost", port: 0 } },
  { text: "9100", expected: undefined },
  { text: "::1:9100", expected: undefined },
  { text: "127.0.0.1:65536", expected: undefined },
  { text: "http://127.0.0.1:1", expected: undefined },
])("reads $text as an address, or refuses it", ({ text, expected }) => {
  expect(parseMetricsAddress(text)).toEqual(expected);
});
