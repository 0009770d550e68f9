import { expect, test } from "vitest";
import { Duration, durationMs } from "./duration.ts";

test.for([
  ["30s", 30_000],
  ["5m", 300_000],
  ["1h30m", 5_400_000],
  ["250ms", 250],
  ["2d", 172_800_000],
  ["0s", 0],
] as const)("%s is %d ms", ([text, ms]) => {
  expect(Duration.safeParse(text).success).toBe(true);
  expect(durationMs(text)).toBe(ms);
});

test.for(["", "5", "m", "5 m", "-5m", "1.5h", "5M", "5min", "1h 30m", "1w", "1s".repeat(21)])(
  "%j is no duration",
  (text) => {
    expect(Duration.safeParse(text).success).toBe(false);
  },
);
