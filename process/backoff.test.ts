import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffDelayMs, sleep } from "./backoff.ts";

describe("backoffDelayMs", () => {
  const backoff = { baseMs: 100, capMs: 5000 };

  it.each([
    [0, 0.5, 50],
    [1, 0.5, 100],
    [5, 0.5, 1600],
    [6, 0.5, 2500],
    [5000, 0.5, 2500],
    [3, 0, 0],
  ])("at attempt %i with random %d waits %i ms", (attempt, random, expected) => {
    expect(backoffDelayMs(backoff, attempt, () => random)).toBe(expected);
  });

  it("never exceeds the cap and never is negative", () => {
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, random) => {
        const delay = backoffDelayMs(backoff, attempt, () => random);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThan(backoff.capMs);
      }),
    );
  });
});

describe("sleep", () => {
  it("ends at once when already aborted and when aborted later", async () => {
    await expect(sleep(60_000, AbortSignal.abort())).rejects.toThrow("aborted");
    const controller = new AbortController();
    const sleeping = sleep(60_000, controller.signal);
    controller.abort();
    await expect(sleeping).rejects.toThrow("aborted");
  });

  it("takes a negative time as none", async () => {
    await expect(sleep(-5)).resolves.toBeUndefined();
  });
});
