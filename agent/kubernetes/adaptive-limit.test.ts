import { describe, expect, test } from "vitest";
import { AdaptiveLimit } from "./adaptive-limit.ts";

/** Answers as many requests as a server of this capacity would, each with a latency that the queue in it makes. */
function run(
  limit: AdaptiveLimit,
  requests: number,
  server: { readonly baseMs: number; readonly capacity: number },
): void {
  for (let sent = 0; sent < requests; sent += 1) {
    const underWay = limit.current;
    const tookMs = server.baseMs * Math.max(1, underWay / server.capacity);
    limit.note({ tookMs, isRefused: false }, underWay - 1);
  }
}

test("grows to the most that is allowed while the answers take no longer", () => {
  const limit = new AdaptiveLimit({ least: 1, most: 64 });
  run(limit, 1000, { baseMs: 20, capacity: 1000 });
  expect(limit.current).toBe(64);
});

test("stays near what a server does at once, since more only waits in it", () => {
  const limit = new AdaptiveLimit({ least: 1, most: 64 });
  run(limit, 3000, { baseMs: 5, capacity: 12 });
  expect(limit.current).toBeGreaterThanOrEqual(8);
  expect(limit.current).toBeLessThanOrEqual(26);
});

test("goes down when the same server gets slower, and up again with it", () => {
  const limit = new AdaptiveLimit({ least: 1, most: 64 });
  run(limit, 1000, { baseMs: 10, capacity: 1000 });
  run(limit, 400, { baseMs: 60, capacity: 1000 });
  expect(limit.current).toBeLessThan(32);
  run(limit, 3000, { baseMs: 10, capacity: 1000 });
  expect(limit.current).toBe(64);
});

describe("a refusal", () => {
  test("halves it once, however many of the requests under way are refused too", () => {
    const limit = new AdaptiveLimit({ least: 1, most: 64 });
    run(limit, 1000, { baseMs: 20, capacity: 1000 });
    for (let refused = 0; refused < 64; refused += 1) limit.note({ tookMs: 1, isRefused: true }, 63 - refused);
    expect(limit.current).toBe(32);
  });

  test("halves it down to one, and never below", () => {
    const limit = new AdaptiveLimit({ least: 1, most: 64 });
    for (let refused = 0; refused < 20; refused += 1) limit.note({ tookMs: 1, isRefused: true }, 0);
    expect(limit.current).toBe(1);
  });
});

test("takes a server that has become slower for good for what it is", () => {
  const limit = new AdaptiveLimit({ least: 1, most: 64 });
  run(limit, 1000, { baseMs: 10, capacity: 1000 });
  run(limit, 3000, { baseMs: 60, capacity: 1000 });
  expect(limit.current).toBe(64);
});

test("does not grow by answers to less than it allows", () => {
  const limit = new AdaptiveLimit({ least: 1, most: 64 });
  for (let sent = 0; sent < 500; sent += 1) limit.note({ tookMs: 5, isRefused: false }, 0);
  expect(limit.current).toBe(8);
});
