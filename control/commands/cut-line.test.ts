import { expect, test } from "vitest";
import { cutLine } from "./status.ts";

test.for([
  ["short", 10, "short"],
  ["exactly ten", 11, "exactly ten"],
  ["too long for it", 8, "too long"],
  ["a \u001b[32mgreen\u001b[0m word", 5, "a \u001b[32mgre\u001b[0m"],
  ["\u{1f600}\u{1f600}\u{1f600}", 2, "\u{1f600}\u{1f600}"],
] as const)("cuts %j to %i seen characters", ([line, width, cut]) => {
  expect(cutLine(line, width)).toBe(cut);
});
