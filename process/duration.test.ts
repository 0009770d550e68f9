import { expect, test } from "vitest";
import { parseDurationMs } from "./duration.ts";

test.for([
  ["250ms", 250],
  ["30s", 30_000],
  ["5m", 300_000],
  ["1h", 3_600_000],
  ["0s", 0],
  ["25h", undefined],
  ["5", undefined],
  ["-5s", undefined],
  ["1e9s", undefined],
  ["5 s", undefined],
] as const)("reads %j as %j milliseconds", ([text, ms]) => {
  expect(parseDurationMs(text)).toBe(ms);
});
